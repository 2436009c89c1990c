/**
 * Retries: what an attempt may have done and what was decided about it; which provider's account is kept closed; and exact
 * requests that are kept until their run has ended, since a run that has started may be tried again.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const needed = "'queued', 'starting', 'running', 'retry_wait'"

const statements = [
  `ALTER TABLE run_attempts ADD COLUMN side_effects TEXT`,
  `ALTER TABLE run_attempts ADD COLUMN retry TEXT`,
  // Only those that are not plainly closed have a row.
  `CREATE TABLE circuit_breakers (
    account TEXT PRIMARY KEY,
    state TEXT NOT NULL
  )`,
  `DROP TRIGGER sealed_requests_of_started`,
  `DROP TRIGGER sealed_requests_of_over`,
  `CREATE TRIGGER sealed_requests_of_ended AFTER UPDATE OF state ON runs
    WHEN NEW.state IS NOT OLD.state AND NEW.state NOT IN (${needed})
    BEGIN DELETE FROM sealed_requests WHERE run_id = NEW.run_id; END`,
  // One commit may hold the whole of a short life.
  `CREATE TRIGGER sealed_requests_of_over AFTER INSERT ON runs
    WHEN NEW.state NOT IN (${needed})
    BEGIN DELETE FROM sealed_requests WHERE run_id = NEW.run_id; END`,
]

export const retries = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
