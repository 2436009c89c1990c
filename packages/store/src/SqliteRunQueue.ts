/** The queue in SQLite, on the connection of the event log: whoever leases sees every run as its log has left it. */
import type { DatabaseSync } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { FairClock } from "@runyard/core/FairClock"
import type { HostIdentity, RunId } from "@runyard/core/Run"
import { type HostBeat, hostMemoryMillis, type QueueChanges, RunQueue } from "@runyard/core/RunQueue"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import type { ControlTable } from "./internal/controlTable.ts"
import type { JobTable } from "./internal/jobTable.ts"
import type { LogTable } from "./internal/logTable.ts"
import { hostFromRow } from "./internal/runRow.ts"
import { retryBusy } from "./internal/storeError.ts"

interface HostRow {
  readonly host: string
  readonly beat: number
  readonly out: number
}

const prepareHosts = (database: DatabaseSync) => ({
  beat: database.prepare(`
    INSERT INTO scheduler_hosts (id, host, beat, seen_at) VALUES (?, ?, 1, ?)
    ON CONFLICT (id) DO UPDATE SET beat = beat + 1, out = 0, seen_at = excluded.seen_at RETURNING beat`),
  gone: database.prepare("SELECT id FROM scheduler_hosts WHERE seen_at < ? AND id <> ?"),
  all: database.prepare("SELECT host, beat, out FROM scheduler_hosts"),
  remove: database.prepare("DELETE FROM scheduler_hosts WHERE id = ?"),
  putOut: database.prepare("UPDATE scheduler_hosts SET out = 1 WHERE id = ? AND beat = ?"),
  find: database.prepare("SELECT out FROM scheduler_hosts WHERE id = ?"),
})

const decodeClock = Schema.decodeUnknownResult(Schema.fromJsonString(FairClock))

interface Connection {
  readonly database: DatabaseSync
  readonly table: LogTable
  readonly jobs: JobTable
  readonly controls: ControlTable
  readonly mapError: (cause: unknown) => RunyardError
}

export const make = ({ controls, database, jobs, mapError, table }: Connection): RunQueue["Service"] => {
  const attempt = <A>(use: () => A): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.try({ try: use, catch: mapError }))
  const changing = <A>(work: () => A): Effect.Effect<A, RunyardError> => attempt(() => table.transact(work))
  const hosts = prepareHosts(database)
  const clocks = {
    get: database.prepare("SELECT clock FROM scheduler_clock WHERE id = 1"),
    put: database.prepare("INSERT OR REPLACE INTO scheduler_clock (id, clock) VALUES (1, ?)"),
  }

  const beats = (): Result.Result<ReadonlyArray<HostBeat>, RunyardError> => {
    const found: Array<HostBeat> = []
    for (const { beat, host, out } of hosts.all.all() as unknown as ReadonlyArray<HostRow>) {
      const identity = hostFromRow(host)
      if (Result.isFailure(identity)) return Result.fail(identity.failure)
      found.push({ host: identity.success, beat, out: out === 1 })
    }
    return Result.succeed(found)
  }

  const claim = (host: string, after: number, choose: (changes: QueueChanges) => ReadonlyArray<RunId>) => {
    // What it has been told once it must not be told again: it has begun to count with it.
    let asked = false
    const once = Effect.try({
      try: () =>
        table.transact(() =>
          jobs.isOut(host)
            ? Result.fail(runyardError("QUEUE_LEASE_LOST"))
            : Result.map(jobs.changes(after), (changes) => {
                asked = true
                const claimed = jobs.lease(host, choose(changes))
                return { version: claimed.length === 0 ? changes.version : jobs.version(), claimed }
              }),
        ),
      catch: mapError,
    })
    const decided = Effect.flatMap(once, Effect.fromResult)
    return retryBusy(Effect.mapError(decided, (error) => (asked ? runyardError("STORE_FAILED", error) : error)))
  }

  /** Hosts that died long ago. By the wall clock, which may be wrong for a while and not for so long. */
  const forgetGone = (self: string, at: number) => {
    for (const { id } of hosts.gone.all(at - hostMemoryMillis, self) as unknown as ReadonlyArray<{
      readonly id: string
    }>) {
      jobs.release(id)
      hosts.remove.run(id)
    }
  }

  const beat = (host: HostIdentity, anew = false) =>
    Effect.flatMap(
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        changing((): Result.Result<void, RunyardError> => {
          if (!anew && jobs.isOut(host.id)) return Result.fail(runyardError("QUEUE_LEASE_LOST"))
          const row = hosts.beat.get(host.id, JSON.stringify(host), at) as { readonly beat: number }
          if (row.beat === 1) forgetGone(host.id, at)
          return Result.void
        }),
      ),
      Effect.fromResult,
    )

  const putOut = (host: string, seen: number | undefined) =>
    changing(() => {
      const row = hosts.find.get(host) as { readonly out: number } | undefined
      if (row?.out === 0) {
        if (seen === undefined) hosts.remove.run(host)
        else if (hosts.putOut.run(host, seen).changes === 0) return false
      }
      jobs.release(host)
      return true
    })

  return RunQueue.of({
    changes: (after) =>
      Effect.flatMap(
        attempt(() => jobs.changes(after)),
        Effect.fromResult,
      ),
    claim,
    waiting: attempt(() => jobs.waiting()),
    clock: attempt(() => {
      const row = clocks.get.get() as { readonly clock: string } | undefined
      return row === undefined ? undefined : Result.getOrUndefined(decodeClock(row.clock))
    }),
    keepClock: (clock) => Effect.asVoid(attempt(() => clocks.put.run(JSON.stringify(clock)))),
    control: Effect.flatMap(
      attempt(() => controls.now()),
      Effect.fromResult,
    ),
    decide: (decision) =>
      Effect.flatMap(
        changing(() => controls.decide(decision)),
        Effect.fromResult,
      ),
    decisions: (limit) =>
      Effect.flatMap(
        attempt(() => controls.records(limit)),
        Effect.fromResult,
      ),
    release: (host, ids) => changing(() => jobs.release(host, ids)),
    beat,
    hosts: Effect.flatMap(attempt(beats), Effect.fromResult),
    putOut,
  })
}
