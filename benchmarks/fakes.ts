/** Executables that stand in for the CLIs. Shell scripts: they are up in a millisecond or two, and need no compiler. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { claudeRun, codexRun, codexStream } from "./streams.ts"

/** The versions that they say they are. */
const codexVersion = "codex-cli 0.169.0"
const claudeVersion = "2.1.329 (Claude Code)"

/** Makes a directory for one benchmark and removes it afterwards. */
export const inDirectory = async <A>(use: (directory: string) => Promise<A>): Promise<A> => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "runyard-bench-"))
  try {
    return await use(directory)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const script = (file: string, lines: ReadonlyArray<string>): string => {
  fs.writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o755 })
  return file
}

const answersVersion = (version: string): string => `if [ "$1" = --version ]; then echo ${quoted(version)}; exit 0; fi`

/** Takes a prompt of one line: a CLI that leaves it unread breaks the pipe of whoever writes it. */
const readsPrompt = "IFS= read -r prompt"

const prints = (lines: ReadonlyArray<string>): string => `printf '%s\\n' ${lines.map(quoted).join(" ")}`

export interface Fake {
  readonly executable: string
  readonly events: number
  readonly bytes: number
}

/** Whoever asks whether it is logged in gets no flood. */
const isLoggedIn = `if [ "$1" = login ]; then echo 'Logged in using ChatGPT'; exit 0; fi`

/**
 * A Codex that prints many lines of one size, as fast as they are read; for the prompt "warm" only the first and last.
 * `gated`: the prompt is the path of a file, and it begins when that is there.
 */
export const codexFlood = (directory: string, lineBytes: number, events: number, { gated = false } = {}): Fake => {
  const bodyEvents = Math.min(events, 20_000)
  const repeats = Math.ceil(events / bodyEvents)
  const stream = codexStream(lineBytes, bodyEvents)
  const place = (part: string) => path.join(directory, `${lineBytes}-${part}.jsonl`)
  fs.writeFileSync(place("head"), stream.head)
  fs.writeFileSync(place("body"), stream.body)
  fs.writeFileSync(place("tail"), stream.tail)
  const executable = script(path.join(directory, `codex-${lineBytes}`), [
    "#!/bin/sh",
    answersVersion(codexVersion),
    isLoggedIn,
    readsPrompt,
    `if [ "$prompt" = warm ]; then exec cat ${quoted(place("head"))} ${quoted(place("tail"))}; fi`,
    ...(gated ? [`until [ -e "$prompt" ]; do sleep 0.02; done`] : []),
    `set -- ${quoted(place("head"))}`,
    `i=0; while [ $i -lt ${repeats} ]; do set -- "$@" ${quoted(place("body"))}; i=$((i+1)); done`,
    `exec cat "$@" ${quoted(place("tail"))}`,
  ])
  const sizes = Buffer.byteLength(stream.head) + Buffer.byteLength(stream.tail)
  return {
    executable,
    events: bodyEvents * repeats + 3,
    bytes: Buffer.byteLength(stream.body) * repeats + sizes,
  }
}

/** A Codex that prints 14 lines and ends. */
export const codexShort = (directory: string): string =>
  script(path.join(directory, "codex-short"), [
    "#!/bin/sh",
    answersVersion(codexVersion),
    readsPrompt,
    prints(codexRun()),
  ])

/**
 * A Claude Code that prints 12 lines and ends. With `--input-format stream-json` it first answers the control request
 * that asks it to initialise, and waits for the user's message, as the vendor's SDK wants it.
 */
export const claudeShort = (directory: string): string => {
  const response = `{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{"commands":[],"output_style":"default","available_output_styles":[],"models":[],"account":{}}}}\\n`
  return script(path.join(directory, "claude-short"), [
    "#!/bin/sh",
    answersVersion(claudeVersion),
    `case " $* " in *" --input-format stream-json "*)`,
    `  ${readsPrompt}`,
    `  id=\${prompt#*'"request_id":"'}; id=\${id%%'"'*}`,
    `  printf ${quoted(response)} "$id" ;;`,
    "esac",
    readsPrompt,
    prints(claudeRun()),
  ])
}

/**
 * A Codex that prints a message with the time in it, in nanoseconds of the monotonic clock, every 10 ms. `gated`: the
 * prompt is the path of a file, and it begins when that is there.
 */
export const codexClock = (directory: string, messages: number, { gated = false } = {}): string =>
  script(path.join(directory, "codex-clock"), [
    `#!${process.execPath}`,
    `const version = ${JSON.stringify(codexVersion)}`,
    "const tick = () => {",
    "  let index = 0",
    "  const timer = setInterval(() => {",
    `    const text = String(process.hrtime.bigint()) + " ${"x".repeat(200)}"`,
    `    print({ type: "item.completed", item: { id: "item_" + index, type: "agent_message", text } })`,
    `    if (++index < ${messages}) return`,
    "    clearInterval(timer)",
    `    print({ type: "turn.completed", usage: { input_tokens: 1, cached_input_tokens: 0, output_tokens: 1 } })`,
    "  }, 10)",
    "}",
    `const print = (line) => process.stdout.write(JSON.stringify(line) + "\\n")`,
    `if (process.argv[2] === "--version") console.log(version)`,
    "else {",
    `  print({ type: "thread.started", thread_id: "01a1fc4e-44b3-7430-a5bf-f2a4afef5bbf" })`,
    `  print({ type: "turn.started" })`,
    gated
      ? `  process.stdin.once("data", (prompt) => {
    const gate = setInterval(() => {
      if (!require("node:fs").existsSync(String(prompt).trim())) return
      clearInterval(gate)
      tick()
    }, 5)
  })`
      : "  tick()",
    "}",
  ])

/**
 * A Codex that prints 14 lines and ends as its prompt says: `leave` leaves a daemon behind, `fail` exits 3 in the middle,
 * `wait` waits for a signal; anything else ends well.
 */
export const codexObedient = (directory: string): string =>
  script(path.join(directory, "codex-obedient"), [
    "#!/bin/sh",
    answersVersion(codexVersion),
    readsPrompt,
    prints(codexRun().slice(0, -1)),
    'case "$prompt" in',
    "  leave) setsid sleep 600 </dev/null >/dev/null 2>&1 & ;;",
    "  fail) exit 3 ;;",
    "  wait) exec sleep 600 ;;",
    "esac",
    prints(codexRun().slice(-1)),
  ])

/** A Codex that begins its turn and waits, as one light process that dies of the first signal. */
export const codexWaiting = (directory: string): string =>
  script(path.join(directory, "codex-waiting"), [
    "#!/bin/sh",
    answersVersion(codexVersion),
    readsPrompt,
    prints(codexRun().slice(0, 2)),
    "exec sleep 600",
  ])

/** A Codex that begins its turn, waits, and tidies up for so long before it follows a SIGINT. */
export const codexCooperative = (directory: string, tidyMillis: number): string =>
  script(path.join(directory, "codex-cooperative"), [
    `#!${process.execPath}`,
    `if (process.argv[2] === "--version") console.log(${JSON.stringify(codexVersion)})`,
    "else {",
    `  process.on("SIGINT", () => setTimeout(() => process.exit(130), ${tidyMillis}))`,
    "  setInterval(() => {}, 1000)",
    `  console.log(${JSON.stringify(codexRun().slice(0, 2).join("\n"))})`,
    "}",
  ])

/** What children may see of the environment here: nothing of the user's own. */
export const plainEnv: Readonly<Record<string, string>> = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: os.tmpdir() }
