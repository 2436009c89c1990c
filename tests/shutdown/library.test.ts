/**
 * Programs that embed Runyard: they keep nothing of it, are never made to exit, and close it however they like.
 * `RUNYARD_CYCLES` sets how often one of them does (25).
 */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type ErrorInfo, isTerminalEvent, type RunEvent, Runyard, RunyardError } from "@runyard/core"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { appLayer, open, type OpenOptions, type RunHandle, type Yard } from "runyard"
import { jsonLines } from "../cli/program.ts"
import { processesOf } from "../support/processes.ts"
import { programAt } from "../support/programs.ts"

const cycles = Number(process.env["RUNYARD_CYCLES"] ?? 25)
const root = mkdtempSync(join(tmpdir(), "runyard-shutdown-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let directories = 0
const newDirectory = (): string => {
  const directory = join(root, String(directories++))
  mkdirSync(directory)
  return directory
}

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

/** Runs a program to its own end; only its exit code and what it said are known. */
const embedded = async (what: string, ...more: ReadonlyArray<string>) => {
  const directory = newDirectory()
  const temporary = newDirectory()
  const args = [...programAt(fixture("embedded.ts")), what, directory, fixture("hostile.mjs"), ...more]
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env["PATH"] ?? "", HOME: directory, TMPDIR: temporary },
  })
  let stdout = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  const code = await new Promise((resolve) => child.on("close", resolve))
  assert.strictEqual(code, 0)
  return { directory, said: jsonLines(stdout).at(-1) ?? {} }
}

const optionsOf = (directory: string, more: OpenOptions = {}): OpenOptions => ({
  directory: join(directory, "store"),
  workspaces: [directory],
  executables: { claude: fixture("hostile.mjs") },
  env: { PATH: process.env["PATH"] ?? "", RUNYARD_SCRIPT_DELAY_MS: "5" },
  ...more,
})
const requestIn = (cwd: string, provider = "claude") => ({ provider, prompt: "hello", cwd })

/** Starts an agent that ignores signals, and waits until it does. */
const startHostile = async (yard: Yard, directory: string): Promise<RunHandle> => {
  const run = await yard.start(requestIn(directory))
  for await (const event of run.events()) if (event.type === "agent.session") return run
  throw new Error("the agent ended")
}

/** Opens the store again and gives the types of a run's events; asserts that nothing of it is alive and it has one end. */
const endOf = async (directory: string, id: string) => {
  assert.deepStrictEqual(await processesOf(id), [])
  const yard = await open(optionsOf(directory, { adopt: false }))
  const log: Array<RunEvent> = []
  for await (const event of yard.run(id).events({ follow: false })) log.push(event)
  await yard.close()
  const ends = log.filter(isTerminalEvent)
  assert.isAtMost(ends.length, 1)
  if (ends.length === 1) assert.strictEqual(log.at(-1), ends[0])
  return log.at(-1)?.type
}

const readRun = async (directory: string, id: string) => {
  const yard = await open(optionsOf(directory, { adopt: false }))
  const run = await yard.run(id).get()
  await yard.close()
  return run
}

/** What the program that closes its yard says. */
interface Closed {
  readonly ids: ReadonlyArray<string>
  readonly before: { readonly listeners: unknown }
  readonly during: { readonly listeners: unknown }
  readonly after: unknown
  readonly millis: number
  readonly error?: ErrorInfo
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof RunyardError ? error.code : String(error)),
  )

// At once: each is a program of its own, and they mostly wait.
describe.concurrent("A program that embeds Runyard", () => {
  it("ends by itself with an idle yard that it never closed", async () => {
    await embedded("idle")
  })

  it("lives as long as its runs when it forgets to close, and then ends by itself", async () => {
    const { directory, said } = await embedded("forgets")
    assert.strictEqual(await endOf(directory, String(said["id"])), "run.completed")
  })

  it("ends by itself after close, with eight agents that ignored it, and keeps nothing", async () => {
    const { directory, said } = await embedded("closes")
    const { ids, before, during, after, millis } = said as unknown as Closed
    assert.deepStrictEqual(after, before)
    assert.deepStrictEqual(during.listeners, before.listeners)
    assert.isBelow(millis, 8_000)
    for (const id of ids) assert.strictEqual(await endOf(directory, id), "run.interrupted")
  })

  it("is told which runs a locked store did not take, and ends by itself all the same", async () => {
    const { directory, said } = await embedded("locked")
    const { ids, before, after, millis, error } = said as unknown as Closed
    assert.strictEqual(error?.code, "QUEUE_RUNS_LEFT")
    assert.deepStrictEqual(error?.detail["runs"], [...ids])
    assert.isBelow(millis, 10_000)
    assert.deepStrictEqual(after, before)
    for (const id of ids) assert.strictEqual(await endOf(directory, id), "run.interrupted")
  })

  it(
    `gains no handle, listener, file or temporary file by opening and closing ${cycles} times`,
    { timeout: 240_000 },
    async () => {
      const { said } = await embedded("cycles", String(cycles))
      assert.deepStrictEqual(said["after"], said["before"])
    },
  )
})

describe("Closing a yard", () => {
  it("is done once however often it is asked for, and answers those who wait", async () => {
    const directory = newDirectory()
    const yard = await open(optionsOf(directory))
    const run = await startHostile(yard, directory)
    const results = Promise.all([run.result(), run.result(), run.cancel()])
    await Promise.all([yard.close(), yard.close(), yard[Symbol.asyncDispose]()])
    const states = (await results).map(({ state }) => state)
    assert.strictEqual(new Set(states).size, 1)
    assert.include(["run.interrupted", "run.canceled"], await endOf(directory, run.id))
  })

  it("kills at once when it is forced, also later", async () => {
    const directory = newDirectory()
    const yard = await open(optionsOf(directory, { shutdown: { finishMillis: 60_000 } }))
    const run = await startHostile(yard, directory)
    const from = performance.now()
    const closing = yard.close()
    await Promise.all([yard.close({ force: true }), closing])
    const { attempts, state } = await readRun(directory, run.id)
    assert.deepStrictEqual([state, attempts.at(-1)?.exit?.signal], ["interrupted", "SIGKILL"])
    assert.isBelow(performance.now() - from, 5_000)
    assert.strictEqual(await endOf(directory, run.id), "run.interrupted")
  })

  it("lets runs finish in the time that the host gives them", async () => {
    const directory = newDirectory()
    const yard = await open(optionsOf(directory, { shutdown: { finishMillis: 60_000 } }))
    const run = await yard.start(requestIn(directory, "scripted"))
    const result = run.result()
    await yard.close()
    assert.strictEqual((await result).state, "succeeded")
    assert.strictEqual(await endOf(directory, run.id), "run.completed")
  })

  it("refuses what was being started, or is started later, and stores nothing of it", async () => {
    const directory = newDirectory()
    const yard = await open(optionsOf(directory))
    const starting = codeOf(yard.start(requestIn(directory)))
    const closing = yard.close()
    const later = codeOf(yard.start(requestIn(directory)))
    await closing
    const after = await Promise.all([starting, later, codeOf(yard.start(requestIn(directory))), codeOf(yard.list())])
    assert.deepStrictEqual(
      after,
      Array.from(after, () => "QUEUE_SHUTTING_DOWN"),
    )
    assert.throws(() => yard.run("nonsense"), /not the id of a run/)
    const again = await open(optionsOf(directory))
    assert.deepStrictEqual(await again.list(), [])
    await again.close()
  })

  it("ends a run that is still being prepared, and leaves no probe behind", async () => {
    const directory = newDirectory()
    const yard = await open(optionsOf(directory))
    const id = (await yard.start(requestIn(directory))).id
    await yard.close()
    assert.strictEqual(await endOf(directory, id), "run.interrupted")
  })

  it("gives its queued runs to the next yard, in this very program", async () => {
    const directory = newDirectory()
    const yard = await open(optionsOf(directory))
    await startHostile(yard, directory)
    const queued = await yard.start(requestIn(directory))
    const result = codeOf(queued.result())
    await yard.close()
    assert.strictEqual(await result, "QUEUE_SHUTTING_DOWN")
    const next = await open(optionsOf(directory))
    for await (const event of next.run(queued.id).events()) if (event.type === "run.started") break
    await next.close({ force: true })
    assert.strictEqual(await endOf(directory, queued.id), "run.interrupted")
  })

  it("ends a run whose AbortSignal fires meanwhile only once", async () => {
    const directory = newDirectory()
    const yard = await open(optionsOf(directory))
    const controller = new AbortController()
    const run = await yard.start(requestIn(directory), { signal: controller.signal })
    for await (const event of run.events()) if (event.type === "agent.session") break
    controller.abort()
    await yard.close()
    assert.include(["run.interrupted", "run.canceled"], await endOf(directory, run.id))
  })
})

describe("An Effect program that is interrupted", () => {
  it("ends its runs when the layer's scope closes, and is gone then", async () => {
    const directory = newDirectory()
    const started = Deferred.makeUnsafe<string>()
    const controller = new AbortController()
    const program = Effect.gen(function* () {
      const yard = yield* Runyard
      const run = yield* yard.submit(requestIn(directory))
      yield* Stream.runDrain(Stream.takeUntil(yard.events(run.id), ({ type }) => type === "agent.session"))
      yield* Deferred.succeed(started, run.id)
      return yield* yard.await(run.id)
    }).pipe(Effect.provide(appLayer(optionsOf(directory))))
    const running = Effect.runPromiseExit(program, { signal: controller.signal })
    const id = await Effect.runPromise(Deferred.await(started))
    controller.abort()
    assert.strictEqual((await running)._tag, "Failure")
    assert.strictEqual(await endOf(directory, id), "run.interrupted")
  })
})
