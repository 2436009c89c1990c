/** The program when it is stopped from outside: by signals, by its own defects, by a store that never answers. */
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import type { EndEvidence } from "@runyard/core"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { jsonLines, makeProgram, type Started } from "../cli/program.ts"
import { eventually } from "../support/eventually.ts"
import { processesOf } from "../support/processes.ts"

const program = makeProgram()
const { run, start } = program
afterAll(program.remove)

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const slow = { RUNYARD_SCRIPT_DELAY_MS: "400" }
const hostile = { RUNYARD_CLAUDE_PATH: fixture("hostile.mjs") }

const idOf = async (started: Started): Promise<string> => {
  await started.until(/run_[0-9a-z]{16,40}/)
  const [latest] = jsonLines((await run(["ls", "--json", "-n", "1"])).stdout)
  return String(latest?.["id"])
}

/** Starts an agent that ignores signals, and whose child in another session does too. */
const startHostile = async (env: Readonly<Record<string, string>> = {}) => {
  const started = start(["exec", "claude", "hello"], { env: { ...hostile, ...env } })
  await started.until("● model none")
  return { ...started, id: await idOf(started) }
}

const shown = async (id: string): Promise<Record<string, unknown>> =>
  JSON.parse((await run(["show", id, "--json"])).stdout) as Record<string, unknown>
const logOf = async (id: string) => jsonLines((await run(["logs", id, "--json"])).stdout)

/** Ends a started program and says how long that took. */
const timed = async (started: Started, signal: NodeJS.Signals) => {
  const from = performance.now()
  started.child.kill(signal)
  return { ...(await started.finished), millis: performance.now() - from }
}

/** Plants a piece of JavaScript in the program. */
const planted = (code: string) => ({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` })
const planting = {
  exception: planted(`process.on("SIGUSR2", () => { throw new Error("planted") })`),
  rejection: planted(`process.on("SIGUSR2", () => { Promise.reject(new Error("planted")) })`),
  /** The timers of both bounds, 5 s for a cancel and 8 s for a shutdown, never fire. */
  endlessShutdown: planted(
    `const real = setTimeout; globalThis.setTimeout = (act, after) => real(act, after === 5000 || after === 8000 ? 1e9 : after)`,
  ),
  sayWhenReading: planted(
    `process.stdin.on("newListener", (name) => { if (name === "readable") console.error("reading") })`,
  ),
}

const isCancelAsked = (id: string): boolean => {
  const database = new DatabaseSync(join(program.env["RUNYARD_HOME"] ?? "", "runyard.db"), { readOnly: true })
  try {
    return database.prepare("SELECT cancel_by FROM runs WHERE run_id = ?").get(id)?.["cancel_by"] != null
  } finally {
    database.close()
  }
}

/** The pid of the CLI that hangs, once there is one; the next call waits for the next one. */
const hangingPid = (): Promise<number> =>
  eventually(() => {
    const file = join(program.directory, "hangs.pid")
    if (!existsSync(file)) return undefined
    const pid = Number(readFileSync(file, "utf8"))
    rmSync(file)
    return pid
  })

const assertGone = async (id: string) => assert.deepStrictEqual(await processesOf(id), [])

describe("runyard exec, told to stop", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("ends an agent that ignores signals on %s", async (signal) => {
    const started = await startHostile()
    assert.strictEqual((await processesOf(started.id)).length >= 2, true)
    const { code, stderr, millis } = await timed(started, signal)
    assert.strictEqual(code, 130, stderr)
    assert.include(stderr, `canceled by ${signal}`)
    assert.isBelow(millis, 6_000)
    await assertGone(started.id)
  })

  it("kills at the second signal, without the rest of the ladder", async () => {
    const started = await startHostile()
    started.child.kill("SIGINT")
    await started.until("again to kill")
    const { code, stderr } = await timed(started, "SIGTERM")
    assert.strictEqual(code, 130, stderr)
    assert.match(stderr, /killing…/)
    const last = (await logOf(started.id)).at(-1)?.["payload"] as { evidence?: EndEvidence } | undefined
    assert.strictEqual(last?.evidence?.step, "kill-tree")
    // The polite steps alone take 1.2 s.
    assert.isBelow(last?.evidence?.durationMillis ?? 0, 1_100)
    await assertGone(started.id)
  })

  it("ends at once while it waits for its prompt, and stores nothing", async () => {
    const before = (await run(["ls", "--json"])).stdout
    const started = start(["exec", "scripted", "-"], { stdin: null, env: planting.sayWhenReading })
    await started.until("reading")
    const { code, stderr } = await timed(started, "SIGTERM")
    assert.strictEqual(code, 143, stderr)
    assert.strictEqual((await run(["ls", "--json"])).stdout, before)
  })
})

describe("runyard exec, told to stop before there is a run", () => {
  it("leaves no probe behind and stores nothing", async () => {
    const before = (await run(["ls", "--json"])).stdout
    const started = start(["exec", "codex", "hello"], { env: { RUNYARD_CODEX_PATH: fixture("hangs.mjs") } })
    const pid = await hangingPid()
    const { code, stderr } = await timed(started, "SIGINT")
    assert.strictEqual(code, 130, stderr)
    assert.throws(() => process.kill(pid, 0), /ESRCH/)
    assert.strictEqual((await run(["ls", "--json"])).stdout, before)
  })
})

describe("Another command, told to stop", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("stops following a log on %s, and the run goes on", async (signal, exitCode) => {
    const started = start(["exec", "scripted", "hello"], { env: slow })
    await started.until("● started")
    const follower = start(["logs", "last", "-f"])
    await follower.until("● started")
    const { code, stderr, millis } = await timed(follower, signal)
    assert.strictEqual(code, exitCode, stderr)
    assert.isBelow(millis, 2_000)
    assert.strictEqual((await shown(await idOf(started)))["state"], "running")
    assert.strictEqual((await timed(started, "SIGINT")).code, 130)
  })

  it("stops waiting for a cancel, which the host of the run still carries out", async () => {
    const started = start(["exec", "scripted", "hello"], { env: slow })
    await started.until("● started")
    const id = await idOf(started)
    started.child.kill("SIGSTOP")
    const canceling = start(["cancel", id])
    await eventually(() => (isCancelAsked(id) ? true : undefined))
    const { code, stderr } = await timed(canceling, "SIGINT")
    assert.strictEqual(code, 130, stderr)
    assert.match(stderr, /still ends it/)
    started.child.kill("SIGCONT")
    assert.strictEqual((await started.finished).code, 130)
    await assertGone(id)
  })

  it("leaves no probe behind when doctor is stopped while a CLI hangs", async () => {
    const started = start(["doctor"], { env: { RUNYARD_CODEX_PATH: fixture("hangs.mjs") } })
    const pid = await hangingPid()
    const { code, stderr, millis } = await timed(started, "SIGTERM")
    assert.strictEqual(code, 143, stderr)
    assert.isBelow(millis, 4_000)
    assert.throws(() => process.kill(pid, 0), /ESRCH/)
  })
})

describe("A defect of the program while a run is executed", () => {
  it.each(["exception", "rejection"] as const)(
    "ends the run, says so and exits with 70 after an uncaught %s",
    async (kind) => {
      const started = start(["exec", "claude", "hello"], { env: { ...hostile, ...planting[kind] } })
      await started.until("● model none")
      const id = await idOf(started)
      const { code, stderr, millis } = await timed(started, "SIGUSR2")
      assert.strictEqual(code, 70, stderr)
      assert.match(stderr, /✗ INTERNAL_DEFECT/)
      assert.notMatch(stderr, /planted/)
      assert.isBelow(millis, 6_000)
      await assertGone(id)
      const { state, error } = await shown(id)
      assert.strictEqual(state, "interrupted")
      assert.strictEqual((error as { code: string }).code, "QUEUE_HOST_DIED")
    },
  )

  it("exits at once for the second one, and the next command ends what was left", async () => {
    const started = await startHostile(planting.exception)
    const { id } = started
    started.child.kill("SIGUSR2")
    await started.until("INTERNAL_DEFECT")
    const { code, stderr, millis } = await timed(started, "SIGUSR2")
    assert.strictEqual(code, 70)
    assert.include(stderr, `Left behind: ${id}`)
    assert.isBelow(millis, 1_000)
    await run(["ls"])
    assert.strictEqual((await shown(id))["state"], "interrupted")
    await assertGone(id)
  })
})

/** Holds the store of the program while `use` goes on. */
const withLockedStore = async <A>(use: () => Promise<A>): Promise<A> => {
  const database = new DatabaseSync(join(program.env["RUNYARD_HOME"] ?? "", "runyard.db"))
  database.exec("BEGIN IMMEDIATE")
  try {
    return await use()
  } finally {
    database.close()
  }
}

describe("A store that is locked for ever", () => {
  it("does not keep the program: it ends the run and names it, and the next command records it", async () => {
    const started = await startHostile()
    const { code, stderr, millis } = await withLockedStore(() => timed(started, "SIGINT"))
    assert.strictEqual(code, 70, stderr)
    assert.match(stderr, new RegExp(`✗ QUEUE_RUNS_LEFT: .*${started.id}\\n {2}.+`))
    assert.isBelow(millis, 20_000)
    await assertGone(started.id)
    await run(["ls"])
    assert.strictEqual((await logOf(started.id)).at(-1)?.["type"], "run.interrupted")
  }, 60_000)

  it("does not keep it either when the shutdown itself hangs", async () => {
    const started = await startHostile(planting.endlessShutdown)
    const { code, stderr, millis } = await withLockedStore(() => timed(started, "SIGTERM"))
    assert.strictEqual(code, 70, stderr)
    assert.include(stderr, "could not end by itself within 20 s")
    assert.include(stderr, `Left behind: ${started.id}`)
    assert.isBelow(millis, 22_000)
    await run(["ls"])
    assert.strictEqual((await logOf(started.id)).at(-1)?.["type"], "run.interrupted")
    await assertGone(started.id)
  }, 60_000)
})
