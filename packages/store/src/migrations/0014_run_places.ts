/** Runs are found by the directory that they were asked to work in, and by provider and state at once. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `CREATE INDEX run_bodies_by_cwd ON run_bodies (request ->> '$.cwd', run)`,
  `CREATE INDEX runs_by_provider_state ON runs (provider, state, id)`,
]

export const runPlaces = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
