/** How many runs of each tenant and workspace wait, beside how many do in all: quotas are looked at in each submit. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

// As `QueueEntry.tenantName` has it.
const tenant = `CASE entry ->> '$.scope.platform' WHEN 'local' THEN '' ELSE (entry ->> '$.scope.platform') || '/' END ||
  (entry ->> '$.scope.tenant')`
const waiting = `FROM scheduler_jobs WHERE entry IS NOT NULL AND entry ->> '$.state' = 'waiting' GROUP BY 1, 2`

const statements = [
  `CREATE TABLE scheduler_waiting (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
  ) WITHOUT ROWID`,
  `INSERT INTO scheduler_waiting SELECT 'tenant', ${tenant}, count(*) ${waiting}`,
  `INSERT INTO scheduler_waiting
    SELECT 'workspace', ${tenant} || '/' || (entry ->> '$.scope.workspace'), count(*) ${waiting}`,
]

export const waitingCounts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
})
