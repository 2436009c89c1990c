/**
 * Exact requests of runs that wait, encrypted, in place of those that are stored masked. The triggers destroy them in the
 * transaction that starts, ends or removes the run, so that no host can forget to.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const waiting = "'queued', 'starting', 'retry_wait'"

const statements = [
  // Sealed before the run is there: a crash between the two must not lose the request of a run that was acknowledged.
  `CREATE TABLE sealed_requests (
    run_id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    sealed BLOB NOT NULL
  )`,
  `CREATE TRIGGER sealed_requests_of_started AFTER UPDATE OF state ON runs
    WHEN NEW.state IS NOT OLD.state AND NEW.state NOT IN (${waiting})
    BEGIN DELETE FROM sealed_requests WHERE run_id = NEW.run_id; END`,
  // One commit may hold the whole of a short life.
  `CREATE TRIGGER sealed_requests_of_over AFTER INSERT ON runs
    WHEN NEW.state NOT IN (${waiting})
    BEGIN DELETE FROM sealed_requests WHERE run_id = NEW.run_id; END`,
  `CREATE TRIGGER sealed_requests_of_removed AFTER DELETE ON runs
    BEGIN DELETE FROM sealed_requests WHERE run_id = OLD.run_id; END`,
]

export const sealedRequests = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
