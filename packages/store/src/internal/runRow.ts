/** Runs as rows: `runs` for what changes with every commit, `run_bodies` for long texts, `run_attempts`. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { HostIdentity, Run } from "@runyard/core/Run"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import { guard } from "@runyard/core/SchemaGuard"

/** What a query for whole runs selects; `attempts` is a JSON array. */
export const runSelection = `
  runs.id AS key, runs.run_id, runs.scope_platform, runs.scope_tenant, runs.scope_workspace, runs.state, runs.created_at,
  runs.updated_at, runs.ended_at, runs.last_seq, runs.host, runs.session_id, runs.model, runs.usage, runs.cost, runs.error,
  runs.unknown_lines, runs.redaction_count, runs.queue, runs.actor, run_bodies.request, run_bodies.final_message, run_bodies.structured,
  (SELECT json_group_array(json_object(
      'number', number, 'startedAt', started_at, 'endedAt', ended_at, 'executable', executable, 'version', version,
      'pid', pid, 'process', json(process), 'exit', json(exit), 'error', json(error),
      'sideEffects', json(side_effects), 'retry', json(retry)) ORDER BY number)
    FROM run_attempts WHERE run = runs.id) AS attempts
  FROM runs JOIN run_bodies ON run_bodies.run = runs.id`

/** A row of that selection. A type, not an interface: effect/sql wants an index signature. */
export type RunRow = {
  readonly key: number
  readonly run_id: string
  readonly scope_platform: string
  readonly scope_tenant: string
  readonly scope_workspace: string
  readonly state: string
  readonly created_at: number
  readonly updated_at: number
  readonly ended_at: number | null
  readonly last_seq: number
  readonly host: string
  readonly session_id: string | null
  readonly model: string | null
  readonly usage: string | null
  readonly cost: string | null
  readonly error: string | null
  readonly unknown_lines: number
  readonly redaction_count: number
  readonly queue: string | null
  readonly actor: string | null
  readonly request: string
  readonly final_message: string | null
  readonly structured: string | null
  readonly attempts: string
}

/** Checks and changes nothing. */
const isRun = guard(Run)

/** Without the fields that are NULL: SQL's word for a missing key. */
const present = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const found: Record<string, unknown> = {}
  for (const key of Object.keys(fields)) if (fields[key] !== null) found[key] = fields[key]
  return found
}

const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text))

const attempts = (text: string): unknown => (JSON.parse(text) as ReadonlyArray<Record<string, unknown>>).map(present)

const parse = (row: RunRow): unknown => ({
  ...present({
    endedAt: row.ended_at,
    sessionId: row.session_id,
    model: row.model,
    usage: json(row.usage),
    cost: json(row.cost),
    error: json(row.error),
    queue: json(row.queue),
    actor: row.actor,
    finalMessage: json(row.final_message),
  }),
  // JSON's own null is a value here, unlike SQL's.
  ...(row.structured === null ? {} : { structured: JSON.parse(row.structured) }),
  id: row.run_id,
  scope: { platform: row.scope_platform, tenant: row.scope_tenant, workspace: row.scope_workspace },
  request: JSON.parse(row.request),
  state: row.state,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  host: JSON.parse(row.host),
  attempts: row.attempts === "[]" ? [] : attempts(row.attempts),
  lastSeq: row.last_seq,
  unknownLines: row.unknown_lines,
  redactionCount: row.redaction_count,
})

/** Fails with `STORE_CORRUPT`. */
export const fromRow = (row: RunRow): Result.Result<Run, RunyardError> =>
  Result.flatMap(Result.try({ try: () => parse(row), catch: () => unreadable(row) }), (value) =>
    isRun(value) ? Result.succeed(value) : Result.fail(unreadable(row)),
  )

const decodeHost = Schema.decodeUnknownResult(Schema.fromJsonString(HostIdentity))

/** Fails with `STORE_CORRUPT`. */
export const hostFromRow = (host: string): Result.Result<HostIdentity, RunyardError> =>
  Result.mapError(decodeHost(host), () =>
    runyardError("STORE_CORRUPT", { message: "The host of a run cannot be read by this version" }),
  )

const unreadable = ({ run_id }: RunRow): RunyardError =>
  runyardError("STORE_CORRUPT", {
    message: `The run ${run_id} cannot be read by this version`,
    detail: { runId: run_id },
  })
