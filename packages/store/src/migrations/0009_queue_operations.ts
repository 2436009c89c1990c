/** What was sent with a key, so that it is one run however often it is sent. Neither a prompt nor a request is in it. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `CREATE TABLE run_receipts (
    id INTEGER PRIMARY KEY,
    scope_platform TEXT NOT NULL,
    scope_tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    run_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (scope_platform, scope_tenant, key)
  )`,
  `CREATE INDEX run_receipts_by_age ON run_receipts (created_at)`,
]

export const queueOperations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
