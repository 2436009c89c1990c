/**
 * What was sent with a key, so that it is one run however often it is sent: neither a prompt nor a request is in it. What
 * was decided for the whole queue: the newest row is what holds, the others tell who decided what. How many runs wait.
 */
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
  `CREATE TABLE queue_controls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    reason TEXT,
    change TEXT NOT NULL,
    control TEXT NOT NULL
  )`,
  `ALTER TABLE scheduler_version ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0`,
  `UPDATE scheduler_version SET waiting = (
    SELECT count(*) FROM scheduler_jobs WHERE entry IS NOT NULL AND entry ->> '$.state' = 'waiting')`,
]

export const queueOperations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
