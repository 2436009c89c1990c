/** What a queue in SQLite costs at least: an index that fits the claim, a row inserted, updated when claimed and when done. */
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { rates, request, type Throughput } from "./queueJobs.ts"

const open = (directory: string) => {
  const database = new DatabaseSync(path.join(directory, "raw.db"))
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
  database.exec(
    "CREATE TABLE jobs (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, priority INTEGER NOT NULL, payload TEXT)",
  )
  database.exec("CREATE INDEX jobs_next ON jobs (priority DESC, id) WHERE state = 0")
  return database
}

/** @param batch jobs of one transaction; 1: each insert, claim and completion has one of its own. */
export const rawQueue = (directory: string, jobs: number, batch: number): Throughput => {
  using database = open(directory)
  const begin = database.prepare("BEGIN IMMEDIATE")
  const commit = database.prepare("COMMIT")
  const insert = database.prepare("INSERT INTO jobs (state, priority, payload) VALUES (0, 0, ?)")
  const claim = database.prepare(`
    UPDATE jobs SET state = 1 WHERE id IN (SELECT id FROM jobs WHERE state = 0 ORDER BY priority DESC, id LIMIT ?)
    RETURNING id, payload`)
  const complete = database.prepare("UPDATE jobs SET state = 2 WHERE id = ?")
  const together = (work: () => void) => {
    if (batch === 1) return work()
    begin.run()
    work()
    commit.run()
  }
  const payload = JSON.stringify(request)
  const begun = performance.now()
  for (let done = 0; done < jobs; done += batch) {
    together(() => {
      for (let index = 0; index < batch; index++) insert.run(payload)
    })
  }
  const enqueued = performance.now()
  for (let done = 0; done < jobs; done += batch) {
    let ids: ReadonlyArray<Record<string, unknown>> = []
    together(() => void (ids = claim.all(batch)))
    together(() => {
      for (const { id } of ids) complete.run(Number(id))
    })
  }
  return rates(jobs, enqueued - begun, performance.now() - enqueued)
}
