/** The audit log in SQLite, read and written with effect/sql. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { type AuditEntry, auditLimit, AuditLog, AuditRecord } from "@runyard/core/AuditLog"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import * as AuditRow from "./internal/auditRow.ts"
import { retryBusy, storeError } from "./internal/storeError.ts"

interface Row {
  readonly id: number
  readonly scope_platform: string
  readonly scope_tenant: string
  readonly scope_workspace: string
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: string
}

const decode = Schema.decodeUnknownResult(
  Schema.Struct({ ...AuditRecord.fields, detail: Schema.fromJsonString(AuditRecord.fields.detail) }),
)

const fromRow = ({ scope_platform, scope_tenant, scope_workspace, ...rest }: Row) =>
  Result.mapError(
    decode({ ...rest, scope: { platform: scope_platform, tenant: scope_tenant, workspace: scope_workspace } }),
    () => runyardError("STORE_CORRUPT", { message: "The audit log holds an entry that this version cannot read" }),
  )

/** Writes an entry; for the inside of a transaction. */
export const write = (sql: SqlClient.SqlClient, entry: AuditEntry): Effect.Effect<void, SqlError> =>
  Effect.asVoid(
    Effect.andThen(sql.unsafe(AuditRow.insertText, AuditRow.params(entry)), sql.unsafe(AuditRow.forgetText)),
  )

export const make = Effect.fnUntraced(function* (
  filename: string,
): Effect.fn.Return<AuditLog["Service"], never, SqlClient.SqlClient> {
  const sql = yield* SqlClient.SqlClient
  const query = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.mapError(effect, storeError(filename)))

  const isThere = ({ action, actor, at, scope, subject }: AuditEntry) =>
    Effect.map(
      sql`SELECT id FROM audit_log WHERE scope_tenant = ${scope.tenant} AND scope_workspace = ${scope.workspace}
        AND at = ${at} AND actor = ${actor} AND action = ${action} AND subject = ${subject} LIMIT 1`,
      (found) => found.length > 0,
    )

  return AuditLog.of({
    record: Effect.fn("AuditLog.record")((entry: AuditEntry, options?: { readonly once: boolean }) =>
      query(
        sql.withTransaction(
          Effect.gen(function* () {
            if (options?.once === true && (yield* isThere(entry))) return
            yield* write(sql, entry)
          }),
        ),
      ),
    ),
    list: Effect.fn("AuditLog.list")(function* (filter = {}) {
      const prefix = filter.action ?? ""
      const { tenant } = filter
      const ofTenant =
        tenant === undefined ? sql`` : sql`AND scope_platform = ${tenant.platform} AND scope_tenant = ${tenant.tenant}`
      const rows =
        yield* query(sql<Row>`SELECT id, scope_platform, scope_tenant, scope_workspace, at, actor, action, subject,
          detail FROM audit_log WHERE substr(action, 1, ${prefix.length}) = ${prefix}
          AND id < ${filter.before ?? Number.MAX_SAFE_INTEGER} ${ofTenant}
        ORDER BY id DESC LIMIT ${auditLimit(filter)}`)
      return yield* Effect.forEach(rows, (row) => Effect.fromResult(fromRow(row)))
    }),
  })
})
