/** Runs and their logs in memory, for tests and one-shot programs. Nothing outlives the layer's scope. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { type AuditEntry, AuditLog, memoryAudit, type MemoryAudit } from "./AuditLog.ts"
import { Breakers } from "./Breakers.ts"
import * as EventBatch from "./EventBatch.ts"
import { EventLog, type Page, type RunPage } from "./EventLog.ts"
import * as EventTail from "./EventTail.ts"
import { Grants, memoryGrants } from "./Grants.ts"
import { memoryReceipts, type MemoryReceipts } from "./internal/memoryReceipts.ts"
import { isUnsealed, PromptSeal } from "./PromptSeal.ts"
import { isOfTenant, isTerminal, type Run, type RunId, type RunRequest, type RunState } from "./Run.ts"
import { type EventDraft, isTerminalEvent, type RunEvent, type StoredEvent } from "./RunEvent.ts"
import { HostSettings } from "./HostSettings.ts"
import { type MemoryQueue, memoryQueue } from "./internal/memoryQueue.ts"
import { type MemoryUsage, memoryUsage } from "./internal/memoryUsage.ts"
import { defaultPriceTable, withPrices } from "./PriceTable.ts"
import type { QueueRoom } from "./QueueQuota.ts"
import { RunQueue } from "./RunQueue.ts"
import { Tally } from "./internal/redactTally.ts"
import {
  type CancelRequest,
  defaultListLimit,
  matchesFilter,
  maxListLimit,
  maxRedactions,
  type RunFilter,
  RunStore,
} from "./RunStore.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"
import { memorySchedules, Schedules } from "./Schedules.ts"
import type { StoreServices } from "./StoreServices.ts"
import { UsageLedger } from "./UsageLedger.ts"

interface Entry {
  readonly run: Run
  readonly events: Array<RunEvent>
  readonly cancel?: CancelRequest
}

/** In the order in which the runs were created. */
type Entries = Map<RunId, Entry>

/** Exact requests of runs that wait. */
type Sealed = Map<RunId, RunRequest>

const everyRun = "*"

const find = (entries: Entries, id: RunId): Effect.Effect<Entry, RunyardError> =>
  Effect.suspend(() => {
    const entry = entries.get(id)
    return entry === undefined
      ? Effect.fail(runyardError("STORE_RUN_NOT_FOUND", { detail: { runId: id } }))
      : Effect.succeed(entry)
  })

const slice = <A>(items: ReadonlyArray<A>, page: Page): ReadonlyArray<A> =>
  items.slice(Math.max(page.after, 0), page.until).slice(0, Math.min(Math.max(page.limit, 0), 1_000))

const sliceOfRun = (events: ReadonlyArray<RunEvent>, page: RunPage): ReadonlyArray<RunEvent> => {
  const { after, limit, severities, until } = page
  if (severities === undefined && until === undefined) return slice(events, page)
  const found = events
    .slice(Math.max(after, 0), until)
    .filter(({ severity }) => severities === undefined || severities.includes(severity))
  return slice(found, { after: 0, limit })
}

interface Projections {
  readonly audit: MemoryAudit
  readonly queue: MemoryQueue
  readonly usage: MemoryUsage
  readonly receipts: MemoryReceipts
}

const makeEventLog = (
  entries: Entries,
  sealed: Sealed,
  { audit, queue, receipts, usage }: Projections,
): EventLog["Service"] => {
  const all: Array<StoredEvent> = []
  const signals = EventTail.makeSignals<RunId | typeof everyRun>()

  const commit = (
    runId: RunId,
    drafts: ReadonlyArray<EventDraft>,
    room: QueueRoom | undefined,
    told: AuditEntry | undefined,
  ): Result.Result<EventBatch.EventBatch, RunyardError> => {
    const entry = entries.get(runId)
    const batch = EventBatch.make(runId, entry?.run, drafts)
    if (Result.isFailure(batch)) return batch
    const { run, events } = batch.success
    if (EventBatch.isClaim(batch.success) && queue.isOut(run.host.id)) return Result.fail(EventBatch.hostIsOut(run))
    const taken = receipts.conflict(run.scope, events)
    if (taken !== undefined) return Result.fail(taken)
    const [first] = events
    if (first !== undefined && entry === undefined) {
      const full = room === undefined ? undefined : queue.refuse(run, room)
      const refused = usage.refusalOf(first) ?? full
      if (refused !== undefined) return Result.fail(runyardError(refused.code, refused))
      usage.admit(first)
    }
    receipts.keep(run.scope, events)
    const log = entry?.events ?? []
    for (const event of events) {
      log.push(event)
      all.push({ cursor: all.length + 1, event })
    }
    entries.set(runId, { ...entry, run, events: log })
    queue.project(entry?.run, run)
    for (const event of events) usage.project(run, event)
    if (isUnsealed(run.state)) sealed.delete(runId)
    if (told !== undefined) audit.write(told)
    return batch
  }

  return EventLog.of({
    append: (runId, drafts, room, told) =>
      Effect.suspend(() => {
        const batch = commit(runId, drafts, room, told)
        if (Result.isFailure(batch)) return Effect.fail(batch.failure)
        signals.notify(runId)
        signals.notify(everyRun)
        return Effect.succeed(batch.success.events)
      }),
    read: (runId, page) => Effect.map(find(entries, runId), ({ events }) => sliceOfRun(events, page)),
    readAll: (page) => Effect.sync(() => slice(all, page)),
    nextOfTenant: (tenant, after) =>
      Effect.sync(() => {
        const own = all.slice(Math.max(after, 0)).find(({ event }) => {
          const entry = entries.get(event.runId)
          return entry !== undefined && isOfTenant(entry.run.scope, tenant)
        })
        return own?.cursor
      }),
    last: Effect.sync(() => all.length),
    events: (runId, options) =>
      EventTail.make(
        {
          head: Effect.map(find(entries, runId), ({ run }) => ({ last: run.lastSeq, ended: isTerminal(run.state) })),
          page: (after) =>
            Effect.map(find(entries, runId), ({ events }) => slice(events, { after, limit: EventTail.tailPageSize })),
          place: (event) => event.seq,
          ends: isTerminalEvent,
        },
        signals,
        runId,
        options,
      ),
    all: (options) =>
      EventTail.make(
        {
          head: Effect.sync(() => ({ last: all.length, ended: false })),
          page: (after) => Effect.sync(() => slice(all, { after, limit: EventTail.tailPageSize })),
          place: ({ cursor }) => cursor,
          ends: () => false,
        },
        signals,
        everyRun,
        options,
      ),
  })
}

const makeRunStore = (entries: Entries, receipts: MemoryReceipts): RunStore["Service"] => {
  const newestFirst = (): Array<Run> => [...entries.values()].map(({ run }) => run).toReversed()

  const list = Effect.fnUntraced(function* (filter: RunFilter) {
    const runs = newestFirst()
    const start = filter.before === undefined ? 0 : runs.indexOf((yield* find(entries, filter.before)).run) + 1
    const limit = Math.min(Math.max(filter.limit ?? defaultListLimit, 0), maxListLimit)
    return runs.slice(start).filter(matchesFilter(filter)).slice(0, limit)
  })

  return RunStore.of({
    isReadOnly: false,
    get: (id) => Effect.map(find(entries, id), ({ run }) => run),
    list,
    hosts: (states) =>
      Effect.sync(() => {
        const open = newestFirst().filter(({ endedAt, state }) => endedAt === undefined && states.includes(state))
        return [...new Map(open.map(({ host }) => [host.id, host])).values()]
      }),
    redactions: (id) =>
      Effect.map(find(entries, id), ({ events }) => {
        const tally = new Tally(maxRedactions)
        for (const { redactions } of events) tally.addAll(redactions)
        return tally
          .all()
          .toSorted((one, other) => other.count - one.count)
          .slice(0, maxRedactions)
      }),
    requestCancel: (id, request) =>
      Effect.map(find(entries, id), (entry) => {
        const cancel =
          entry.cancel === undefined ? request : { ...entry.cancel, force: entry.cancel.force || request.force }
        entries.set(id, { ...entry, cancel })
      }),
    receipt: (scope, key) => Effect.map(Clock.currentTimeMillis, (now) => receipts.find(scope, key, now)),
    cancelRequest: (id) => Effect.sync(() => entries.get(id)?.cancel),
    totals: Effect.sync(() => {
      const runs: { [State in RunState]?: number } = {}
      let events = 0
      for (const { events: log, run } of entries.values()) {
        runs[run.state] = (runs[run.state] ?? 0) + 1
        events += log.length
      }
      return { runs, events }
    }),
  })
}

const makePromptSeal = (sealed: Sealed): PromptSeal["Service"] =>
  PromptSeal.of({
    seal: (id, request) => Effect.sync(() => void sealed.set(id, request)),
    unseal: (id) => Effect.sync(() => sealed.get(id)),
    destroy: (id) => Effect.sync(() => void sealed.delete(id)),
  })

const open: Effect.Effect<Context.Context<Exclude<StoreServices, Breakers>>> = Effect.map(HostSettings, (settings) => {
  const entries: Entries = new Map()
  const sealed: Sealed = new Map()
  const audit = memoryAudit()
  const queue = memoryQueue(audit.write)
  const receipts = memoryReceipts()
  const usage = memoryUsage(withPrices(defaultPriceTable, settings.prices))
  return Context.make(EventLog, makeEventLog(entries, sealed, { audit, queue, receipts, usage })).pipe(
    Context.add(UsageLedger, usage.service),
    Context.add(RunQueue, queue.service),
    Context.add(RunStore, makeRunStore(entries, receipts)),
    Context.add(PromptSeal, makePromptSeal(sealed)),
    Context.add(AuditLog, audit.service),
    Context.add(Grants, memoryGrants(audit.service.record)),
    Context.add(Schedules, memorySchedules(audit.write)),
  )
})

/** Runs, logs, the queue, schedules, breakers, the ledger, grants and the audit log. Bind it to a `const` once: two builds are two stores. */
export const layer: Layer.Layer<StoreServices> = Layer.merge(Layer.effectContext(open), Breakers.layerMemory)
