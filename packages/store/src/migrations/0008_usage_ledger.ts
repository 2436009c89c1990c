/**
 * The ledger: one row for each attempt whose process was started. Money is in nano-dollars and NULL where it is not known;
 * `meter` is what must be remembered to turn the next total into what was used since. And the budgets: what each has given
 * out in all, and the parts of the attempts that are open.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  // Nothing has ever been written to it.
  `DROP TABLE usage_ledger`,
  `ALTER TABLE runs ADD COLUMN actor TEXT`,
  `CREATE TABLE usage_ledger (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    scope_platform TEXT NOT NULL,
    scope_tenant TEXT NOT NULL,
    scope_workspace TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT,
    session_id TEXT,
    account TEXT,
    profile TEXT,
    actor TEXT NOT NULL,
    initiator TEXT NOT NULL,
    at INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    unsplit_tokens INTEGER NOT NULL,
    tokens_are TEXT NOT NULL,
    nano_usd INTEGER,
    cost_source TEXT NOT NULL,
    price_table TEXT,
    turns INTEGER NOT NULL,
    wall_millis INTEGER NOT NULL,
    meter TEXT NOT NULL,
    UNIQUE (run_id, attempt)
  )`,
  `CREATE INDEX usage_ledger_by_run ON usage_ledger (run)`,
  `CREATE INDEX usage_ledger_by_time ON usage_ledger (at)`,
  `CREATE INDEX usage_ledger_by_session ON usage_ledger (provider, session_id, id) WHERE session_id IS NOT NULL`,
  `CREATE TABLE budget_accounts (
    key TEXT PRIMARY KEY,
    spent INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    unknown INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE budget_holds (
    run_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    reserved INTEGER NOT NULL,
    used INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    PRIMARY KEY (run_id, attempt, key)
  ) WITHOUT ROWID`,
]

export const usageLedger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
