/** Groups of appends, each in one transaction: staged in memory first, so that a bad append cannot spoil its group. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { AuditEntry } from "@runyard/core/AuditLog"
import * as EventBatch from "@runyard/core/EventBatch"
import { keyTaken, type Receipt, receiptOf } from "@runyard/core/Idempotency"
import type { Signals } from "@runyard/core/EventTail"
import * as QueueEntry from "@runyard/core/QueueEntry"
import { type QueueRoom, quotaNamesOf, WaitingDelta } from "@runyard/core/QueueQuota"
import type { RunEvent } from "@runyard/core/RunEvent"
import { isTerminal, type Run, type RunId } from "@runyard/core/Run"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import type { WriteAudit } from "./auditRow.ts"
import * as EventRow from "./eventRow.ts"
import type { AppendRequest, AppendResult } from "./groupCommit.ts"
import type { JobTable } from "./jobTable.ts"
import type { LogTable } from "./logTable.ts"
import type { ReceiptTable } from "./receiptTable.ts"
import { RecentEvents } from "./recentEvents.ts"
import type { UsageTable } from "./usageTable.ts"

/** Key of the subscribers to all runs. */
export const everyRun = "*"

/** Live runs whose state is kept in memory. The one that was longest unused goes first. */
const maxCachedRuns = 1_024
/** Enough for a reader that follows: one commit of a run in a rush. Many more would outlive the young generation. */
const maxRecentEvents = 80
const maxRecentBytes = 512 * 1024

/** A run as it is stored, and as this group leaves it. */
interface Staged {
  /** `undefined` until the run is inserted. */
  key: number | undefined
  readonly before: Run | undefined
  after: Run
  readonly receipt?: Receipt
}

interface Group {
  /** By how many more runs wait when it is written. */
  readonly waiting: WaitingDelta
  readonly runs: Map<RunId, Staged>
  readonly rows: Array<readonly [Staged, EventRow.EventRow]>
  readonly entries: Array<AuditEntry>
  readonly results: Array<AppendResult>
  /** Whether hosts were put out, of those that it has asked about: nobody changes that meanwhile. */
  readonly out: Map<string, boolean>
}

interface Tables {
  readonly table: LogTable
  readonly jobs: JobTable
  readonly usage: UsageTable
  readonly receipts: ReceiptTable
  readonly audit: WriteAudit
}

export class LogWriter {
  readonly recent = new RecentEvents(maxRecentEvents, maxRecentBytes)
  private readonly cache = new Map<RunId, { readonly key: number; readonly run: Run }>()
  private readonly table: LogTable
  private readonly jobs: JobTable
  private readonly usage: UsageTable
  private readonly receipts: ReceiptTable
  private readonly audit: WriteAudit
  private readonly signals: Signals<string>
  private version: number
  private cursor: number

  constructor({ audit, jobs, receipts, table, usage }: Tables, signals: Signals<string>) {
    this.table = table
    this.jobs = jobs
    this.usage = usage
    this.receipts = receipts
    this.audit = audit
    this.signals = signals
    this.version = table.dataVersion()
    this.cursor = table.lastCursor()
  }

  /** The newest stored cursor. Forgets what is kept in memory, and wakes every reader, when another connection wrote events. */
  refresh(): number {
    const version = this.table.dataVersion()
    if (version === this.version) return this.cursor
    const cursor = this.table.lastCursor()
    this.version = version
    if (cursor !== this.cursor) {
      this.cursor = cursor
      this.cache.clear()
      this.usage.forget()
      this.recent.clear()
      this.signals.notifyAll()
    }
    return cursor
  }

  /** Throws what SQLite throws, and then nothing of the group is stored. */
  commit(requests: ReadonlyArray<AppendRequest>): ReadonlyArray<AppendResult> {
    const group: Group = {
      waiting: new WaitingDelta(),
      runs: new Map(),
      rows: [],
      entries: [],
      results: [],
      out: new Map(),
    }
    const first = this.table.transact(() => {
      this.usage.begin()
      const next = this.refresh() + 1
      for (const request of requests) group.results.push(this.stage(group, request))
      this.write(group, next)
      return next
    })
    this.publish(group, first)
    return group.results
  }

  private stage(group: Group, { drafts, entry, room, runId }: AppendRequest): AppendResult {
    const found = this.find(group, runId)
    if (Result.isFailure(found)) return Result.fail(found.failure)
    const batch = EventBatch.make(runId, found.success?.after, drafts)
    if (Result.isFailure(batch)) return Result.fail(batch.failure)
    const { run, events } = batch.success
    if (EventBatch.isClaim(batch.success) && this.isOut(group, run.host.id))
      return Result.fail(EventBatch.hostIsOut(run))
    const rows = Result.try({ try: () => events.map(EventRow.toRow), catch: notJson })
    if (Result.isFailure(rows)) return Result.fail(rows.failure)
    const receipt = found.success === undefined && events[0] !== undefined ? receiptOf(events[0]) : undefined
    const other = receipt === undefined ? undefined : this.receiptLike(group, run, receipt)
    if (other !== undefined) return Result.fail(runyardError("QUEUE_IDEMPOTENCY_CONFLICT", keyTaken(other)))
    const isNew = found.success === undefined
    const refused = isNew ? this.refusalOf(group, run, events, room) : undefined
    if (refused !== undefined) return Result.fail(refused)
    // Nothing refuses it any more: what is set aside is gone with the transaction, and only with that.
    if (isNew && events[0] !== undefined) this.usage.admit(events[0])
    this.count(group, found.success?.after, run)
    const staged: Staged = found.success ?? {
      key: undefined,
      before: undefined,
      after: run,
      ...(receipt === undefined ? {} : { receipt }),
    }
    staged.after = run
    group.runs.set(runId, staged)
    for (const row of rows.success) group.rows.push([staged, row])
    if (entry !== undefined) group.entries.push(entry)
    return Result.succeed(events)
  }

  private isOut({ out }: Group, host: string): boolean {
    const known = out.get(host)
    if (known !== undefined) return known
    const isOut = this.jobs.isOut(host)
    out.set(host, isOut)
    return isOut
  }

  /** Budgets, then quotas, then the bound of the queue. */
  private refusalOf(
    group: Group,
    run: Run,
    [first]: ReadonlyArray<RunEvent>,
    room: QueueRoom | undefined,
  ): RunyardError | undefined {
    const short = first === undefined ? undefined : this.usage.refusalOf(first)
    if (short !== undefined) return runyardError(short.code, short)
    if (room === undefined) return undefined
    const full = this.jobs.refuse(run, room, group.waiting)
    if (Result.isFailure(full)) return full.failure
    return full.success === undefined ? undefined : runyardError(full.success.code, full.success)
  }

  private count(group: Group, before: Run | undefined, after: Run): void {
    const more = Number(QueueEntry.isWaiting(after)) - Number(before !== undefined && QueueEntry.isWaiting(before))
    if (more !== 0) group.waiting.add(quotaNamesOf(after), more)
  }

  /** The receipt that another run has for the same key, stored or about to be. */
  private receiptLike(group: Group, { scope }: Run, { createdAt, key }: Receipt): Receipt | undefined {
    for (const { after, receipt } of group.runs.values()) {
      const same =
        receipt?.key === key && after.scope.platform === scope.platform && after.scope.tenant === scope.tenant
      if (same) return receipt
    }
    return this.receipts.find(scope, key, createdAt)
  }

  private find(group: Group, runId: RunId): Result.Result<Staged | undefined, RunyardError> {
    const staged = group.runs.get(runId)
    if (staged !== undefined) return Result.succeed(staged)
    const cached = this.cache.get(runId)
    if (cached !== undefined) return Result.succeed({ key: cached.key, before: cached.run, after: cached.run })
    const stored = this.table.findRun(runId)
    if (stored === undefined) return Result.succeed(undefined)
    return Result.map(stored.run, (run) => ({ key: stored.key, before: run, after: run }))
  }

  private write(group: Group, firstCursor: number): void {
    for (const entry of group.entries) this.audit(entry)
    const keys = new Map<Staged, number>()
    const stamp = this.jobs.stamp()
    for (const staged of group.runs.values()) {
      const { before, after } = staged
      const key = this.put(staged)
      keys.set(staged, key)
      this.jobs.project(stamp, key, before, after)
    }
    this.jobs.wait(group.waiting)
    for (const [staged, { event }] of group.rows) this.usage.project(keys.get(staged) ?? 0, staged.after, event)
    this.usage.flush()
    this.table.insertEvents(
      firstCursor,
      group.rows.map(([staged, row]) => [keys.get(staged) ?? 0, row] as const),
    )
  }

  private put(staged: Staged): number {
    const { before, after, key } = staged
    const known = key ?? (staged.key = this.table.insertRun(after))
    if (before !== undefined && before !== after) this.table.updateRun(known, before, after)
    if (key === undefined && staged.receipt !== undefined) this.receipts.put(after.scope, staged.receipt)
    return known
  }

  private publish(group: Group, firstCursor: number): void {
    const last = firstCursor + group.rows.length - 1
    const recent = group.rows.slice(-maxRecentEvents)
    const first = last - recent.length + 1
    for (const [index, [, { event, bytes }]] of recent.entries()) {
      this.recent.push({ cursor: first + index, event, bytes })
    }
    this.cursor = last
    this.usage.remember()
    for (const [runId, staged] of group.runs) {
      this.remember(runId, staged)
      this.signals.notify(runId)
    }
    if (group.rows.length > 0) this.signals.notify(everyRun)
  }

  private remember(runId: RunId, { key, after }: Staged): void {
    this.cache.delete(runId)
    if (key === undefined || isTerminal(after.state)) return
    this.cache.set(runId, { key, run: after })
    if (this.cache.size <= maxCachedRuns) return
    const [oldest] = this.cache.keys()
    if (oldest !== undefined) this.cache.delete(oldest)
  }
}

const notJson = (cause: unknown): RunyardError =>
  runyardError("STORE_FAILED", { message: "An event holds something that JSON cannot say", cause })

/** One group, as an effect that fails with what `mapError` makes of SQLite's errors. */
export const commitEffect =
  (writer: LogWriter, mapError: (cause: unknown) => RunyardError) =>
  (requests: ReadonlyArray<AppendRequest>): Effect.Effect<ReadonlyArray<AppendResult>, RunyardError> =>
    Effect.try({ try: () => writer.commit(requests), catch: mapError })
