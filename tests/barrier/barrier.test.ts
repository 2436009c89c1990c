/**
 * No secret leaves: CLIs that spill more than 60 kinds of fake secrets in every way that they have, and a search through
 * every byte that comes of it: files, while runs live, after their end and after a crash; outputs, errors, spans, metrics;
 * command lines of every process.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { knownValue, type Leak, makeCanaries, makeSearch } from "./Canaries.ts"
import { programAt, runyard } from "../support/programs.ts"

const host = fileURLToPath(new URL("fixtures/host.ts", import.meta.url))
const spill = fileURLToPath(new URL("fixtures/spill.mjs", import.meta.url))

const canaries = makeCanaries(26)
const known = [knownValue(1), knownValue(2)] as const
const knownForms = known.flatMap((value) => [value, Buffer.from(value).toString("base64"), encodeURIComponent(value)])
const search = makeSearch([
  ...canaries,
  ...knownForms.map((value, index) => ({ kind: `known-${index}`, value: value.replace("quiet words ", "") })),
])
const texts = [...canaries.map(({ text }) => text), ...knownForms.map((value) => `it says ${value} here`)]
/** Values that can be part of an id, a path or a name. */
const words = canaries.filter(({ text, value }) => text === `found ${value} there`).map(({ value }) => value)

const children = new Set<ChildProcess>()
const places: Array<string> = []
afterAll(() => children.forEach((child) => child.kill("SIGKILL")))
afterAll(() => places.forEach((place) => rmSync(place, { recursive: true, force: true })))

const makePlace = () => {
  const place = mkdtempSync(join(tmpdir(), "runyard-barrier-"))
  places.push(place)
  const inPlace = (name: string) => {
    mkdirSync(join(place, name))
    return join(place, name)
  }
  const [store, temporary, home, programs, work] = ["store", "tmp", "home", "programs", "work"].map(inPlace)
  const gate = join(place, "gate")
  const spills = [
    { structured: true, gate },
    { fails: true },
    { cut: true },
    { gate: undefined },
    { fails: true },
    {},
  ].map((more) => ({ texts, words, ...more }))
  const program = (kind: "claude" | "codex", version: string): string => {
    const path = join(programs ?? place, `${kind}.mjs`)
    // Codex is believed only where it says nothing else.
    const says = kind === "codex" ? version : `${version} ${words[5]}`
    writeFileSync(
      path,
      `#!${process.execPath}
import { play } from ${JSON.stringify(spill)}
await play(${JSON.stringify(kind)}, ${JSON.stringify(says)}, ${JSON.stringify(spills)})
`,
    )
    chmodSync(path, 0o755)
    return path
  }
  const executables = {
    claude: program("claude", "2.1.329 (Claude Code)"),
    codex: program("codex", "codex-cli 0.169.0"),
  }
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home ?? place,
    TMPDIR: temporary ?? place,
    RUNYARD_HOME: store ?? place,
    NO_COLOR: "1",
    CODEX_API_KEY: known[0],
    DEPLOY_TOKEN: known[1],
  }
  const grant = [...runyard, "grant", "add", work ?? place]
  const granted = spawnSync(process.execPath, grant, { env, encoding: "utf8" })
  if (granted.status !== 0) throw new Error(granted.stderr)
  return {
    gate,
    work: work ?? place,
    executables,
    env,
    files: [store, temporary, home, work].map((each) => each ?? ""),
  }
}
type Place = ReturnType<typeof makePlace>

/** Every file of the store, of the temporary directory, of the home and of the work directory, as bytes. */
const walk = ({ files }: Place, when: string): ReadonlyArray<Leak> =>
  files.flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: "utf8" }).flatMap((name) => {
      const path = join(directory, name)
      try {
        const inside = statSync(path).isFile() ? readFileSync(path) : ""
        return [...search(`${name}, ${when}`, inside), ...search(`name of a file, ${when}`, name)]
      } catch {
        // It was there for a moment.
        return []
      }
    }),
  )

/** Arguments of all processes, and the names that they show. */
const commandLines = (): ReadonlyArray<Leak> =>
  globSync("/proc/[0-9]*/{cmdline,comm}").flatMap((path) => {
    try {
      return search(path.replace(/\d+/, "*"), readFileSync(path))
    } catch {
      return []
    }
  })

const begin = (
  args: ReadonlyArray<string>,
  place: Place,
  stdin: string,
  env: Readonly<Record<string, string>> = {},
) => {
  const child: ChildProcess = spawn(process.execPath, [...args], {
    env: { ...place.env, ...env },
    cwd: place.work,
    stdio: ["pipe", "pipe", "pipe"],
  })
  children.add(child)
  const out = { stdout: "", stderr: "" }
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out.stdout += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (out.stderr += text))
  child.stdin?.end(stdin)
  const closed = once(child, "close").then(() => void children.delete(child))
  return { child, out, closed }
}

const ask = async (place: Place, args: ReadonlyArray<string>, stdin = "", env = {}) => {
  const { out, closed } = begin([...runyard, ...args], place, stdin, env)
  await closed
  return out
}

const printed = (what: string, { stdout, stderr }: { readonly stdout: string; readonly stderr: string }) => [
  ...search(`stdout of ${what}`, stdout),
  ...search(`stderr of ${what}`, stderr),
]

const prompt = (spilling: number) =>
  `Please spill ${spilling}, and use ${[0, 8, 50, 54, 56].map((at) => canaries[at]?.text).join(" and then ")} for it.`

const planOf = (place: Place) => {
  const secret = words[0] ?? ""
  const claude = { provider: "claude", cwd: place.work, env: ["DEPLOY_TOKEN"] }
  const codex = { provider: "codex", cwd: place.work, env: ["DEPLOY_TOKEN"], options: { skipGitRepoCheck: true } }
  const scope = { platform: "local", tenant: secret, workspace: secret }
  const schema = { type: "object" }
  const good = { ...claude, prompt: "hello" }
  return {
    directory: place.env.RUNYARD_HOME,
    executables: place.executables,
    requests: [
      { ...claude, prompt: prompt(0), title: `title ${secret}`, scope, outputSchema: schema },
      { ...claude, prompt: prompt(1) },
      { ...claude, prompt: prompt(2) },
      { ...codex, prompt: prompt(3) },
      { ...codex, prompt: prompt(4) },
      { ...codex, prompt: prompt(5), options: { skipGitRepoCheck: true, format: "human" } },
    ],
    bad: [
      { ...good, password: "hunter2hunter2", [secret]: secret },
      { ...good, prompt: { password: canaries[54]?.value } },
      { ...good, permissionMode: secret },
      { ...good, provider: secret },
      { ...good, provider: "unknown", prompt: secret },
      { ...good, cwd: `/nowhere/${secret}` },
      { ...good, cwd: secret },
      { ...good, addDirs: [`/nowhere/${secret}`] },
      { ...good, images: [`/nowhere/${secret}`] },
      { ...good, env: [secret] },
      { ...good, model: `-${secret}\0` },
      { ...good, session: { kind: "resume", id: secret } },
      { ...good, options: { [secret]: secret } },
      { ...good, options: { format: secret } },
      { ...good, outputSchema: { type: secret } },
      { ...good, outputSchema: { type: "object", description: secret } },
      { ...good, options: { appendSystemPrompt: `use ${secret}` } },
      { ...codex, prompt: "hello", options: { skipGitRepoCheck: true, config: { [secret]: secret } } },
      { ...codex, prompt: "hello", outputSchema: { type: "object", description: secret } },
    ],
  }
}

/** Lets an indexer read everything, as the search of a later version does. */
const index = ({ env }: Place): void => {
  const database = new DatabaseSync(join(env.RUNYARD_HOME, "runyard.db"))
  database.exec("INSERT INTO run_event_search (rowid, text) SELECT cursor, text FROM run_event_texts")
  database.close()
}

const none = (leaks: ReadonlyArray<Leak>): void => {
  const places = new Map<string, Array<Leak>>()
  for (const leak of leaks) places.set(leak.where, [...(places.get(leak.where) ?? []), leak])
  const told = [...places].map(
    ([where, found]) => `${where}: ${found.length} (${found.map(({ kind }) => kind).join(", ")}): ${found[0]?.around}`,
  )
  assert.deepStrictEqual(told, [])
}

const isLinux = process.platform === "linux"

describe.runIf(isLinux)(`the barrier${isLinux ? "" : ": it looks for secrets in /proc, which only Linux has"}`, () => {
  it("lets no byte of a secret out of runs that spill more than 60 kinds of them", { timeout: 180_000 }, async () => {
    assert.isAtLeast(canaries.length, 60)
    assert.isAtLeast(search("itself", texts.join("\n")).length, canaries.length)
    const place = makePlace()
    const leaks: Array<Leak> = []
    const { child, out, closed } = begin(programAt(host), place, JSON.stringify(planOf(place)))
    let open = false
    while (child.exitCode === null && child.signalCode === null) {
      leaks.push(...commandLines())
      if (!open && out.stdout.includes("agent.tool_completed")) {
        leaks.push(...walk(place, "while a run lives"))
        writeFileSync(place.gate, "")
        open = true
      }
      await sleep(20)
    }
    await closed
    assert.strictEqual(child.exitCode, 0, out.stderr.slice(-2000))
    const lines = (what: string) => out.stdout.split("\n").filter((line) => line.startsWith(`${what} `))
    const ended = lines("ended")
    assert.deepStrictEqual(lines("taken"), [])
    for (const what of ["error", "live", "masked", "span", "failed span", "metrics"]) assert.isNotEmpty(lines(what))
    assert.deepStrictEqual(
      ended.map((line) => (JSON.parse(line.slice(6)) as { readonly state: string }).state),
      ["succeeded", "failed", "failed", "succeeded", "failed", "succeeded"],
    )
    leaks.push(...printed("the host", out), ...walk(place, "after the runs"))
    index(place)
    leaks.push(...walk(place, "in the index"))
    for (const args of [["ls"], ["ls", "--json"], ["doctor"], ["doctor", "--json"]]) {
      leaks.push(...printed(args.join(" "), await ask(place, args)))
    }
    const commands = [["show"], ["show", "--json"], ["logs"], ["logs", "--json"], ["logs", "--raw"]]
    for (const [index, line] of ended.entries()) {
      const { id } = JSON.parse(line.slice(6)) as { readonly id: string }
      for (const [verb = "", ...flags] of index % 2 === 0 ? commands : [["logs"]]) {
        leaks.push(...printed(`${verb} ${flags.join(" ")}`, await ask(place, [verb, id, ...flags])))
      }
    }
    assert.include(out.stdout, `"category":"known"`)
    none(leaks)
  })

  it(
    "lets none out of a host that is killed while they are spilled, nor of what comes after",
    { timeout: 60_000 },
    async () => {
      const place = makePlace()
      const leaks: Array<Leak> = []
      const { child, out, closed } = begin(programAt(host), place, JSON.stringify({ ...planOf(place), bad: [] }))
      for (let looks = 0; !out.stdout.includes("agent.tool_completed") && looks < 1000; looks++) await sleep(20)
      child.kill("SIGKILL")
      await closed
      leaks.push(...walk(place, "after the kill"))
      leaks.push(...printed("ls", await ask(place, ["ls"])), ...walk(place, "after recovery"))
      leaks.push(...printed("show", await ask(place, ["show", "last", "--json"])))
      none(leaks)
    },
  )

  it("lets none out of errors of the program, nor of what it shows of itself", { timeout: 60_000 }, async () => {
    const place = makePlace()
    const leaks: Array<Leak> = []
    const secret = words[0] ?? ""
    const bad = [
      ["exec", secret],
      ["exec", "claude", "--mode", secret, "hello"],
      ["exec", "claude", "--cwd", `/nowhere/${secret}`, "hello"],
      ["exec", "claude", "--schema", `/nowhere/${secret}`, "hello"],
      ["exec", "claude", "--option", secret, "hello"],
      ["exec", "claude", "--timeout", secret, "hello"],
      ["exec", "claude", `--${secret}`],
      ["exec", "claude", `use ${secret}`],
      ["show", secret],
      ["logs", secret, "--after", secret],
      ["cancel", secret],
      ["parse", secret, secret],
      ["parse", "claude", `/nowhere/${secret}`],
      [secret],
    ]
    for (const args of bad) {
      const forms = [args, [...args, "--json"]]
      const outs = await Promise.all(forms.map((form) => ask(place, form, "", { RUNYARD_DEBUG: "1" })))
      for (const out of outs) {
        assert.notStrictEqual(out.stderr, "", args.join(" "))
        leaks.push(...printed(args[0] ?? "", out))
      }
    }
    // A defect: this module stands for any whose error quotes what it was given.
    const throws = `setTimeout(() => { throw new Error(${JSON.stringify(`about ${secret}`)}) }, 300)`
    const broken = `data:text/javascript,${throws}`
    const slow = { RUNYARD_DEBUG: "1", RUNYARD_SCRIPT_DELAY_MS: "400" }
    const { child, out, closed } = begin(["--import", broken, ...runyard, "exec", "scripted", "hello"], place, "", slow)
    await closed
    assert.strictEqual(child.exitCode, 70, out.stderr)
    assert.match(out.stderr, /Error: about \[redacted:anthropic-key/)
    leaks.push(...printed("a defect", out), ...walk(place, "after a defect"))
    none(leaks)
  })

  it("shows no prompt in the list of processes", { timeout: 60_000 }, async () => {
    const place = makePlace()
    const words = "a prompt that nobody else may read"
    const slow = { RUNYARD_SCRIPT_DELAY_MS: "300" }
    const { child, out, closed } = begin([...runyard, "exec", "scripted", words], place, "", slow)
    for (let looks = 0; !out.stderr.includes("started") && looks < 500; looks++) await sleep(20)
    const shown = globSync("/proc/[0-9]*/cmdline").filter((path) => {
      try {
        return readFileSync(path).includes(words)
      } catch {
        return false
      }
    })
    child.kill("SIGTERM")
    await closed
    assert.deepStrictEqual(shown, [])
  })
})
