/** The statements of the queue, on the connection of the append path: a run and its place in the queue change in one transaction. */
import type { DatabaseSync } from "node:sqlite"
import * as Result from "effect/Result"
import * as QueueEntry from "@runyard/core/QueueEntry"
import { type QueueRoom, type QuotaKind, quotaNamesOf, refuseFull, type WaitingDelta } from "@runyard/core/QueueQuota"
import type { Run, RunId } from "@runyard/core/Run"
import type { QueueChanges } from "@runyard/core/RunQueue"
import { type ErrorInfo, type RunyardError, runyardError } from "@runyard/core/RunyardError"
import { guard } from "@runyard/core/SchemaGuard"
import type { ControlTable } from "./controlTable.ts"

/** Versions after which rows of runs that are over are swept, and how many behind another host may be to hear of them. */
const sweepEvery = 512
const keepVersions = 4_096

const prepareAll = (database: DatabaseSync) => ({
  version: database.prepare("SELECT version, horizon, waiting FROM scheduler_version WHERE id = 1"),
  count: database.prepare("UPDATE scheduler_version SET version = version + 1 WHERE id = 1 RETURNING version"),
  more: database.prepare("UPDATE scheduler_version SET waiting = waiting + ? WHERE id = 1"),
  moreOf: database.prepare(`
    INSERT INTO scheduler_waiting (kind, name, waiting) VALUES (?, ?, ?)
    ON CONFLICT (kind, name) DO UPDATE SET waiting = waiting + excluded.waiting RETURNING waiting`),
  noneOf: database.prepare("DELETE FROM scheduler_waiting WHERE kind = ? AND name = ?"),
  waitingOf: database.prepare("SELECT waiting FROM scheduler_waiting WHERE kind = ? AND name = ?"),
  insert: database.prepare("INSERT INTO scheduler_jobs (version, entry, run_id, run) VALUES (?, ?, ?, ?)"),
  update: database.prepare("UPDATE scheduler_jobs SET version = ?, entry = ? WHERE run = ?"),
  close: database.prepare("UPDATE scheduler_jobs SET version = ?, entry = ?, lease_owner = NULL WHERE run = ?"),
  lease: database.prepare(`
    UPDATE scheduler_jobs SET version = ?, lease_owner = ?
    WHERE run = (SELECT id FROM runs WHERE run_id = ?) AND lease_owner IS NULL AND entry ->> '$.state' = 'waiting'`),
  leasesOf: database.prepare(`
    SELECT run_id FROM scheduler_jobs WHERE lease_owner = ? AND entry ->> '$.state' = 'waiting'`),
  unlease: database.prepare(`
    UPDATE scheduler_jobs SET version = ?, lease_owner = NULL
    WHERE run = (SELECT id FROM runs WHERE run_id = ?) AND lease_owner = ? AND entry ->> '$.state' = 'waiting'`),
  all: database.prepare("SELECT run_id, entry, lease_owner FROM scheduler_jobs WHERE entry IS NOT NULL ORDER BY run"),
  changed: database.prepare("SELECT run_id, entry, lease_owner FROM scheduler_jobs WHERE version > ? ORDER BY version"),
  isOut: database.prepare("SELECT out FROM scheduler_hosts WHERE id = ?"),
  horizon: database.prepare("UPDATE scheduler_version SET horizon = ? WHERE id = 1"),
  sweep: database.prepare("DELETE FROM scheduler_jobs WHERE entry IS NULL AND version <= ?"),
})

interface JobRow {
  readonly run_id: string
  readonly entry: string | null
  readonly lease_owner: string | null
}

const isEntry = guard(QueueEntry.QueueEntry)

/** Undefined for what this version cannot read. */
const decode = (text: string): QueueEntry.QueueEntry | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isEntry(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Every method is synchronous and throws what SQLite throws; all that write are for the inside of a transaction. */
export class JobTable {
  private readonly statements: ReturnType<typeof prepareAll>
  private readonly controls: ControlTable

  constructor(database: DatabaseSync, controls: ControlTable) {
    this.controls = controls
    this.statements = prepareAll(database)
  }

  /** What changes in one transaction has one version, which is counted up with the first change. */
  stamp(): () => number {
    let version: number | undefined
    return () => (version ??= this.next())
  }

  /** @param before undefined for a new run. */
  project(stamp: () => number, key: number, before: Run | undefined, after: Run): void {
    if (before !== undefined && !QueueEntry.differs(before, after)) return
    const entry = QueueEntry.fromRun(after, key)
    const { close, insert, update } = this.statements
    const version = stamp()
    if (entry === undefined) return void (before !== undefined && close.run(version, null, key))
    const text = JSON.stringify(entry)
    const change = before !== undefined && QueueEntry.endsLease(before, after) ? close : update
    // The row of a run that waits for a person may have been swept by the time it goes on.
    const isThere = before !== undefined && change.run(version, text, key).changes > 0
    if (!isThere) insert.run(version, text, after.id, key)
  }

  /** Counts those that wait. */
  wait(delta: WaitingDelta): void {
    const { more, moreOf, noneOf } = this.statements
    if (delta.all !== 0) more.run(delta.all)
    for (const each of delta.entries()) {
      const { waiting } = moreOf.get(each.kind, each.name, each.more) as { readonly waiting: number }
      if (waiting <= 0) noneOf.run(each.kind, each.name)
    }
  }

  /** Why one more run may not wait; `delta` is what this transaction has not written yet. */
  refuse(run: Run, room: QueueRoom, delta: WaitingDelta): Result.Result<ErrorInfo | undefined, RunyardError> {
    return Result.map(this.controls.now(), ({ quotas = {} }) =>
      refuseFull(quotaNamesOf(run), room, quotas, {
        all: this.waiting() + delta.all,
        of: (kind, name) => this.waitingOf(kind, name) + delta.of(kind, name),
      }),
    )
  }

  version(): number {
    return (this.statements.version.get() as { version: number } | undefined)?.version ?? 0
  }

  /** Whether a host was put out, and so may not begin anything. */
  isOut(host: string): boolean {
    return (this.statements.isOut.get(host) as { readonly out: number } | undefined)?.out === 1
  }

  waiting(): number {
    return (this.statements.version.get() as { waiting: number } | undefined)?.waiting ?? 0
  }

  private waitingOf(kind: QuotaKind, name: string): number {
    return (this.statements.waitingOf.get(kind, name) as { readonly waiting: number } | undefined)?.waiting ?? 0
  }

  changes(after: number): Result.Result<QueueChanges, RunyardError> {
    const head = this.statements.version.get() as { readonly version: number; readonly horizon: number } | undefined
    if (head === undefined) return Result.fail(unreadable())
    const control = this.controls.now()
    if (Result.isFailure(control)) return Result.fail(control.failure)
    const whole = after <= 0 || after < head.horizon
    const rows = whole ? this.statements.all.all() : this.statements.changed.all(after)
    const entries: Array<QueueEntry.QueueEntry> = []
    const gone: Array<RunId> = []
    for (const row of rows as unknown as ReadonlyArray<JobRow>) {
      if (row.entry === null) gone.push(row.run_id as RunId)
      else {
        const entry = decode(row.entry)
        if (entry === undefined) return Result.fail(unreadable(row.run_id))
        entries.push(row.lease_owner === null ? entry : { ...entry, lease: row.lease_owner })
      }
    }
    return Result.succeed({ version: head.version, whole, entries, gone, control: control.success })
  }

  /** Gives those that were free. */
  lease(host: string, ids: ReadonlyArray<RunId>): ReadonlyArray<RunId> {
    if (ids.length === 0) return ids
    const version = this.next()
    return ids.filter((id) => this.statements.lease.run(version, host, id).changes === 1)
  }

  /** @param ids default: all of the host's that wait. */
  release(host: string, ids?: ReadonlyArray<RunId>): void {
    const found =
      ids ?? (this.statements.leasesOf.all(host) as unknown as ReadonlyArray<JobRow>).map((row) => row.run_id)
    if (found.length === 0) return
    const version = this.next()
    for (const id of found) this.statements.unlease.run(version, id, host)
  }

  private next(): number {
    const { version } = this.statements.count.get() as { readonly version: number }
    if (version % sweepEvery === 0 && version > keepVersions) {
      this.statements.sweep.run(version - keepVersions)
      this.statements.horizon.run(version - keepVersions)
    }
    return version
  }
}

const unreadable = (runId?: string): RunyardError =>
  runyardError("STORE_CORRUPT", {
    message: "A place in the queue cannot be read by this version",
    ...(runId === undefined ? {} : { detail: { runId } }),
  })
