/** What becomes of times of a schedule that overlap, what came of its last ones, and which change of it is the newest. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `ALTER TABLE run_schedules ADD COLUMN overlap TEXT NOT NULL DEFAULT 'allow'`,
  `ALTER TABLE run_schedules ADD COLUMN revision INTEGER NOT NULL DEFAULT 1`,
  // Milliseconds since the epoch.
  `ALTER TABLE run_schedules ADD COLUMN waiting INTEGER`,
  `ALTER TABLE run_schedules ADD COLUMN open_runs TEXT NOT NULL DEFAULT '[]'`,
  `ALTER TABLE run_schedules ADD COLUMN fires TEXT NOT NULL DEFAULT '[]'`,
]

export const scheduleOverlap = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
