/** A store that is full or locked in the middle of a run, with real processes. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { isTerminalEvent, type RunEvent, RunyardError } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import { open, type OpenOptions, type RunHandle, type Yard } from "runyard"
import { processesOf } from "../support/processes.ts"
import { canMount, makeDisk } from "./disk.ts"
import { makeBench } from "./misbehaving.ts"

const holder = fileURLToPath(new URL("fixtures/holder.mjs", import.meta.url))
const messages = 10_000

/** Looks until it is so. */
const until = async (what: string, holds: () => boolean | Promise<boolean>, millis = 20_000): Promise<void> => {
  const deadline = performance.now() + millis
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Not within ${millis} ms: ${what}`)
    await sleep(25)
  }
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof RunyardError ? error.code : String(error)),
  )

const request = { provider: "codex", prompt: "go", options: { skipGitRepoCheck: true } }

interface World {
  readonly yard: Yard
  readonly run: RunHandle
  /** What a subscriber has seen, as it comes. */
  readonly seen: ReadonlyArray<RunEvent>
  readonly store: string
}

/** A run that prints about 20 MB, over a store in this directory. */
const withFlood = async (directory: string, options: OpenOptions, use: (world: World) => Promise<void>) => {
  const bench = makeBench()
  const yard = await open({
    directory,
    allowAnyWorkspace: true,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: bench.directory },
    executables: { codex: bench.agent("flood", messages) },
    ...options,
  })
  try {
    const run = await yard.start({ ...request, cwd: bench.directory })
    const seen: Array<RunEvent> = []
    const watching = (async () => {
      for await (const event of run.events()) seen.push(event)
    })().catch(() => undefined)
    await use({ yard, run, seen, store: join(directory, "runyard.db") })
    await watching
  } finally {
    // What a test that has failed leaves unrecorded is not what failed.
    await yard.close().catch(() => undefined)
    bench.remove()
  }
}

const logOf = async (run: RunHandle): Promise<ReadonlyArray<RunEvent>> => {
  const log: Array<RunEvent> = []
  for await (const event of run.events({ follow: false })) log.push(event)
  return log
}

/** One order, one end, nothing alive, and whatever a subscriber was shown. */
const assertWhole = async ({ run, seen }: World): Promise<ReadonlyArray<RunEvent>> => {
  const log = await logOf(run)
  assert.deepStrictEqual(
    log.map(({ seq }) => seq),
    log.map((_, index) => index + 1),
  )
  assert.strictEqual(log.filter(isTerminalEvent).length, 1)
  assert.deepStrictEqual(log.slice(0, seen.length), seen)
  assert.deepStrictEqual(await processesOf(run.id), [])
  return log
}

const assertSucceededWhole = async (world: World): Promise<void> => {
  assert.strictEqual((await world.run.result()).state, "succeeded")
  const log = await assertWhole(world)
  assert.strictEqual(log.filter(({ type }) => type === "agent.message").length, messages + 1)
}

/** Follows it until the store has taken its end. */
const resultOf = async (run: RunHandle) => {
  await until("the end is stored", async () => (await codeOf(run.result())) === "none", 30_000)
  return run.result()
}

const directoryFor = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "runyard-store-"))
  try {
    await use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const hold = async (store: string) => {
  const child = spawn(process.execPath, [holder, store], { stdio: ["pipe", "pipe", "inherit"] })
  await once(child.stdout, "data")
  return {
    letGo: async () => {
      const left = once(child, "exit")
      child.stdin.end()
      await left
    },
  }
}

describe.concurrent("a store in trouble in the middle of a run", () => {
  it.skipIf(!canMount)(
    "slows the run while its disk is full, and lets it go on when there is room",
    async () => {
      const disk = makeDisk(6)
      try {
        await withFlood(disk.directory, { storePatienceMillis: 60_000 }, async (world) => {
          await until("the disk is full", disk.isFull)
          const before = process.memoryUsage.rss()
          assert.isNotEmpty(await processesOf(world.run.id))
          await sleep(1_500)
          assert.strictEqual((await world.run.get()).state, "running")
          assert.isBelow((process.memoryUsage.rss() - before) / 1024 / 1024, 100)
          disk.resize(200)
          await assertSucceededWhole(world)
        })
      } finally {
        disk.remove()
      }
    },
    60_000,
  )

  it.skipIf(!canMount)(
    "ends the run when its disk stays full, and writes its end when there is room again",
    async () => {
      const disk = makeDisk(6)
      try {
        await withFlood(disk.directory, { storePatienceMillis: 1_000 }, async (world) => {
          const { run, yard } = world
          await until("the disk is full", disk.isFull)
          await until("the agent is ended", async () => (await processesOf(run.id)).length === 0)
          assert.deepStrictEqual(
            await Promise.all([
              codeOf(run.result()),
              codeOf(run.cancel()),
              codeOf(yard.start({ ...request, cwd: tmpdir() })),
            ]),
            ["STORE_FULL", "STORE_FULL", "STORE_FULL"],
          )
          assert.strictEqual((await run.get()).state, "running")
          disk.resize(200)
          const { state, error } = await resultOf(run)
          assert.deepStrictEqual([state, error?.code], ["failed", "STORE_FULL"])
          await assertWhole(world)
        })
      } finally {
        disk.remove()
      }
    },
    90_000,
  )

  it(
    "slows the run while another program holds the store for eleven seconds, and loses nothing",
    () =>
      directoryFor((directory) =>
        withFlood(directory, {}, async (world) => {
          await until("there is output", () => world.seen.some(({ type }) => type === "agent.message"))
          const lock = await hold(world.store)
          await sleep(11_000)
          assert.strictEqual((await world.run.get()).state, "running")
          await lock.letGo()
          await assertSucceededWhole(world)
        }),
      ),
    90_000,
  )

  it(
    "ends the run when another program holds the store for ever, and writes its end when it lets go",
    () =>
      directoryFor((directory) =>
        withFlood(directory, { storePatienceMillis: 1_000 }, async (world) => {
          const { run } = world
          await until("there is output", () => world.seen.some(({ type }) => type === "agent.message"))
          const lock = await hold(world.store)
          await until("the agent is ended", async () => (await processesOf(run.id)).length === 0)
          await lock.letGo()
          const { state, error } = await resultOf(run)
          assert.deepStrictEqual([state, error?.code], ["failed", "STORE_BUSY"])
          await assertWhole(world)
        }),
      ),
    90_000,
  )

  it(
    "ends a run by cancel although another program holds the store",
    () =>
      directoryFor((directory) =>
        withFlood(directory, { storePatienceMillis: 600_000 }, async (world) => {
          const { run } = world
          await until("there is output", () => world.seen.some(({ type }) => type === "agent.message"))
          const lock = await hold(world.store)
          const canceled = codeOf(run.cancel())
          await until("the agent is ended", async () => (await processesOf(run.id)).length === 0)
          await lock.letGo()
          assert.include(["none", "STORE_BUSY"], await canceled)
          assert.strictEqual((await resultOf(run)).state, "canceled")
          await assertWhole(world)
        }),
      ),
    90_000,
  )
})
