/** Grants in SQLite, read and written with effect/sql. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { covers, Grant, type Need, type NewGrant, selfAndAbove } from "@runyard/core/Grant"
import { grantNotFound, Grants, type Revocation, stamped, withPassing } from "@runyard/core/Grants"
import type { Scope } from "@runyard/core/Run"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
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

export const make = Effect.fnUntraced(function* (
  filename: string,
): Effect.fn.Return<Grants["Service"], never, SqlClient.SqlClient> {
  const sql = yield* SqlClient.SqlClient
  const query = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, RunyardError> =>
    retryBusy(Effect.mapError(effect, storeError(filename)))
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
    // One statement: two programs that grant the same at once make one grant.
    yield* query(sql`INSERT INTO workspace_grants
        (grant_id, scope_platform, scope_tenant, scope_workspace, path, mode, remote, granted_by, granted_at, expires_at)
      SELECT ${made.id}, ${scope.platform}, ${scope.tenant}, ${scope.workspace}, ${path}, ${mode}, ${remote}, ${by},
        ${made.at}, ${expires}
      WHERE NOT EXISTS (SELECT 1 FROM workspace_grants WHERE ${same})`)
    const [kept] = yield* all(sql<GrantRow>`SELECT ${columns} FROM workspace_grants WHERE ${same} ORDER BY id LIMIT 1`)
    return kept ?? made
  })

  const revoke = Effect.fn("Grants.revoke")(function* (revocation: Revocation) {
    const { by, scope, target } = revocation
    const now = yield* Clock.currentTimeMillis
    const meant = typeof target === "string" ? sql`grant_id = ${target}` : sql`path = ${target.path}`
    const ended = yield* all(sql<GrantRow>`UPDATE workspace_grants SET revoked_at = ${now}, revoked_by = ${by}
      WHERE ${inScope(scope)} AND ${meant} AND ${inForce(now)} RETURNING ${columns}`)
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
    withPassing({
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
    }),
  )
})
