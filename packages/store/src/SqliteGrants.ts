/** Grants in SQLite, read and written with effect/sql. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { AuditLog } from "@runyard/core/AuditLog"
import { entryOfGrant, entryOfRevocation } from "@runyard/core/AuditTrail"
import { covers, Grant, type Need, type NewGrant, selfAndAbove } from "@runyard/core/Grant"
import { grantNotFound, Grants, type Revocation, stamped, withPassing } from "@runyard/core/Grants"
import type { Scope } from "@runyard/core/Run"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import * as SqliteAuditLog from "./SqliteAuditLog.ts"
import { retryBusy, storeError } from "./internal/storeError.ts"

interface GrantRow {
  readonly grant_id: string
  readonly scope_platform: string
  readonly scope_tenant: string
  readonly scope_workspace: string
  readonly path: string
  readonly mode: string
  readonly remote: number
  readonly granted_by: string
  readonly granted_at: number
  readonly expires_at: number | null
  readonly revoked_at: number | null
  readonly revoked_by: string | null
}

const decode = Schema.decodeUnknownResult(Grant)

const fromRow = (row: GrantRow): Result.Result<Grant, RunyardError> =>
  Result.mapError(
    decode({
      id: row.grant_id,
      scope: { platform: row.scope_platform, tenant: row.scope_tenant, workspace: row.scope_workspace },
      path: row.path,
      mode: row.mode,
      remote: row.remote === 1,
      by: row.granted_by,
      at: row.granted_at,
      ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
      ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
      ...(row.revoked_by === null ? {} : { revokedBy: row.revoked_by }),
    }),
    () => runyardError("STORE_CORRUPT", { message: "The store holds a grant that this version cannot read" }),
  )

/** @param record into the audit log, what is done to grants that are not in the file. */
export const make = Effect.fnUntraced(function* (
  filename: string,
  record: AuditLog["Service"]["record"],
): Effect.fn.Return<Grants["Service"], never, SqlClient.SqlClient> {
  const sql = yield* SqlClient.SqlClient
  const query = <A>(effect: Effect.Effect<A, RunyardError | SqlError>): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.catchTag(effect, "SqlError", (error) => Effect.fail(storeError(filename)(error))))
  const all = (rows: Effect.Effect<ReadonlyArray<GrantRow>, SqlError>) =>
    Effect.flatMap(query(rows), (found) => Effect.forEach(found, (row) => Effect.fromResult(fromRow(row))))

  const columns = sql.literal(
    `grant_id, scope_platform, scope_tenant, scope_workspace, path, mode, remote, granted_by, granted_at, expires_at,
     revoked_at, revoked_by`,
  )
  const inScope = ({ platform, tenant, workspace }: Scope) =>
    sql`scope_platform = ${platform} AND scope_tenant = ${tenant} AND scope_workspace = ${workspace}`
  const inForce = (now: number) =>
    sql`revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now}) AND grant_id <> ''`

  const add = Effect.fn("Grants.add")(function* (grant: NewGrant) {
    const made = yield* stamped(grant)
    const { by, expiresAt, mode, path, scope } = grant
    const expires = expiresAt ?? null
    const remote = grant.remote ? 1 : 0
    const same = sql`${inScope(scope)} AND path = ${path} AND mode = ${mode} AND remote = ${remote}
      AND expires_at IS ${expires} AND ${inForce(made.at)}`
    // In one transaction: two programs that grant the same at once make one grant, which is written down once.
    const keep = Effect.gen(function* () {
      const [kept] = yield* sql<GrantRow>`SELECT ${columns} FROM workspace_grants WHERE ${same} ORDER BY id LIMIT 1`
      if (kept !== undefined) return kept
      yield* sql`INSERT INTO workspace_grants
        (grant_id, scope_platform, scope_tenant, scope_workspace, path, mode, remote, granted_by, granted_at, expires_at)
      VALUES (${made.id}, ${scope.platform}, ${scope.tenant}, ${scope.workspace}, ${path}, ${mode}, ${remote}, ${by},
        ${made.at}, ${expires})`
      yield* SqliteAuditLog.write(sql, entryOfGrant(made, true))
      return undefined
    })
    const known = yield* query(sql.withTransaction(keep))
    return known === undefined ? made : yield* Effect.fromResult(fromRow(known))
  })

  const revoke = Effect.fn("Grants.revoke")(function* (revocation: Revocation) {
    const { by, scope, target } = revocation
    const now = yield* Clock.currentTimeMillis
    const meant = typeof target === "string" ? sql`grant_id = ${target}` : sql`path = ${target.path}`
    const end = Effect.gen(function* () {
      const rows = yield* sql<GrantRow>`UPDATE workspace_grants SET revoked_at = ${now}, revoked_by = ${by}
        WHERE ${inScope(scope)} AND ${meant} AND ${inForce(now)} RETURNING ${columns}`
      const grants = yield* Effect.forEach(rows, (row) => Effect.fromResult(fromRow(row)))
      yield* Effect.forEach(grants, (grant) => SqliteAuditLog.write(sql, entryOfRevocation(grant)), { discard: true })
      return grants
    })
    const ended = yield* query(sql.withTransaction(end))
    return ended.length === 0 ? yield* grantNotFound(revocation) : ended
  })

  const covering = Effect.fnUntraced(function* (need: Need) {
    const now = yield* Clock.currentTimeMillis
    const found = yield* all(sql<GrantRow>`SELECT ${columns} FROM workspace_grants
      WHERE ${inScope(need.scope)} AND ${sql.in("path", selfAndAbove(need.path))} AND ${inForce(now)}
      ORDER BY id DESC`)
    return found.find((grant) => covers(grant, need, now))
  })

  return Grants.of(
    withPassing(
      {
        add,
        revoke,
        covering,
        list: Effect.fn("Grants.list")(function* ({ ended, scope }) {
          const now = yield* Clock.currentTimeMillis
          const which = ended === true ? sql`grant_id <> ''` : inForce(now)
          return yield* all(
            sql<GrantRow>`SELECT ${columns} FROM workspace_grants WHERE ${inScope(scope)} AND ${which} ORDER BY id DESC`,
          )
        }),
        revocations: Effect.map(
          query(sql<{ n: number }>`SELECT count(*) AS n FROM workspace_grants WHERE revoked_at IS NOT NULL`),
          ([row]) => row?.n ?? 0,
        ),
      },
      record,
    ),
  )
})
