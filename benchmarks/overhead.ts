/**
 * What Runyard adds to one run: from `start()` to the first event of the agent, and to the result.
 *
 * Beside it, in turns, on the same executable: `spawn` with readline and `JSON.parse`, and the vendors' SDKs. The one of
 * Claude Code speaks a control protocol on stdin, so that it has a baseline of its own that speaks it, too.
 */
import { spawn } from "node:child_process"
import * as readline from "node:readline"
import { setTimeout } from "node:timers/promises"
import { open, type Yard } from "runyard"
import { claudeShort, codexShort, inDirectory, plainEnv } from "./fakes.ts"
import { goal, heading, median, millis, quantile, ratio, say, table } from "./report.ts"
import { vendorSdks } from "./sdks.ts"

const rounds = 3
const warmUp = 20
const pauseMillis = 5

interface Timing {
  readonly first: number
  readonly end: number
}

type Subject = () => Promise<Timing>

/** Times something that says when its first message is there. */
const timed = async (work: (onMessage: () => void) => Promise<void>): Promise<Timing> => {
  const start = performance.now()
  let first = Number.NaN
  await work(() => {
    if (Number.isNaN(first)) first = performance.now() - start
  })
  return { first, end: performance.now() - start }
}

const raw =
  (executable: string, directory: string): Subject =>
  () =>
    timed(
      (onMessage) =>
        new Promise((resolve, reject) => {
          const child = spawn(executable, ["exec", "--json", "-"], { cwd: directory, env: plainEnv })
          child.on("error", reject)
          child.stdin.on("error", () => {})
          child.stdin.end("go")
          child.stderr.resume()
          readline.createInterface({ input: child.stdout }).on("line", (line) => {
            JSON.parse(line)
            onMessage()
          })
          child.on("close", () => resolve())
        }),
    )

const initialize = JSON.stringify({
  request_id: "1",
  type: "control_request",
  request: { subtype: "initialize", systemPrompt: [""] },
})
const message = JSON.stringify({
  type: "user",
  session_id: "",
  message: { role: "user", content: [{ type: "text", text: "go" }] },
  parent_tool_use_id: null,
})

/** The same with the handshake that the SDK of Claude Code begins with. */
const rawControl =
  (executable: string, directory: string): Subject =>
  () =>
    timed(
      (onMessage) =>
        new Promise((resolve, reject) => {
          const child = spawn(executable, ["--input-format", "stream-json"], { cwd: directory, env: plainEnv })
          child.on("error", reject)
          child.stdin.on("error", () => {})
          child.stdin.end(`${initialize}\n${message}\n`)
          child.stderr.resume()
          readline.createInterface({ input: child.stdout }).on("line", (line) => {
            if (JSON.parse(line).type !== "control_response") onMessage()
          })
          child.on("close", () => resolve())
        }),
    )

const runyard =
  (yard: Yard, provider: string, directory: string, options: Readonly<Record<string, boolean>> = {}): Subject =>
  () =>
    timed(async (onMessage) => {
      const run = await yard.start({ provider, prompt: "go", cwd: directory, options })
      for await (const event of run.events()) if (event.type.startsWith("agent.")) onMessage()
      const { state, error } = await run.result()
      if (state !== "succeeded") throw new Error(`The run ended as ${state}: ${error?.message}`)
    })

type Round = Readonly<Record<string, ReadonlyArray<Timing>>>

/**
 * Every subject once, then every subject again: what slows the machine down slows all of them. The order turns around
 * each time, and what one leaves to be tidied up is not the next one's cost.
 */
const takeTurns = async (subjects: Readonly<Record<string, Subject>>, runs: number): Promise<Round> => {
  const names = Object.keys(subjects)
  const timings = Object.fromEntries(names.map((name) => [name, [] as Array<Timing>]))
  for (let index = 0; index < warmUp + runs; index++) {
    const turn = Object.entries(subjects)
    for (const [name, subject] of index % 2 === 0 ? turn : turn.toReversed()) {
      await setTimeout(pauseMillis)
      const timing = await subject()
      if (index >= warmUp) timings[name]?.push(timing)
    }
  }
  return timings
}

const compare = async (title: string, subjects: Readonly<Record<string, Subject>>): Promise<void> => {
  const scale = Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1")
  const runs = Math.max(10, Math.round(100 * scale))
  const results: Array<Round> = []
  for (let index = 0; index < rounds; index++) results.push(await takeTurns(subjects, runs))
  /** The median over the rounds of a quantile within each. */
  const at = (name: string, what: keyof Timing, part: number): number =>
    median(
      results.map((round) =>
        quantile(
          (round[name] ?? []).map((timing) => timing[what]),
          part,
        ),
      ),
    )
  const baseline = (name: string) =>
    name.endsWith("SDK") && "raw with handshake" in subjects ? "raw with handshake" : "raw"
  say(`${title}: ${runs} runs each in ${rounds} rounds, ms`)
  table([
    ["", "first p50", "of raw", "end p50", "of raw", "end p95"],
    ...Object.keys(subjects).map((name) => {
      const [first, end] = [at(name, "first", 0.5), at(name, "end", 0.5)]
      const of = baseline(name)
      return [
        name,
        millis(first),
        ratio(first, at(of, "first", 0.5)),
        millis(end),
        ratio(end, at(of, "end", 0.5)),
        millis(at(name, "end", 0.95)),
      ]
    }),
  ])
  for (const what of ["first", "end"] as const) {
    const [ours, theirs] = [at("Runyard", what, 0.5), at("raw", what, 0.5)]
    const slower = ours - theirs
    const met = ours / theirs <= 1.75 && slower <= 2.5
    goal(
      `${title}, ${what} p50`,
      `${ratio(ours, theirs)}, raw + ${millis(slower)} ms`,
      "<= 1.75x and <= raw + 2.5 ms",
      met,
    )
    const tail = at("Runyard", what, 0.95) - at("raw", what, 0.95)
    goal(`${title}, ${what} p95`, `raw + ${millis(tail)} ms`, "<= raw + 8 ms", tail <= 8)
  }
  say("")
}

export const overhead = async (): Promise<void> => {
  heading("Overhead: what one run costs beside a bare spawn")
  const sdks = await vendorSdks()
  await inDirectory(async (directory) => {
    const codex = codexShort(directory)
    const claude = claudeShort(directory)
    const yard = await open({
      directory: `${directory}/data`,
      workspaces: [directory],
      env: plainEnv,
      executables: { codex, claude },
    })
    try {
      await compare("Codex, 14 lines", {
        raw: raw(codex, directory),
        Runyard: runyard(yard, "codex", directory, { skipGitRepoCheck: true }),
        ...(sdks === undefined ? {} : { "Codex SDK": timedSdk(sdks.codex(codex, directory)) }),
      })
      await compare("Claude Code, 12 lines", {
        raw: raw(claude, directory),
        Runyard: runyard(yard, "claude", directory),
        ...(sdks === undefined
          ? {}
          : {
              "raw with handshake": rawControl(claude, directory),
              "Claude Agent SDK": timedSdk(sdks.claude(claude, directory)),
            }),
      })
    } finally {
      await yard.close()
    }
  })
}

const timedSdk =
  (run: (onMessage: () => void) => Promise<void>): Subject =>
  () =>
    timed(run)
