/** The program when it is stopped from outside: by signals, and by its own defects. */
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { EndEvidence } from "@runyard/core"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { makeProgram } from "../cli/program.ts"
import { eventually } from "../support/eventually.ts"
import { processesOf } from "../support/processes.ts"
import { fixture, hostile, planted, stoppable, timed } from "./Stoppable.ts"

const program = makeProgram()
const { run, start } = program
const { idOf, logOf, shown, startHostile } = stoppable(program)
afterAll(program.remove)

const slow = { RUNYARD_SCRIPT_DELAY_MS: "400" }
const planting = {
  exception: planted(`process.on("SIGUSR2", () => { throw new Error("planted") })`),
  rejection: planted(`process.on("SIGUSR2", () => { Promise.reject(new Error("planted")) })`),
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

/** The marker of the CLI that hangs, once it does; the next call waits for the next one. */
const hanging = (): Promise<string> =>
  eventually(() => {
    const file = join(program.directory, "hangs.marker")
    if (!existsSync(file)) return undefined
    const marker = readFileSync(file, "utf8")
    rmSync(file)
    return marker
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
    const marker = await hanging()
    const { code, stderr } = await timed(started, "SIGINT")
    assert.strictEqual(code, 130, stderr)
    await assertGone(marker)
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
    const marker = await hanging()
    const { code, stderr, millis } = await timed(started, "SIGTERM")
    assert.strictEqual(code, 143, stderr)
    assert.isBelow(millis, 4_000)
    await assertGone(marker)
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
