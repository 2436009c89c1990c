/** The ledger is summed up from an index that has all that the sums are of, in the order of time. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `CREATE INDEX usage_ledger_sums ON usage_ledger (
    at, provider, model, actor, scope_tenant, scope_workspace, tokens_are, cost_source, nano_usd,
    input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, unsplit_tokens
  )`,
  `DROP INDEX usage_ledger_by_time`,
]

export const usageSums = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
