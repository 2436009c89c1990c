/**
 * kill -9 of a host with eight runs under way, with real processes that hide and ignore signals. After the next start
 * nothing of them is alive, every run is interrupted or had ended, no event is lost, and strangers are left alone.
 * `RUNYARD_CRASH_ROUNDS` sets how often (3), `RUNYARD_CRASH_SEED` at which instants.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { isTerminal, isTerminalEvent, type RunEvent, type RunState } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { open, type OpenOptions, type Yard } from "runyard"
import { processesOf } from "../support/processes.ts"
import { manners, writeAgent } from "./fixtures/agent.ts"
import { programAt, runyard } from "../support/programs.ts"

const rounds = Number(process.env["RUNYARD_CRASH_ROUNDS"] ?? 3)
const seed = process.env["RUNYARD_CRASH_SEED"] ?? "recovery"
const fixture = fileURLToPath(new URL("fixtures/worker.ts", import.meta.url))
let places = 0

/** A directory with an agent in it whose processes can be told from all others. */
const makePlace = () => {
  const directory = mkdtempSync(join(tmpdir(), "runyard-recovery-"))
  const seconds = `86400.${process.pid}${++places}`
  const executable = writeAgent(directory, seconds)
  const options: OpenOptions = {
    directory: join(directory, "store"),
    workspaces: [directory],
    env: { PATH: process.env["PATH"] ?? "" },
    executables: { claude: executable },
    concurrency: { global: 8, perProvider: 8 },
  }
  return { directory, executable, seconds, options }
}
type Place = ReturnType<typeof makePlace>

const inPlace = async (use: (place: Place) => Promise<void>): Promise<void> => {
  const place = makePlace()
  try {
    await use(place)
  } finally {
    rmSync(place.directory, { recursive: true, force: true })
  }
}

const procFile = (pid: string | number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1")
  } catch {
    return ""
  }
}

/** What an agent has left behind, by what it sleeps for: seen whatever its environment, parent and session are. */
const sleepers = (seconds: string): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && procFile(name, "cmdline").split("\0")[1] === seconds)
    .map(Number)

interface Worker {
  readonly host: ChildProcess
  /** The last seq that it printed, by run. */
  readonly seen: Map<string, number>
  readonly started: Set<string>
  /** Completes when the runs in `started` are as many as asked for, and `events` more lines were read. */
  readonly busy: (runs: number, events: number) => Promise<void>
  readonly kill: () => Promise<void>
}

/**
 * @param around a program that runs the host, with its arguments.
 * @param containment of its runs. Default: `portable`, which leaves all of them behind; supervisors end them by themselves.
 */
const work = (
  place: Place,
  recovery: string,
  prompts: ReadonlyArray<string>,
  around: ReadonlyArray<string> = [],
  containment: "portable" | "auto" = "portable",
  leaseMillis = 20_000,
): Worker => {
  const command = [
    process.execPath,
    ...programAt(fixture),
    place.directory,
    place.executable,
    recovery,
    String(leaseMillis),
    ...prompts,
  ]
  const [program = "", ...args] = [...around, ...command]
  const env = { ...process.env, RUNYARD_CONTAINMENT: containment }
  const host = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env })
  const exited = once(host, "exit")
  const seen = new Map<string, number>()
  const started = new Set<string>()
  let wake = () => {}
  let lines = 0
  const reader = createInterface({ input: host.stdout })
  const closed = once(reader, "close")
  reader.on("line", (line) => {
    const [id = "", seq = "0", type] = line.split(" ")
    seen.set(id, Number(seq))
    // What the agent starts stands by then.
    if (type === "agent.session") started.add(id)
    lines += 1
    wake()
  })
  const busy = async (runs: number, events: number) => {
    let end = Number.POSITIVE_INFINITY
    for (; lines < end; await new Promise<void>((resolve) => (wake = resolve))) {
      if (started.size >= runs && end === Number.POSITIVE_INFINITY) end = lines + events
      if (lines >= end) return
      assert.isNull(host.exitCode)
    }
  }
  const kill = async () => {
    host.kill("SIGKILL")
    assert.strictEqual((await exited)[1], "SIGKILL")
    // What it had said before it died counts too.
    await closed
  }
  return { host, seen, started, busy, kill }
}

const logOf = async (yard: Yard, id: string): Promise<ReadonlyArray<RunEvent>> => {
  const log: Array<RunEvent> = []
  for await (const event of yard.run(id).events({ follow: false })) log.push(event)
  return log
}

/** One end, no gap, nothing lost that was seen, nothing alive. */
const checkRun = async (yard: Yard, id: string, seq: number): Promise<RunState> => {
  const { state, lastSeq } = await yard.run(id).get()
  assert.isTrue(isTerminal(state), `${id} is ${state}`)
  assert.isAtLeast(lastSeq, seq)
  const log = await logOf(yard, id)
  assert.deepStrictEqual(
    log.map((event) => event.seq),
    log.map((_, index) => index + 1),
  )
  assert.deepStrictEqual([log.filter(isTerminalEvent).length, log.length], [1, lastSeq])
  assert.deepStrictEqual(await processesOf(id), [])
  return state
}

const eight = Array.from({ length: 8 }, (_, index) => `${manners[index % manners.length]} ${index}`)

describe.each(["portable", "auto"] as const)("a host that is killed with eight runs under way (%s)", (containment) => {
  const oneRound = (events: number) =>
    inPlace(async (place) => {
      const worker = work(place, "interrupt", eight, [], containment)
      await worker.busy(8, events)
      await worker.kill()
      assert.strictEqual(worker.seen.size, 8)
      assert.isAtLeast(sleepers(place.seconds).length, 6)
      await using yard = await open({ ...place.options, adopt: false })
      // At once, not in a while: opening it is what ends them.
      assert.deepStrictEqual(sleepers(place.seconds), [])
      const states: Array<RunState> = []
      for (const [id, seq] of worker.seen) states.push(await checkRun(yard, id, seq))
      assert.isAtLeast(states.filter((state) => state === "interrupted").length, 6)
      assert.isTrue(states.every((state) => state === "interrupted" || state === "succeeded"))
      // The polite ones were asked, and could save what they had.
      const saved = readFileSync(join(place.directory, "saved"), "utf8").trim().split("\n")
      assert.deepStrictEqual(saved.toSorted(), ["polite 0", "polite 4"])
    })

  it.live(
    "leaves nothing alive, loses no event, and every run has one end after the next start",
    () =>
      Effect.gen(function* () {
        for (let round = 0; round < rounds; round++) {
          const events = yield* Random.nextIntBetween(0, 60)
          yield* Effect.promise(() => oneRound(events))
        }
      }).pipe(Random.withSeed(seed)),
    { timeout: 60_000 + rounds * 15_000 },
  )

  it("gives each run one end when several programs start at once", { timeout: 60_000 }, () =>
    inPlace(async (place) => {
      const worker = work(place, "interrupt", eight, [], containment)
      await worker.busy(8, 10)
      await worker.kill()
      const yards = await Promise.all([1, 2, 3].map(() => open({ ...place.options, adopt: false })))
      assert.deepStrictEqual(sleepers(place.seconds), [])
      const [yard] = yards
      if (yard === undefined) return assert.fail("no yard")
      for (const [id, seq] of worker.seen) await checkRun(yard, id, seq)
      for (const each of yards) await each.close()
    }),
  )

  it("goes on with the conversations of those that are to be resumed, each once", { timeout: 60_000 }, () =>
    inPlace(async (place) => {
      const worker = work(place, "resume", ["polite 0", "stubborn 1"], [], containment)
      await worker.busy(2, 6)
      await worker.kill()
      const options: OpenOptions = { ...place.options, recovery: "resume" }
      const yards = await Promise.all([open(options), open(options)])
      const [yard] = yards
      for (const [id, seq] of worker.seen) {
        assert.strictEqual((await yard.run(id).result()).state, "succeeded")
        await checkRun(yard, id, seq)
        const { attempts, sessionId } = await yard.run(id).get()
        assert.deepStrictEqual(
          attempts.map(({ error, number }) => [number, error?.code]),
          [
            [1, "QUEUE_HOST_DIED"],
            [2, undefined],
          ],
        )
        const again = (await logOf(yard, id)).filter(({ type }) => type === "run.started").at(-1)
        assert.isTrue(again?.type === "run.started" && again.payload.args.includes(String(sessionId)))
      }
      assert.deepStrictEqual(sleepers(place.seconds), [])
      const prompts = readFileSync(join(place.directory, "resumed"), "utf8").trim().split("\n")
      assert.strictEqual(prompts.length, 2)
      assert.isTrue(prompts.every((prompt) => prompt.includes("interrupted")))
      for (const each of yards) await each.close()
    }),
  )
})

describe("two hosts on one store", () => {
  it("cancel each other's runs, and the one that lives ends what the other leaves behind", { timeout: 60_000 }, () =>
    inPlace(async (place) => {
      const worker = work(place, "interrupt", ["stubborn 0", "stubborn 1"])
      await worker.busy(2, 4)
      const [first = "", second = ""] = worker.started
      await using yard = await open({ ...place.options, adopt: false })
      const own = await yard.start({ provider: "claude", prompt: "stubborn 2", cwd: place.directory })

      assert.strictEqual((await yard.run(first).cancel({ by: "here", force: true })).state, "canceled")
      assert.deepStrictEqual(await processesOf(first), [])
      for await (const { type } of own.events()) if (type === "run.started") break
      worker.host.stdin?.write(`cancel ${own.id}\n`)
      const canceled = (await own.result(), await logOf(yard, own.id)).at(-1)
      assert.isTrue(canceled?.type === "run.canceled" && canceled.payload.by === "worker")

      // Nobody follows that run here and nobody asks: the living host notices by itself.
      const end = (async () => {
        for await (const { event } of yard.allEvents()) {
          if (event.runId === second && isTerminalEvent(event)) return event
        }
        return undefined
      })()
      await worker.kill()
      const event = await end
      assert.isTrue(event?.type === "run.interrupted" && event.payload.evidence?.found === "alive")
      assert.deepStrictEqual(sleepers(place.seconds), [])
    }),
  )
})

describe("a host in a PID namespace of its own", () => {
  const unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
  const [program = "", ...flags] = unshare
  const isRefused = spawnSync(program, [...flags, "true"]).status !== 0

  it.skipIf(isRefused)("takes nothing away from the host of the run that it is in", { timeout: 60_000 }, () =>
    inPlace(async (place) => {
      const worker = work(place, "interrupt", ["stubborn 0"])
      await worker.busy(1, 4)
      const [id = ""] = worker.started
      const before = sleepers(place.seconds)
      const inside = [...flags, process.execPath, ...runyard, "ls", "--directory", join(place.directory, "store")]
      const { stdout, stderr } = spawnSync(program, inside, {
        encoding: "utf8",
        env: { PATH: process.env["PATH"] ?? "", RUNYARD_RUN: id },
      })
      assert.include(stdout, `${id}  running`, stderr)
      assert.deepStrictEqual(sleepers(place.seconds), before)
      await worker.kill()
      await using yard = await open({ ...place.options, adopt: false })
      assert.strictEqual((await yard.run(id).get()).state, "interrupted")
    }),
  )

  it.skipIf(isRefused)("is seen from outside, alive and dead", { timeout: 60_000 }, () =>
    inPlace(async (place) => {
      // It is dead when its lease is over. Much longer than a busy machine may keep a program waiting.
      const leaseMillis = 6_000
      const worker = work(place, "interrupt", ["stubborn 0"], unshare, "portable", leaseMillis)
      await worker.busy(1, 4)
      const [id = ""] = worker.started
      const beside = await open({ ...place.options, adopt: false, leaseMillis })
      assert.strictEqual((await beside.run(id).get()).state, "running")
      await beside.close()
      await worker.kill()
      await using yard = await open({ ...place.options, adopt: false, leaseMillis })
      assert.strictEqual((await yard.run(id).result()).state, "interrupted")
      assert.deepStrictEqual(sleepers(place.seconds), [])
    }),
  )
})
