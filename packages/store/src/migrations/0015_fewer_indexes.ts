/**
 * Indexes go that each submit and each end of a run had to keep in step, and whose questions nobody asks or others answer as
 * well. A place in the queue is found by the key of its run, which is the index of `runs` for the id.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  `DROP INDEX runs_by_workspace`,
  // A page of one provider is put together from those of its states, one of a state from those of all providers.
  `DROP INDEX runs_by_provider`,
  `DROP INDEX runs_by_state`,
  // Runs are never removed, so nobody looks for what hangs on one.
  `DROP INDEX usage_ledger_by_run`,
  // Without UNIQUE on the id, which cannot be taken off.
  `CREATE TABLE scheduler_places (
    run INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    entry TEXT,
    lease_owner TEXT
  )`,
  `INSERT INTO scheduler_places SELECT run, run_id, version, entry, lease_owner FROM scheduler_jobs ORDER BY run`,
  `DROP TABLE scheduler_jobs`,
  `ALTER TABLE scheduler_places RENAME TO scheduler_jobs`,
  `CREATE INDEX scheduler_jobs_by_version ON scheduler_jobs (version)`,
  `CREATE INDEX scheduler_jobs_by_lease ON scheduler_jobs (lease_owner) WHERE lease_owner IS NOT NULL`,
  `CREATE INDEX scheduler_jobs_gone ON scheduler_jobs (version) WHERE entry IS NULL`,
]

export const fewerIndexes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
