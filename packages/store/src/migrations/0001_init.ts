/**
 * The first schema. Instants are milliseconds since the epoch; JSON is text; `run` is the integer key of a run inside
 * this file, its public id is `run_id`. Rows of `run_events` are never deleted, so that cursors are never used twice:
 * pruning empties `payload` and `source`.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

const scope = `
  scope_platform TEXT NOT NULL,
  scope_tenant TEXT NOT NULL,
  scope_workspace TEXT NOT NULL`

const tables = [
  `CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    ${scope},
    kind TEXT NOT NULL DEFAULT 'agent',
    provider TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    last_seq INTEGER NOT NULL,
    host TEXT NOT NULL,
    session_id TEXT,
    model TEXT,
    usage TEXT,
    cost TEXT,
    error TEXT,
    unknown_lines INTEGER NOT NULL,
    redaction_count INTEGER NOT NULL,
    cancel_by TEXT,
    cancel_reason TEXT,
    cancel_force INTEGER,
    cancel_at INTEGER,
    rerun_of INTEGER REFERENCES runs (id),
    pruned_at INTEGER
  )`,
  `CREATE INDEX runs_by_provider ON runs (provider, id)`,
  `CREATE INDEX runs_by_state ON runs (state, id)`,
  `CREATE INDEX runs_by_session ON runs (provider, session_id, id) WHERE session_id IS NOT NULL`,
  `CREATE INDEX runs_by_workspace ON runs (scope_tenant, scope_workspace, id)`,
  // The long texts of a run, apart from the row that every commit rewrites.
  `CREATE TABLE run_bodies (
    run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    request TEXT NOT NULL,
    final_message TEXT,
    structured TEXT
  )`,
  `CREATE TABLE run_attempts (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    executable TEXT,
    version TEXT,
    pid INTEGER,
    exit TEXT,
    PRIMARY KEY (run, number)
  )`,
  `CREATE TABLE run_events (
    cursor INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    mono REAL NOT NULL,
    type TEXT NOT NULL,
    channel TEXT NOT NULL,
    severity TEXT NOT NULL,
    correlation TEXT,
    redactions TEXT,
    payload TEXT,
    source TEXT,
    UNIQUE (run, seq)
  )`,
  `CREATE TABLE run_artifacts (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ${scope},
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    digest TEXT,
    path TEXT,
    compression TEXT,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    UNIQUE (run, name)
  )`,
  `CREATE TABLE redaction_events (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    channel TEXT NOT NULL,
    rule TEXT NOT NULL,
    category TEXT NOT NULL DEFAULT '',
    count INTEGER NOT NULL,
    fingerprint TEXT
  )`,
  `CREATE INDEX redaction_events_by_run ON redaction_events (run, seq)`,
  `CREATE TABLE profiles (
    id INTEGER PRIMARY KEY,
    ${scope},
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (scope_platform, scope_tenant, scope_workspace, name)
  )`,
  `CREATE TABLE settings (
    ${scope},
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (scope_platform, scope_tenant, scope_workspace, name)
  )`,
  `CREATE TABLE capability_snapshots (
    id INTEGER PRIMARY KEY,
    ${scope},
    provider TEXT NOT NULL,
    executable TEXT NOT NULL,
    version TEXT,
    status TEXT NOT NULL,
    profile TEXT NOT NULL,
    taken_at INTEGER NOT NULL
  )`,
  `CREATE INDEX capability_snapshots_newest ON capability_snapshots (provider, executable, taken_at)`,
  `CREATE TABLE workspace_grants (
    id INTEGER PRIMARY KEY,
    ${scope},
    path TEXT NOT NULL,
    mode TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
  )`,
  `CREATE INDEX workspace_grants_by_path ON workspace_grants (scope_tenant, scope_workspace, path)`,
  `CREATE TABLE scheduler_jobs (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL UNIQUE REFERENCES runs (id) ON DELETE CASCADE,
    ${scope},
    lane TEXT NOT NULL,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    weight INTEGER NOT NULL DEFAULT 1,
    attempt INTEGER NOT NULL DEFAULT 0,
    enqueued_at INTEGER NOT NULL,
    not_before INTEGER,
    expires_at INTEGER,
    lease_owner TEXT,
    lease_expires_at INTEGER,
    idempotency_key TEXT
  )`,
  `CREATE INDEX scheduler_jobs_next ON scheduler_jobs (priority DESC, id) WHERE state = 'queued'`,
  `CREATE INDEX scheduler_jobs_leases ON scheduler_jobs (lease_expires_at) WHERE lease_owner IS NOT NULL`,
  `CREATE UNIQUE INDEX scheduler_jobs_once
    ON scheduler_jobs (scope_platform, scope_tenant, scope_workspace, idempotency_key)
    WHERE idempotency_key IS NOT NULL`,
  `CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE,
    run INTEGER REFERENCES runs (id) ON DELETE CASCADE,
    ${scope},
    provider TEXT NOT NULL,
    transport TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER
  )`,
  `CREATE TABLE retention_policies (
    id INTEGER PRIMARY KEY,
    ${scope},
    subject TEXT NOT NULL,
    max_age_days INTEGER,
    max_bytes INTEGER,
    updated_at INTEGER NOT NULL,
    UNIQUE (scope_platform, scope_tenant, scope_workspace, subject)
  )`,
  `CREATE TABLE usage_ledger (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    ${scope},
    provider TEXT NOT NULL,
    model TEXT,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    usage TEXT,
    cost TEXT
  )`,
  `CREATE INDEX usage_ledger_by_day ON usage_ledger (scope_tenant, scope_workspace, at)`,
  `CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY,
    ${scope},
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}'
  )`,
  `CREATE INDEX audit_log_by_time ON audit_log (scope_tenant, scope_workspace, at)`,
]

/**
 * Full text over what people read, not over JSON. The index keeps no copy of the text: it reads it from a view of the
 * log. Nothing fills it on append, because that would cost more than a third of the append rate; `search_progress`
 * says up to which cursor an indexer has come, in batches of its own. Without FTS5's own `secure-delete` the words of
 * deleted rows would stay in its b-tree.
 */
const search = [
  `CREATE VIEW run_event_texts AS
    SELECT cursor, concat_ws(' ',
      payload ->> '$.text', payload ->> '$.command', payload ->> '$.output', payload ->> '$.finalMessage',
      payload ->> '$.request.title', payload ->> '$.request.prompt', payload ->> '$.error.message') AS text
    FROM run_events WHERE payload IS NOT NULL`,
  `CREATE VIRTUAL TABLE run_event_search USING fts5 (text, content = 'run_event_texts', content_rowid = 'cursor')`,
  `INSERT INTO run_event_search (run_event_search, rank) VALUES ('secure-delete', 1)`,
  `CREATE TABLE search_progress (id INTEGER PRIMARY KEY CHECK (id = 1), cursor INTEGER NOT NULL)`,
  `INSERT INTO search_progress (id, cursor) VALUES (1, 0)`,
]

/** "RNYD": tells a store of Runyard from any other SQLite file. */
export const applicationId = 0x524e5944

export const init = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(
    [...tables, ...search, `PRAGMA application_id = ${applicationId}`],
    (text) => sql.unsafe(text),
    {
      discard: true,
    },
  )
})
