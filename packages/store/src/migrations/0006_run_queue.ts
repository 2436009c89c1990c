/**
 * The queue: one row for each run that waits or is executed, as the queue sees it, and the hosts that are there. A row of
 * a run that has ended stays for a while, without its entry, so that other hosts hear of it.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const statements = [
  // Nothing has ever been written to it.
  `DROP TABLE scheduler_jobs`,
  `ALTER TABLE runs ADD COLUMN queue TEXT`,
  `CREATE TABLE scheduler_jobs (
    run INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    entry TEXT,
    lease_owner TEXT
  )`,
  `CREATE INDEX scheduler_jobs_by_version ON scheduler_jobs (version)`,
  `CREATE INDEX scheduler_jobs_by_lease ON scheduler_jobs (lease_owner) WHERE lease_owner IS NOT NULL`,
  `CREATE INDEX scheduler_jobs_gone ON scheduler_jobs (version) WHERE entry IS NULL`,
  // What was forgotten is at most as new as `horizon`.
  `CREATE TABLE scheduler_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, horizon INTEGER NOT NULL)`,
  `INSERT INTO scheduler_version VALUES (1, 1, 0)`,
  `CREATE TABLE scheduler_hosts (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    beat INTEGER NOT NULL,
    out INTEGER NOT NULL DEFAULT 0
  )`,
  // Runs of earlier versions that wait, or are executed right now, keep their places.
  `INSERT INTO scheduler_jobs (run, run_id, version, entry)
    SELECT runs.id, runs.run_id, 1, json_object(
      'id', runs.run_id, 'order', runs.id,
      'state', CASE WHEN runs.state IN ('queued', 'retry_wait') THEN 'waiting' ELSE 'live' END,
      'host', runs.host ->> '$.id',
      'scope', json_object('platform', scope_platform, 'tenant', scope_tenant, 'workspace',
        CASE WHEN scope_workspace = 'local-workspace' THEN run_bodies.request ->> '$.cwd' ELSE scope_workspace END),
      'provider', runs.provider, 'enqueuedAt', runs.created_at, 'place', json_object('priority', 'normal'))
    FROM runs JOIN run_bodies ON run_bodies.run = runs.id
    WHERE runs.state IN ('queued', 'retry_wait', 'starting', 'running')`,
]

export const runQueue = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
