/** Events as rows of `run_events`. Rows are decoded with the schema of the log: a file is an edge like any other. */
import type { SQLInputValue } from "node:sqlite"
import * as Result from "effect/Result"
import { RunEvent } from "@runyard/core/RunEvent"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import { guard } from "@runyard/core/SchemaGuard"

export const eventColumns = [
  "cursor",
  "run",
  "seq",
  "attempt",
  "at",
  "mono",
  "type",
  "channel",
  "severity",
  "correlation",
  "redactions",
  "payload",
  "source",
] as const

export interface EventRow {
  readonly event: RunEvent
  /** What stands for `undefined`, `{}` and `[]` is NULL. */
  readonly texts: readonly [
    correlation: string | null,
    redactions: string | null,
    payload: string,
    source: string | null,
  ]
  readonly bytes: number
}

const isEmpty = (value: object): boolean => {
  for (const _ in value) return false
  return true
}

/** Throws on what JSON cannot say: a cycle or a bigint. */
export const toRow = (event: RunEvent): EventRow => {
  const payload = JSON.stringify(event.payload)
  const source = event.source === undefined ? null : JSON.stringify(event.source)
  return {
    event,
    texts: [
      isEmpty(event.correlation) ? null : JSON.stringify(event.correlation),
      event.redactions.length === 0 ? null : JSON.stringify(event.redactions),
      payload,
      source,
    ],
    bytes: payload.length + (source?.length ?? 0),
  }
}

/** In the order of `eventColumns`. */
export const pushParams = (
  params: Array<SQLInputValue>,
  cursor: number,
  run: number,
  { event, texts }: EventRow,
): void => {
  params.push(cursor, run, event.seq, event.attempt, event.at, event.mono, event.type, event.channel, event.severity)
  params.push(texts[0], texts[1], texts[2], texts[3])
}

/** Checks and changes nothing: what was stored comes back to the byte, in its own order of fields. */
const isEvent = guard(RunEvent)

export interface StoredRow {
  readonly run_id: string
  readonly seq: number
  readonly attempt: number
  readonly at: number
  readonly mono: number
  readonly type: string
  readonly channel: string
  readonly severity: string
  readonly correlation: string | null
  readonly redactions: string | null
  readonly payload: string | null
  readonly source: string | null
}

const parse = (row: StoredRow): unknown => ({
  v: 1,
  runId: row.run_id,
  seq: row.seq,
  attempt: row.attempt,
  at: row.at,
  mono: row.mono,
  type: row.type,
  channel: row.channel,
  severity: row.severity,
  correlation: row.correlation === null ? {} : JSON.parse(row.correlation),
  redactions: row.redactions === null ? [] : JSON.parse(row.redactions),
  payload: row.payload === null ? undefined : JSON.parse(row.payload),
  ...(row.source === null ? {} : { source: JSON.parse(row.source) }),
})

/** Fails with `STORE_CORRUPT`, naming run and place but nothing of the text. */
export const fromRow = (row: StoredRow): Result.Result<RunEvent, RunyardError> =>
  Result.flatMap(Result.try({ try: () => parse(row), catch: () => unreadable(row) }), (value) =>
    isEvent(value) ? Result.succeed(value) : Result.fail(unreadable(row)),
  )

const unreadable = ({ run_id, seq }: StoredRow): RunyardError =>
  runyardError("STORE_CORRUPT", {
    message: `Event ${seq} of ${run_id} cannot be read by this version`,
    detail: { runId: run_id, seq },
  })
