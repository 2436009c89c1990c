/** The durable queue: what a claim costs however much is queued, how many jobs it takes, how soon it begins one. */
import * as os from "node:os"
import * as path from "node:path"
import { defaultFairSettings } from "@runyard/core/FairSettings"
import { EventLog } from "@runyard/core/EventLog"
import { RunQueue } from "@runyard/core/RunQueue"
import { EventDrafts } from "@runyard/core/testing"
import { SqliteStore } from "@runyard/store"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { QueueIndex } from "../packages/core/src/internal/queueIndex.ts"
import { turns } from "../packages/core/src/internal/turns.ts"
import { inDirectory } from "./fakes.ts"
import { durableQueue, host, idOf, queued, type Throughput } from "./queueJobs.ts"
import { bullmq, plainjob } from "./queuePeers.ts"
import { rawQueue } from "./queueRaw.ts"
import { goal, heading, median, millis, quantile, ratio, say, table } from "./report.ts"

const { claimedBy, completed, started } = EventDrafts
const scale = Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1")
const rounds = 5
const load = (): string => (os.loadavg()[0] ?? 0).toFixed(1)
const one = { ...defaultFairSettings, limits: { ...defaultFairSettings.limits, global: 1, provider: { default: 1 } } }

const openStore = Effect.fnUntraced(function* (directory: string, name: string) {
  const layer = SqliteStore.layer({ filename: path.join(directory, `${name}.db`) })
  const context = yield* Layer.buildWithScope(layer, yield* Effect.scope)
  return { log: Context.get(context, EventLog), queue: Context.get(context, RunQueue) }
})

/** A store with so many queued runs, an index of it, and what claims and ends one run after the other. */
const filled = Effect.fnUntraced(function* (directory: string, count: number) {
  const { log, queue } = yield* openStore(directory, `claims-${count}`)
  yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => idOf(index + 1)),
    (id) => log.append(id, [queued()]),
    { concurrency: 200, discard: true },
  )
  const index = new QueueIndex({ self: host.id, settings: () => one, adopts: true, isWell: () => false })
  const begun = performance.now()
  index.apply(yield* queue.changes(0), Date.now())
  const loaded = performance.now() - begun
  let next = count
  /** Gives how long the claim took: its transaction, with what is new and the choice. The run is ended, another comes. */
  const claim = Effect.gen(function* () {
    const now = { wall: Date.now(), mono: performance.now() }
    const before = performance.now()
    const decision = yield* queue.claim(host.id, index.version, (changes) => {
      index.apply(changes, now.wall)
      return index.choose(now)
    })
    const took = performance.now() - before
    index.version = decision.version
    index.claimed(decision.claimed)
    const [id] = decision.claimed
    if (id === undefined || decision.claimed.length !== 1) throw new Error("one run was to be claimed")
    yield* log.append(id, [claimedBy(host), started, completed])
    yield* log.append(idOf(++next), [queued()])
    return took
  })
  return { loaded, claim }
})

const claims = (directory: string) =>
  Effect.gen(function* () {
    const sizes = [100, 10_000, Math.max(20_000, Math.round(100_000 * scale))]
    const places = yield* Effect.forEach(sizes, (count) => filled(directory, count))
    const times = sizes.map(() => [] as Array<number>)
    for (let index = 0; index < 2_000; index++) {
      for (const [place, { claim }] of places.entries()) {
        const took = yield* claim
        // The first ones are for the compiler.
        if (index >= 200) times[place]?.push(took)
      }
    }
    say(`a claim with what is new, by runs that are queued; ms, 1 800 each, in turn (load ${load()})`)
    table([
      ["", ...sizes.map(String)],
      ["p50", ...times.map((some) => quantile(some, 0.5).toFixed(3))],
      ["p95", ...times.map((some) => quantile(some, 0.95).toFixed(3))],
      ["loading the index", ...places.map(({ loaded }) => millis(loaded))],
    ])
    const [least = 0, , most = 0] = times.map(median)
    goal(`a claim among ${sizes.at(-1)} beside one among ${sizes[0]}`, ratio(most, least), "< 2x", most < 2 * least)
  }).pipe(Effect.scoped, Effect.runPromise)

const throughput = async (): Promise<void> => {
  const jobs = Math.max(500, Math.round(10_000 * scale))
  const candidates: Record<string, (place: string) => Promise<Throughput | string> | Throughput> = {
    Runyard: (place) => durableQueue(place, jobs),
    "node:sqlite, one step a transaction": (place) => rawQueue(place, jobs, 1),
    "node:sqlite, 50 a transaction": (place) => rawQueue(place, jobs, 50),
    plainjob: (place) => plainjob(place, jobs),
    "BullMQ, 50 at once, no disk": (place) => bullmq(place, jobs),
  }
  const results = new Map<string, Array<Throughput>>()
  const missing = new Map<string, string>()
  // The first round is for the compiler.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      const result = await inDirectory(async (place) => run(place))
      if (typeof result === "string") missing.set(name, result)
      else if (round > 0) results.set(name, [...(results.get(name) ?? []), result])
    }
  }
  say(`\njobs a second, ${jobs} without work, ${rounds} rounds in turn, median (load ${load()})`)
  const of = (name: string, part: keyof Throughput) => median((results.get(name) ?? []).map((result) => result[part]))
  table([
    ["", "enqueue", "claim + complete", "all"],
    ...Object.keys(candidates).map((name) =>
      results.has(name)
        ? [name, ...(["enqueue", "complete", "both"] as const).map((part) => of(name, part).toFixed(0))]
        : [name, missing.get(name) ?? "", "", ""],
    ),
  ])
  const ours = of("Runyard", "both")
  // Of the two in one round, so that whatever else the machine does is in both.
  const raw = results.get("node:sqlite, one step a transaction") ?? []
  const parts = (results.get("Runyard") ?? []).map(({ both }, round) => both / (raw[round]?.both ?? Number.NaN))
  goal("jobs through the durable queue", `${ours.toFixed(0)} /s`, ">= 6000 /s", ours >= 6_000)
  goal("of raw SQLite, one step a transaction", `${median(parts).toFixed(2)}x`, ">= 0.4x", median(parts) >= 0.4)
}

/** From the submit to the start, where nothing else is queued. */
const idle = (directory: string) =>
  Effect.gen(function* () {
    const { log, queue } = yield* openStore(directory, "idle")
    const count = 500
    const times: Array<number> = []
    let resolve = () => {}
    const turn = turns({
      queue,
      self: host.id,
      settings: () => one,
      adopts: true,
      isWell: () => false,
      idle: Effect.sleep,
      expire: () => Effect.void,
      begin: (id) =>
        Effect.orDie(log.append(id, [claimedBy(host), started])).pipe(
          Effect.tap(Effect.sync(() => times.push(performance.now()))),
          Effect.andThen(Effect.orDie(log.append(id, [completed]))),
          Effect.tap(Effect.sync(() => resolve())),
          Effect.forkDetach,
          Effect.asVoid,
        ),
    })
    yield* Effect.forkScoped(turn.loop)
    const waits: Array<number> = []
    for (let index = 1; index <= count; index++) {
      const done = new Promise<void>((settle) => (resolve = settle))
      const begun = performance.now()
      yield* log.append(idOf(index), [queued()])
      yield* turn.add(idOf(index))
      yield* Effect.promise(() => done)
      waits.push((times.at(-1) ?? Number.NaN) - begun)
      yield* Effect.sleep(2)
    }
    const [p50, p95] = [quantile(waits, 0.5), quantile(waits, 0.95)]
    say(`\nsubmit to start where nothing waits: p50 ${millis(p50)} ms, p95 ${millis(p95)} ms (load ${load()})`)
    goal("submit to start, p95", `${millis(p95)} ms`, "<= 5 ms", p95 <= 5)
  }).pipe(Effect.scoped, Effect.runPromise)

export const queue = (): Promise<void> => {
  heading("The queue: claims, jobs without work, and the first start")
  return inDirectory(async (directory) => {
    await claims(directory)
    await throughput()
    await idle(directory)
  })
}
