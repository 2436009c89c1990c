/** Jobs without any work through the durable queue: the log, the queue and the turns of a host on one SQLite store. */
import * as path from "node:path"
import { defaultFairSettings } from "@runyard/core/FairSettings"
import { EventLog } from "@runyard/core/EventLog"
import { RunId } from "@runyard/core"
import { RunQueue } from "@runyard/core/RunQueue"
import { EventDrafts } from "@runyard/core/testing"
import { SqliteStore } from "@runyard/store"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { turns } from "../packages/core/src/internal/turns.ts"

const { claimedBy, completed, draft, started } = EventDrafts
export const host = { id: "host-1", pid: 1, startTime: "1" }
/** Submitters, and places of the host. */
const atOnce = 50

export interface Throughput {
  /** Jobs a second. */
  readonly enqueue: number
  readonly complete: number
  readonly both: number
}

export const rates = (jobs: number, enqueueMillis: number, completeMillis: number): Throughput => ({
  enqueue: (jobs / enqueueMillis) * 1000,
  complete: (jobs / completeMillis) * 1000,
  both: (jobs / (enqueueMillis + completeMillis)) * 1000,
})

export const idOf = (n: number): RunId => RunId.make(`run_${String(n).padStart(16, "0")}`)

/** About 250 bytes, as a small request is. */
export const request = { provider: "fake", prompt: "p".repeat(180), cwd: "/work/project" }

export const queued = (from = host) =>
  draft(
    "run.queued",
    { scope: { platform: "local", tenant: "local", workspace: "local-workspace" }, host: from, request },
    { attempt: 0 },
  )

const settings = {
  ...defaultFairSettings,
  limits: { global: atOnce, provider: { default: atOnce }, account: {}, model: {}, tenant: {}, workspace: {} },
}

/** All are queued, then all are leased, claimed, started and completed. */
export const durableQueue = (directory: string, jobs: number): Promise<Throughput> =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const queue = yield* RunQueue
    const ids = Array.from({ length: jobs }, (_, index) => idOf(index + 1))
    const begun = performance.now()
    yield* Effect.forEach(ids, (id) => log.append(id, [queued()]), { concurrency: atOnce, discard: true })
    const enqueued = performance.now()
    const all = yield* Deferred.make<void>()
    let left = jobs
    const scope = yield* Effect.scope
    const turn = turns({
      queue,
      self: host.id,
      settings: () => settings,
      adopts: true,
      isWell: () => false,
      idle: Effect.sleep,
      expire: () => Effect.void,
      begin: (id) =>
        log.append(id, [claimedBy(host), started, completed]).pipe(
          Effect.tap(() => {
            if (--left === 0) return Deferred.succeed(all, undefined)
            return Effect.sync(turn.poke)
          }),
          Effect.orDie,
          Effect.forkIn(scope),
          Effect.asVoid,
        ),
    })
    const fiber = yield* Effect.forkScoped(turn.loop)
    yield* Deferred.await(all)
    const done = performance.now()
    void fiber
    return rates(jobs, enqueued - begun, done - enqueued)
  }).pipe(
    Effect.scoped,
    Effect.provide(SqliteStore.layer({ filename: path.join(directory, "queue.db") })),
    Effect.runPromise,
  )
