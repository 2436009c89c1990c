/** What the order of the queue remembers of what was started: one row, so that a host that starts goes on from there. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `CREATE TABLE scheduler_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    clock TEXT NOT NULL
  )`,
]

export const fairClock = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
