/** What may be forgotten: of which day an account of a budget is, and when a host was last there. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  // NULL: of no day, or of a version that did not tell; never forgotten.
  `ALTER TABLE budget_accounts ADD COLUMN day TEXT`,
  `CREATE INDEX budget_accounts_by_day ON budget_accounts (day) WHERE day IS NOT NULL`,
  `ALTER TABLE scheduler_hosts ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0`,
  `UPDATE scheduler_hosts SET seen_at = unixepoch() * 1000`,
]

export const forgetting = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
