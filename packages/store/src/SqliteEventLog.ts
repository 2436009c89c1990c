/** The event log in SQLite: group commit on one side, replay and tail on the other. */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Breakers } from "@runyard/core/Breakers"
import { EventLog } from "@runyard/core/EventLog"
import * as EventTail from "@runyard/core/EventTail"
import { isTerminal, type RunId } from "@runyard/core/Run"
import { isTerminalEvent } from "@runyard/core/RunEvent"
import { RunyardError, runyardError } from "@runyard/core/RunyardError"
import type { PriceTable } from "@runyard/core/PriceTable"
import type { RunQueue } from "@runyard/core/RunQueue"
import type { Schedules } from "@runyard/core/Schedules"
import type { UsageLedger } from "@runyard/core/UsageLedger"
import * as AuditRow from "./internal/auditRow.ts"
import { ControlTable } from "./internal/controlTable.ts"
import * as GroupCommit from "./internal/groupCommit.ts"
import { JobTable } from "./internal/jobTable.ts"
import { LogTable, type RunHead } from "./internal/logTable.ts"
import { commitEffect, everyRun, LogWriter } from "./internal/logWriter.ts"
import * as SqliteBreakers from "./SqliteBreakers.ts"
import { ReceiptTable } from "./internal/receiptTable.ts"
import * as SqliteSchedules from "./SqliteSchedules.ts"
import * as SqliteRunQueue from "./SqliteRunQueue.ts"
import { retryBusy, storeError } from "./internal/storeError.ts"
import { UsageTable } from "./internal/usageTable.ts"
import * as SqliteUsageLedger from "./SqliteUsageLedger.ts"

/** How soon events that another process writes are seen, at the latest. Costs a few microseconds each time. */
const pollInterval = "150 millis"

const maxReadLimit = 1_000
const bounded = (limit: number): number => Math.min(Math.max(limit, 0), maxReadLimit)

const closed = (path: string): RunyardError =>
  runyardError("STORE_UNAVAILABLE", { message: `The store ${path} is closed`, detail: { path, closed: true } })

/** The log, the queue, the schedules, the breakers and the ledger on a connection of their own: transactions of others must not be open on it. */
export const make = Effect.fnUntraced(function* (
  database: DatabaseSync,
  filename: string,
  prices: PriceTable,
): Effect.fn.Return<
  {
    readonly log: EventLog["Service"]
    readonly queue: RunQueue["Service"]
    readonly breakers: Breakers["Service"]
    readonly ledger: UsageLedger["Service"]
    readonly schedules: Schedules["Service"]
  },
  RunyardError,
  Scope.Scope
> {
  const mapError = (cause: unknown): RunyardError => {
    if (cause instanceof RunyardError) return cause
    return database.isOpen ? storeError(filename)(cause) : closed(filename)
  }
  const attempt = <A>(use: () => A): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.try({ try: use, catch: mapError }))
  const query = <A>(use: () => Result.Result<A, RunyardError>): Effect.Effect<A, RunyardError> =>
    Effect.flatMap(attempt(use), Effect.fromResult)

  const signals = EventTail.makeSignals<string>()
  const table = yield* attempt(() => new LogTable(database))
  const audit = yield* attempt(() => AuditRow.prepare(database))
  const controls = yield* attempt(() => new ControlTable(database, audit))
  const jobs = yield* attempt(() => new JobTable(database, controls))
  const usage = yield* attempt(() => new UsageTable(database, prices))
  const receipts = yield* attempt(() => new ReceiptTable(database))
  const writer = yield* attempt(() => new LogWriter({ table, jobs, usage, receipts, audit }, signals))
  const commit = commitEffect(writer, mapError)
  const append = yield* GroupCommit.make((requests) => retryBusy(commit(requests)))

  // No timer while nobody reads: an open store alone does not keep its program alive.
  const watch = Effect.andThen(signals.wanted, Effect.sleep(pollInterval)).pipe(
    Effect.andThen(
      Effect.suspend(() => (signals.size() > 0 ? Effect.ignore(attempt(() => writer.refresh())) : Effect.void)),
    ),
  )
  yield* Effect.forkScoped(Effect.forever(watch))
  // Readers that wait find the connection closed, instead of waiting for ever.
  yield* Effect.addFinalizer(() => Effect.sync(signals.notifyAll))

  const head = Effect.fnUntraced(function* (runId: RunId): Effect.fn.Return<RunHead, RunyardError> {
    const found = yield* attempt(() => {
      writer.refresh()
      return table.runHead(runId)
    })
    return found ?? (yield* runyardError("STORE_RUN_NOT_FOUND", { detail: { runId } }))
  })

  const tailOfRun = Effect.fnUntraced(function* (runId: RunId, options: Parameters<EventLog["Service"]["events"]>[1]) {
    const { key } = yield* head(runId)
    return EventTail.make(
      {
        head: Effect.map(head(runId), ({ last_seq, state }) => ({ last: last_seq, ended: isTerminal(state) })),
        page: (after) =>
          Effect.suspend(() => {
            const recent = writer.recent.ofRun(runId, after, EventTail.tailPageSize)
            return recent !== undefined
              ? Effect.succeed(recent)
              : Effect.map(
                  query(() => table.pageOfRun(key, after, EventTail.tailPageSize)),
                  (page) => page.map(({ event }) => event),
                )
          }),
        place: (event) => event.seq,
        ends: isTerminalEvent,
      },
      signals,
      runId,
      options,
    )
  })

  const log = EventLog.of({
    append,
    read: Effect.fnUntraced(function* (runId, asked) {
      const { key } = yield* head(runId)
      const page = yield* query(() => table.readRun(key, { ...asked, limit: bounded(asked.limit) }))
      return page.map(({ event }) => event)
    }),
    readAll: (asked) => query(() => table.readAll({ ...asked, limit: bounded(asked.limit) })),
    nextOfTenant: (tenant, after) => attempt(() => table.nextOfTenant(tenant, after)),
    last: attempt(() => writer.refresh()),
    events: (runId, options) => Stream.unwrap(tailOfRun(runId, options)),
    all: (options) =>
      EventTail.make(
        {
          head: Effect.map(
            attempt(() => writer.refresh()),
            (last) => ({ last, ended: false }),
          ),
          page: (after) =>
            Effect.suspend(() => {
              const recent = writer.recent.ofAll(after, EventTail.tailPageSize)
              return recent !== undefined
                ? Effect.succeed(recent)
                : query(() => table.pageOfAll(after, EventTail.tailPageSize))
            }),
          place: ({ cursor }) => cursor,
          ends: () => false,
        },
        signals,
        everyRun,
        options,
      ),
  })
  return {
    log,
    queue: SqliteRunQueue.make({ database, table, jobs, controls, mapError }),
    breakers: SqliteBreakers.make({ database, table, mapError }),
    ledger: SqliteUsageLedger.make({ usage, attempt }),
    schedules: SqliteSchedules.make({ database, table, audit, mapError }),
  }
})
