/** An attempt remembers its processes, and why it ended where its run went on. Hosts of runs under way are found fast. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `ALTER TABLE run_attempts ADD COLUMN process TEXT`,
  `ALTER TABLE run_attempts ADD COLUMN error TEXT`,
  // Without the runs that have ended, so that it stays small. With `ended_at`, or SQLite reads the rows all the same.
  `CREATE INDEX runs_by_host ON runs (state, host, ended_at) WHERE ended_at IS NULL`,
]

export const ledger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
