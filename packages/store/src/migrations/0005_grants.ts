/** A grant has a public id, says who ended it, and whether it is of a remote file system. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  // Nothing has written grants before this version. The id of a row that is there all the same leads nowhere.
  `ALTER TABLE workspace_grants ADD COLUMN grant_id TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE workspace_grants ADD COLUMN remote INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE workspace_grants ADD COLUMN revoked_by TEXT`,
  `CREATE UNIQUE INDEX workspace_grants_by_id ON workspace_grants (grant_id) WHERE grant_id <> ''`,
  `CREATE INDEX workspace_grants_revoked ON workspace_grants (revoked_at) WHERE revoked_at IS NOT NULL`,
]

export const grants = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
