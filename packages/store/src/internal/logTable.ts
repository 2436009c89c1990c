/**
 * The statements of the append path and of replay, prepared once on a connection of their own.
 *
 * The rest of the store speaks effect/sql. This path does not: a statement there costs several microseconds of effects
 * and compilation, as much as SQLite needs for the row itself, and a group of appends must be staged, written and
 * committed without giving up the event loop in between. Another dialect replaces this file as a whole.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import * as Result from "effect/Result"
import type { Attempt, Run, RunId, Tenant } from "@runyard/core/Run"
import type { Page, RunPage } from "@runyard/core/EventLog"
import type { StoredEvent } from "@runyard/core/RunEvent"
import type { RunyardError } from "@runyard/core/RunyardError"
import * as EventRow from "./eventRow.ts"
import * as RunRow from "./runRow.ts"

/** Rows of one statement where there are as many; the rest go one by one, so that only two texts are ever prepared. */
const rowsPerInsert = 16

/** Behind every place. */
const newest = Number.MAX_SAFE_INTEGER

/** A page of replay ends after this much text, however few rows that is. */
const maxPageBytes = 1024 * 1024

const eventRow = `(${EventRow.eventColumns.map(() => "?").join(", ")})`
const insertEvents = (rows: number) =>
  `INSERT INTO run_events (${EventRow.eventColumns.join(", ")}) VALUES ${Array.from({ length: rows }, () => eventRow).join(", ")}`

const selectEvents = `
  SELECT e.cursor, r.run_id, e.seq, e.attempt, e.at, e.mono, e.type, e.channel, e.severity, e.correlation, e.redactions,
    e.payload, e.source
  FROM run_events e JOIN runs r ON r.id = e.run`

const prepareAll = (database: DatabaseSync) => ({
  begin: database.prepare("BEGIN IMMEDIATE"),
  commit: database.prepare("COMMIT"),
  rollback: database.prepare("ROLLBACK"),
  dataVersion: database.prepare("PRAGMA data_version"),
  lastCursor: database.prepare("SELECT coalesce(max(cursor), 0) AS cursor FROM run_events"),
  findRun: database.prepare(`SELECT ${RunRow.runSelection} WHERE runs.run_id = ?`),
  runHead: database.prepare("SELECT id AS key, last_seq, state FROM runs WHERE run_id = ?"),
  insertRun: database.prepare(`
    INSERT INTO runs (state, updated_at, ended_at, last_seq, host, session_id, model, usage, cost, error, unknown_lines,
      redaction_count, queue, run_id, scope_platform, scope_tenant, scope_workspace, provider, created_at,
      actor, rerun_of)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM runs WHERE run_id = ?))`),
  insertBody: database.prepare(`
    INSERT INTO run_bodies (final_message, structured, request, run) VALUES (?, ?, ?, ?)`),
  touchRun: database.prepare("UPDATE runs SET last_seq = ?, updated_at = ? WHERE id = ?"),
  updateRun: database.prepare(`
    UPDATE runs SET state = ?, updated_at = ?, ended_at = ?, last_seq = ?, host = ?, session_id = ?, model = ?, usage = ?,
      cost = ?, error = ?, unknown_lines = ?, redaction_count = ?, queue = ?
    WHERE id = ?`),
  updateBody: database.prepare("UPDATE run_bodies SET final_message = ?, structured = ? WHERE run = ?"),
  putAttempt: database.prepare(`
    INSERT OR REPLACE INTO run_attempts (run, number, started_at, ended_at, executable, version, pid, process, exit, error,
      side_effects, retry)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
  insertOne: database.prepare(insertEvents(1)),
  insertMany: database.prepare(insertEvents(rowsPerInsert)),
  insertRedaction: database.prepare(`
    INSERT INTO redaction_events (run, seq, at, channel, rule, category, count, fingerprint)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
  findInRun: database.prepare(
    `${selectEvents} WHERE e.run = ? AND e.seq > ? AND e.seq <= ?
      AND (? IS NULL OR e.severity IN (SELECT value FROM json_each(?))) ORDER BY e.seq LIMIT ?`,
  ),
  readRun: database.prepare(`${selectEvents} WHERE e.run = ? AND e.seq > ? ORDER BY e.seq LIMIT ?`),
  // Within a run cursors grow with `seq`, so that only runs that go on at that place are looked into. The sign keeps SQLite from
  // walking all events by their cursors.
  nextOfTenant: database.prepare(`
    SELECT min(CASE
      WHEN first > ?1 THEN first
      WHEN last > ?1 THEN (SELECT min(+e.cursor) FROM run_events e WHERE e.run = id AND +e.cursor > ?1)
    END) AS cursor
    FROM (
      SELECT r.id,
        (SELECT e.cursor FROM run_events e WHERE e.run = r.id ORDER BY e.seq LIMIT 1) AS first,
        (SELECT e.cursor FROM run_events e WHERE e.run = r.id ORDER BY e.seq DESC LIMIT 1) AS last
      FROM runs r WHERE r.scope_tenant = ?2 AND r.scope_platform = ?3
    )`),
  readAll: database.prepare(`${selectEvents} WHERE e.cursor > ? AND e.cursor <= ? ORDER BY e.cursor LIMIT ?`),
})

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

const changing = (run: Run): Array<SQLInputValue> => [
  run.state,
  run.updatedAt,
  run.endedAt ?? null,
  run.lastSeq,
  JSON.stringify(run.host),
  run.sessionId ?? null,
  run.model ?? null,
  json(run.usage),
  json(run.cost),
  json(run.error),
  run.unknownLines,
  run.redactionCount,
  json(run.queue),
]

/** Whether nothing of the row but `last_seq` and `updated_at` differs. Most commits of a run are like that. */
const onlyTouched = (before: Run, after: Run): boolean =>
  before.state === after.state &&
  before.host === after.host &&
  before.sessionId === after.sessionId &&
  before.model === after.model &&
  before.usage === after.usage &&
  before.cost === after.cost &&
  before.error === after.error &&
  before.unknownLines === after.unknownLines &&
  before.redactionCount === after.redactionCount &&
  before.queue === after.queue

export interface RunHead {
  readonly key: number
  readonly last_seq: number
  readonly state: Run["state"]
}

interface CursorRow extends EventRow.StoredRow {
  readonly cursor: number
}

const collect = (
  rows: Iterable<unknown>,
  maxBytes: number,
): Result.Result<ReadonlyArray<StoredEvent>, RunyardError> => {
  const found: Array<StoredEvent> = []
  let bytes = 0
  for (const value of rows) {
    const row = value as CursorRow
    const event = EventRow.fromRow(row)
    if (Result.isFailure(event)) return Result.fail(event.failure)
    found.push({ cursor: row.cursor, event: event.success })
    bytes += (row.payload?.length ?? 0) + (row.source?.length ?? 0)
    if (bytes >= maxBytes) break
  }
  return Result.succeed(found)
}

/**
 * Every method is synchronous and throws what SQLite throws. The statements above say which columns a row has, hence the
 * assertions; what a row says is decoded before it is believed.
 */
export class LogTable {
  private readonly statements: ReturnType<typeof prepareAll>
  private readonly database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.database = database
    this.statements = prepareAll(database)
  }

  /** Holds the write lock of the file from start to end, so that what `work` reads stays true. */
  transact<A>(work: () => A): A {
    this.statements.begin.run()
    try {
      const result = work()
      this.statements.commit.run()
      return result
    } catch (cause) {
      if (this.database.isTransaction) this.statements.rollback.run()
      throw cause
    }
  }

  /** Changes when another connection has committed, and only then. */
  dataVersion(): number {
    return (this.statements.dataVersion.get() as { data_version: number } | undefined)?.data_version ?? 0
  }

  lastCursor(): number {
    return (this.statements.lastCursor.get() as { cursor: number } | undefined)?.cursor ?? 0
  }

  nextOfTenant({ platform, tenant }: Tenant, after: number): number | undefined {
    const row = this.statements.nextOfTenant.get(after, tenant, platform) as { cursor: number | null } | undefined
    return row?.cursor ?? undefined
  }

  runHead(runId: RunId): RunHead | undefined {
    return this.statements.runHead.get(runId) as RunHead | undefined
  }

  findRun(runId: RunId): { readonly key: number; readonly run: Result.Result<Run, RunyardError> } | undefined {
    const row = this.statements.findRun.get(runId) as RunRow.RunRow | undefined
    return row === undefined ? undefined : { key: row.key, run: RunRow.fromRow(row) }
  }

  /** Returns the key of the new run. */
  insertRun(run: Run): number {
    const { id, scope, request, createdAt } = run
    const { lastInsertRowid } = this.statements.insertRun.run(
      ...changing(run),
      id,
      scope.platform,
      scope.tenant,
      scope.workspace,
      request.provider,
      createdAt,
      run.actor ?? null,
      request.rerunOf ?? null,
    )
    const key = Number(lastInsertRowid)
    this.statements.insertBody.run(json(run.finalMessage), json(run.structured), JSON.stringify(request), key)
    this.putAttempts(key, [], run.attempts)
    return key
  }

  updateRun(key: number, before: Run, after: Run): void {
    if (onlyTouched(before, after)) this.statements.touchRun.run(after.lastSeq, after.updatedAt, key)
    else this.statements.updateRun.run(...changing(after), key)
    if (before.finalMessage !== after.finalMessage || before.structured !== after.structured) {
      this.statements.updateBody.run(json(after.finalMessage), json(after.structured), key)
    }
    if (before.attempts !== after.attempts) this.putAttempts(key, before.attempts, after.attempts)
  }

  private putAttempts(key: number, before: ReadonlyArray<Attempt>, after: ReadonlyArray<Attempt>): void {
    after.forEach((attempt, index) => {
      if (attempt === before[index]) return
      const { number, startedAt, endedAt, executable, version, pid, process, exit, error, retry, sideEffects } = attempt
      this.statements.putAttempt.run(
        key,
        number,
        startedAt ?? null,
        endedAt ?? null,
        executable ?? null,
        version ?? null,
        pid ?? null,
        json(process),
        json(exit),
        json(error),
        json(sideEffects),
        json(retry),
      )
    })
  }

  /** Writes rows under consecutive cursors. */
  insertEvents(firstCursor: number, rows: ReadonlyArray<readonly [run: number, row: EventRow.EventRow]>): void {
    let index = 0
    while (index < rows.length) {
      const many = rows.length - index >= rowsPerInsert
      const params: Array<SQLInputValue> = []
      for (const [run, row] of rows.slice(index, index + (many ? rowsPerInsert : 1))) {
        EventRow.pushParams(params, firstCursor + index, run, row)
        index++
      }
      if (many) this.statements.insertMany.run(...params)
      else this.statements.insertOne.run(...params)
    }
    for (const [run, { event }] of rows) {
      const { seq, at, channel } = event
      for (const { rule, category, count, fingerprint } of event.redactions) {
        this.statements.insertRedaction.run(run, seq, at, channel, rule, category ?? "", count, fingerprint ?? null)
      }
    }
  }

  readRun(
    key: number,
    { after, limit, severities, until }: RunPage,
  ): Result.Result<ReadonlyArray<StoredEvent>, RunyardError> {
    if (severities !== undefined || until !== undefined) {
      const named = severities === undefined ? null : JSON.stringify(severities)
      const last = until ?? newest
      const rows = this.statements.findInRun.all(key, after, last, named, named, limit)
      return collect(rows, Number.POSITIVE_INFINITY)
    }
    return collect(this.statements.readRun.all(key, after, limit), Number.POSITIVE_INFINITY)
  }

  readAll({ after, limit, until = newest }: Page): Result.Result<ReadonlyArray<StoredEvent>, RunyardError> {
    return collect(this.statements.readAll.all(after, until, limit), Number.POSITIVE_INFINITY)
  }

  /** At least one event where there is one, but not much more than `maxPageBytes` of text. */
  pageOfRun(key: number, after: number, limit: number): Result.Result<ReadonlyArray<StoredEvent>, RunyardError> {
    return collect(this.statements.readRun.iterate(key, after, limit), maxPageBytes)
  }

  pageOfAll(after: number, limit: number): Result.Result<ReadonlyArray<StoredEvent>, RunyardError> {
    return collect(this.statements.readAll.iterate(after, newest, limit), maxPageBytes)
  }
}
