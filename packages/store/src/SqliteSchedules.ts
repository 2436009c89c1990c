/** Schedules in SQLite, on the connection of the event log, whose transactions are synchronous and take the write lock first. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type Claimant, claimDue, maxAheadMillis, RunSchedule, type ScheduleId } from "@runyard/core/RunSchedule"
import { maxSchedules, scheduleNotFound, Schedules, schedulesFull, type Taken } from "@runyard/core/Schedules"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import type { WriteAudit } from "./internal/auditRow.ts"
import type { LogTable } from "./internal/logTable.ts"
import { retryBusy } from "./internal/storeError.ts"

interface Row {
  readonly schedule_id: string
  readonly scope_platform: string
  readonly scope_tenant: string
  readonly scope_workspace: string
  readonly name: string | null
  readonly request: string
  readonly expression: string
  readonly time_zone: string | null
  readonly missed: string
  readonly max_catch_up: number | null
  readonly enabled: number
  readonly created_by: string
  readonly created_at: number
  readonly done_until: number
  readonly next_at: number | null
  readonly firings: string
  readonly last_run: string | null
  readonly last_refusal: string | null
  readonly overlap: string
  readonly revision: number
  readonly waiting: number | null
  readonly open_runs: string
  readonly fires: string
}

/** What hosts change as times come. */
const steps = [
  "enabled",
  "done_until",
  "next_at",
  "firings",
  "last_run",
  "last_refusal",
  "waiting",
  "open_runs",
  "fires",
]
/** What people have said. */
const words = [
  "scope_platform",
  "scope_tenant",
  "scope_workspace",
  "name",
  "request",
  "expression",
  "time_zone",
  "missed",
  "max_catch_up",
  "overlap",
  "revision",
  "created_by",
]
const origin = ["created_at", "schedule_id"]
const assigned = (columns: ReadonlyArray<string>): string => columns.map((column) => `${column} = ?`).join(", ")

const prepareAll = (database: DatabaseSync) => ({
  all: database.prepare("SELECT * FROM run_schedules ORDER BY id"),
  get: database.prepare("SELECT * FROM run_schedules WHERE schedule_id = ?"),
  due: database.prepare(`
    SELECT * FROM run_schedules
    WHERE firings <> '[]' OR (enabled = 1 AND (next_at <= ?1 OR done_until > ?1 + ${maxAheadMillis})) ORDER BY id`),
  waiting: database.prepare("SELECT * FROM run_schedules WHERE enabled = 1 AND waiting IS NOT NULL ORDER BY id"),
  count: database.prepare("SELECT count(*) AS n FROM run_schedules"),
  insert: database.prepare(`
    INSERT INTO run_schedules (${[...steps, ...words, ...origin].join(", ")})
    VALUES (${[...steps, ...words, ...origin].map(() => "?").join(", ")})`),
  step: database.prepare(`UPDATE run_schedules SET ${assigned(steps)} WHERE schedule_id = ?`),
  update: database.prepare(`UPDATE run_schedules SET ${assigned([...steps, ...words])} WHERE schedule_id = ?`),
  remove: database.prepare("DELETE FROM run_schedules WHERE schedule_id = ?"),
})

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

const stepsOf = (schedule: RunSchedule): ReadonlyArray<SQLInputValue> => [
  schedule.enabled ? 1 : 0,
  schedule.doneUntil,
  schedule.nextAt ?? null,
  JSON.stringify(schedule.firings),
  json(schedule.lastRun),
  json(schedule.lastRefusal),
  schedule.waiting ?? null,
  JSON.stringify(schedule.open),
  JSON.stringify(schedule.fires),
]

const wordsOf = ({ by, name, overlap, request, revision, scope, times }: RunSchedule): ReadonlyArray<SQLInputValue> => [
  scope.platform,
  scope.tenant,
  scope.workspace,
  name ?? null,
  JSON.stringify(request),
  times.expression,
  times.timeZone ?? null,
  times.missed,
  times.maxCatchUp ?? null,
  overlap,
  revision,
  by,
]

const decode = Schema.decodeUnknownResult(RunSchedule)

const given = (key: string, value: unknown) => (value === null ? {} : { [key]: value })
const parsed = (key: string, text: string | null) => (text === null ? {} : { [key]: JSON.parse(text) })

const fromRow = (row: Row): Result.Result<RunSchedule, RunyardError> =>
  Result.mapError(
    Result.flatMap(
      Result.try(() => ({
        id: row.schedule_id,
        scope: { platform: row.scope_platform, tenant: row.scope_tenant, workspace: row.scope_workspace },
        request: JSON.parse(row.request),
        times: {
          expression: row.expression,
          missed: row.missed,
          ...given("timeZone", row.time_zone),
          ...given("maxCatchUp", row.max_catch_up),
        },
        overlap: row.overlap,
        revision: row.revision,
        enabled: row.enabled === 1,
        by: row.created_by,
        createdAt: row.created_at,
        doneUntil: row.done_until,
        firings: JSON.parse(row.firings),
        open: JSON.parse(row.open_runs),
        fires: JSON.parse(row.fires),
        ...given("name", row.name),
        ...given("nextAt", row.next_at),
        ...given("waiting", row.waiting),
        ...parsed("lastRun", row.last_run),
        ...parsed("lastRefusal", row.last_refusal),
      })),
      decode,
    ),
    () =>
      runyardError("STORE_CORRUPT", {
        message: "The store holds a schedule that this version cannot read",
        detail: { id: row.schedule_id },
      }),
  )

interface Connection {
  readonly database: DatabaseSync
  readonly table: LogTable
  readonly audit: WriteAudit
  readonly mapError: (cause: unknown) => RunyardError
}

export const make = ({ audit, database, mapError, table }: Connection): Schedules["Service"] => {
  const statements = prepareAll(database)
  const answer = <A>(use: () => Result.Result<A, RunyardError>): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.flatMap(Effect.try({ try: use, catch: mapError }), Effect.fromResult))
  const storing = <A>(work: () => Result.Result<A, RunyardError>) => answer(() => table.transact(work))

  const find = (id: ScheduleId): Result.Result<RunSchedule, RunyardError> => {
    const row = statements.get.get(id) as Row | undefined
    return row === undefined ? Result.fail(scheduleNotFound(id)) : fromRow(row)
  }
  const all = () => Result.all((statements.all.all() as unknown as ReadonlyArray<Row>).map(fromRow))

  /** One that this version cannot read must not keep the others from their times. */
  const readable = (rows: ReadonlyArray<unknown>): ReadonlyArray<RunSchedule> =>
    (rows as ReadonlyArray<Row>).flatMap((row) => {
      const schedule = fromRow(row)
      return Result.isSuccess(schedule) ? [schedule.success] : []
    })
  const due = (now: number) => readable(statements.due.all(now))
  const takeAll = (claimant: Claimant) =>
    due(claimant.now).flatMap((schedule): ReadonlyArray<Taken> => {
      const taken = claimDue(schedule, claimant)
      if (taken === undefined) return []
      statements.step.run(...stepsOf(taken.schedule), taken.schedule.id)
      return [taken]
    })

  return Schedules.of({
    add: (schedule, entry) =>
      storing(() => {
        const { n } = statements.count.get() as { readonly n: number }
        if (n >= maxSchedules) return Result.fail(schedulesFull())
        statements.insert.run(...stepsOf(schedule), ...wordsOf(schedule), schedule.createdAt, schedule.id)
        if (entry !== undefined) audit(entry)
        return Result.void
      }),
    list: answer(all),
    get: (id) => answer(() => find(id)),
    change: (id, change, entry) =>
      storing(() =>
        Result.map(Result.flatMap(find(id), change), (after) => {
          statements.update.run(...stepsOf(after), ...wordsOf(after), id)
          if (entry !== undefined) audit(entry(after))
          return after
        }),
      ),
    remove: (id, entry) =>
      storing(() =>
        Result.map(find(id), (schedule) => {
          statements.remove.run(id)
          if (entry !== undefined) audit(entry(schedule))
          return schedule
        }),
      ),
    waiting: answer(() => Result.succeed(readable(statements.waiting.all()))),
    // Most looks find nothing: they take no lock.
    claim: (claimant) =>
      Effect.flatMap(
        answer(() => Result.succeed(due(claimant.now).length > 0)),
        (found) => (found ? storing(() => Result.succeed(takeAll(claimant))) : Effect.succeed([])),
      ),
  })
}
