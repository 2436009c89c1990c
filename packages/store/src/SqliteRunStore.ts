/** Runs in SQLite, read and marked with effect/sql. Only the event log changes what a run is. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type * as EffectScope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import { isForgotten, Receipt } from "@runyard/core/Idempotency"
import type { IdempotencyKey } from "@runyard/core/IdempotencyKey"
import type { Run, RunId, RunState, Scope } from "@runyard/core/Run"
import type { RedactionCount } from "@runyard/core/RunEvent"
import {
  type CancelRequest,
  defaultListLimit,
  maxListLimit,
  maxRedactions,
  type RunFilter,
  RunStore,
} from "@runyard/core/RunStore"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import type { Access } from "./internal/databaseFile.ts"
import * as RunList from "./internal/runList.ts"
import * as RunRow from "./internal/runRow.ts"
import type { RunTextIndex } from "./internal/runTextIndex.ts"
import * as TextFilling from "./internal/textFilling.ts"
import { retryBusy, storeError } from "./internal/storeError.ts"

const decodeReceipt = Schema.decodeUnknownEffect(Receipt)

const notFound = (runId: RunId): RunyardError => runyardError("STORE_RUN_NOT_FOUND", { detail: { runId } })

export const make = Effect.fnUntraced(function* (
  filename: string,
  access: Access,
  texts: RunTextIndex,
): Effect.fn.Return<RunStore["Service"], never, SqlClient.SqlClient | EffectScope.Scope> {
  const sql = yield* SqlClient.SqlClient
  const query = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.mapError(effect, storeError(filename)))

  const selection = sql.literal(RunRow.runSelection)
  const decode = (row: RunRow.RunRow): Effect.Effect<Run, RunyardError> => Effect.fromResult(RunRow.fromRow(row))

  const key = Effect.fnUntraced(function* (id: RunId) {
    const [row] = yield* query(sql<{ id: number }>`SELECT id FROM runs WHERE run_id = ${id}`)
    return row?.id ?? (yield* notFound(id))
  })

  const { wake } = yield* TextFilling.make(texts)
  const page = RunList.make({
    sql,
    query,
    piece: (grams, below) =>
      Effect.andThen(
        access === "read-only" ? Effect.void : wake,
        retryBusy(Effect.try({ try: () => texts.piece(grams, below), catch: storeError(filename) })),
      ),
  })

  const list = Effect.fn("RunStore.list")(function* ({ before, limit: wanted, ...filter }: RunFilter) {
    if (filter.states?.length === 0 || filter.hosts?.length === 0) return []
    const limit = Math.min(Math.max(wanted ?? defaultListLimit, 0), maxListLimit)
    const rows = yield* page(filter, { before: before === undefined ? undefined : yield* key(before), limit })
    return yield* Effect.forEach(rows, decode)
  })

  const get = Effect.fn("RunStore.get")(function* (id: RunId) {
    const [row] = yield* query(sql<RunRow.RunRow>`SELECT ${selection} WHERE runs.run_id = ${id}`)
    return yield* row === undefined ? notFound(id) : decode(row)
  })

  const hosts = Effect.fnUntraced(function* (states: ReadonlyArray<RunState>) {
    if (states.length === 0) return []
    const rows = yield* query(
      sql<{ host: string }>`SELECT DISTINCT host FROM runs WHERE ended_at IS NULL AND ${sql.in("state", states)}`,
    )
    return yield* Effect.forEach(rows, ({ host }) => Effect.fromResult(RunRow.hostFromRow(host)))
  })

  const redactions = Effect.fn("RunStore.redactions")(function* (id: RunId) {
    const run = yield* key(id)
    const rows = yield* query(sql<{ rule: string; category: string; fingerprint: string | null; count: number }>`
      SELECT rule, category, fingerprint, sum(count) AS count FROM redaction_events WHERE run = ${run}
      GROUP BY rule, category, fingerprint ORDER BY sum(count) DESC, min(id) LIMIT ${maxRedactions}`)
    return rows.map(({ rule, category, fingerprint, count }): RedactionCount => ({
      rule,
      ...(category === "" ? {} : { category }),
      count,
      ...(fingerprint === null ? {} : { fingerprint }),
    }))
  })

  const requestCancel = Effect.fn("RunStore.requestCancel")(function* (id: RunId, request: CancelRequest) {
    const now = yield* Clock.currentTimeMillis
    const found = yield* query(sql<{ id: number }>`
      UPDATE runs SET
        cancel_reason = CASE WHEN cancel_by IS NULL THEN ${request.reason ?? null} ELSE cancel_reason END,
        cancel_at = coalesce(cancel_at, ${now}),
        cancel_force = max(coalesce(cancel_force, 0), ${request.force ? 1 : 0}),
        cancel_by = coalesce(cancel_by, ${request.by})
      WHERE run_id = ${id} RETURNING id`)
    yield* found.length === 0 ? Effect.fail(notFound(id)) : Effect.void
  })

  const cancelRequest = Effect.fnUntraced(function* (
    id: RunId,
  ): Effect.fn.Return<CancelRequest | undefined, RunyardError> {
    const [row] = yield* query(sql<{ by: string; reason: string | null; force: number }>`
      SELECT cancel_by AS "by", cancel_reason AS reason, cancel_force AS force
      FROM runs WHERE run_id = ${id} AND cancel_by IS NOT NULL`)
    if (row === undefined) return undefined
    return { by: row.by, force: row.force === 1, ...(row.reason === null ? {} : { reason: row.reason }) }
  })

  const receipt = Effect.fn("RunStore.receipt")(function* (
    { platform, tenant }: Pick<Scope, "platform" | "tenant">,
    key: IdempotencyKey,
  ): Effect.fn.Return<Receipt | undefined, RunyardError> {
    const [row] = yield* query(sql`
      SELECT key, fingerprint, run_id AS "runId", created_at AS "createdAt" FROM run_receipts
      WHERE scope_platform = ${platform} AND scope_tenant = ${tenant} AND key = ${key}`)
    if (row === undefined) return undefined
    const found = yield* Effect.mapError(decodeReceipt(row), () =>
      runyardError("STORE_CORRUPT", { message: "The receipt of a request cannot be read by this version" }),
    )
    return isForgotten(found, yield* Clock.currentTimeMillis) ? undefined : found
  })

  const totals = Effect.gen(function* () {
    const counts = yield* query(
      sql<{ state: RunState; count: number }>`SELECT state, count(*) AS count FROM runs GROUP BY state`,
    )
    const [last] = yield* query(sql<{ events: number }>`SELECT coalesce(max(cursor), 0) AS events FROM run_events`)
    return { runs: Object.fromEntries(counts.map(({ count, state }) => [state, count])), events: last?.events ?? 0 }
  }).pipe(Effect.withSpan("RunStore.totals"))

  return RunStore.of({
    isReadOnly: access === "read-only",
    get,
    list,
    hosts,
    redactions,
    requestCancel,
    receipt,
    cancelRequest,
    totals,
  })
})
