/** Requests that are saved to be submitted at the times of a cron expression. Instants are milliseconds since the epoch. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `CREATE TABLE run_schedules (
    id INTEGER PRIMARY KEY,
    schedule_id TEXT NOT NULL UNIQUE,
    scope_platform TEXT NOT NULL,
    scope_tenant TEXT NOT NULL,
    scope_workspace TEXT NOT NULL,
    name TEXT,
    request TEXT NOT NULL,
    expression TEXT NOT NULL,
    time_zone TEXT,
    missed TEXT NOT NULL,
    max_catch_up INTEGER,
    enabled INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    done_until INTEGER NOT NULL,
    next_at INTEGER,
    firings TEXT NOT NULL,
    last_run TEXT,
    last_refusal TEXT
  )`,
]

export const schedules = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
