/** Files of older versions: each is made with that version's own migrations, and must open with all that was in it. */
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import { RunQueue } from "@runyard/core/RunQueue"
import { RunStore } from "@runyard/core/RunStore"
import { EventDrafts } from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import { SqliteStore } from "../src/index.ts"
import * as DatabaseFile from "../src/internal/databaseFile.ts"
import * as SqliteClient from "../src/internal/sqliteClient.ts"
import { init } from "../src/migrations/0001_init.ts"
import { temporaryDirectory } from "./temporary.ts"

const { chunk, draft, testRunId } = EventDrafts
const id = testRunId(1)

/** As 0.1.0 made it and wrote into it: a run under way, whose attempt knows a pid and no start time. */
const versionOne = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const filename = Path.join(directory, "runyard.db")
  yield* DatabaseFile.create(filename, true)
  yield* Effect.gen(function* () {
    const client = yield* SqliteClient.make(yield* DatabaseFile.connect(filename))
    yield* Migrator.make({})({
      loader: Migrator.fromRecord({ "0001_init": init }),
      table: "runyard_migrations",
    }).pipe(Effect.provideService(SqlClient.SqlClient, client))
    const host = JSON.stringify({ id: "old-host", pid: 77, startTime: "boot:1" })
    const queued = JSON.stringify({ scope: {}, request: {}, host: {} })
    yield* client.unsafe(`
      INSERT INTO runs (id, run_id, scope_platform, scope_tenant, scope_workspace, provider, state, created_at, updated_at,
        last_seq, host, unknown_lines, redaction_count)
      VALUES (1, '${id}', 'local', 'local', 'local-workspace', 'fake', 'running', 1000, 2000, 1, '${host}', 0, 0)`)
    yield* client.unsafe(
      `INSERT INTO run_bodies (run, request) VALUES (1, '{"provider":"fake","prompt":"p","cwd":"/"}')`,
    )
    yield* client.unsafe(`INSERT INTO run_attempts (run, number, started_at, executable, version, pid, exit)
      VALUES (1, 1, 1500, '/bin/fake', '1.2.3', 42, NULL)`)
    yield* client.unsafe(`INSERT INTO run_events (cursor, run, seq, attempt, at, mono, type, channel, severity, payload)
      VALUES (1, 1, 1, 0, 1000, 0, 'run.queued', 'ui', 'info', '${queued}')`)
  }).pipe(Effect.scoped)
  return { directory, filename }
})

const versions = (filename: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new DatabaseSync(filename)),
    (database) =>
      Effect.sync(() =>
        database
          .prepare("SELECT migration_id AS id FROM runyard_migrations ORDER BY id")
          .all()
          .map((row) => row["id"]),
      ),
    (database) => Effect.sync(() => database.close()),
  )

describe("a store of version 1", () => {
  it.effect("is brought up to date, keeps its runs, and takes what this version writes", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* versionOne
      assert.deepStrictEqual(yield* versions(filename), [1])
      yield* Effect.gen(function* () {
        const runs = yield* RunStore
        const log = yield* EventLog
        const old = yield* runs.get(id)
        assert.strictEqual(old.state, "running")
        assert.deepStrictEqual(old.attempts, [
          { number: 1, startedAt: 1500, executable: "/bin/fake", version: "1.2.3", pid: 42 },
        ])
        assert.deepStrictEqual(yield* runs.hosts(["running"]), [{ id: "old-host", pid: 77, startTime: "boot:1" }])
        const queue = yield* RunQueue
        const places = yield* queue.changes(0)
        assert.deepStrictEqual(
          places.entries.map(({ host, id, order, state }) => ({ host, id, order, state })),
          [{ host: "old-host", id, order: 1, state: "live" }],
        )
        yield* log.append(id, [chunk("still readable")])
        const error = { code: "QUEUE_HOST_DIED", class: "unknown", message: "m", remedy: "r", detail: {} } as const
        yield* log.append(id, [draft("queue.requeued", { by: "recovery", error })])
        assert.deepStrictEqual((yield* runs.get(id)).attempts[0]?.error, error)
        yield* log.append(testRunId(2), EventDrafts.opening())
        assert.strictEqual((yield* runs.get(testRunId(2))).attempts[0]?.process?.root.startTime, "boot:4200")
        const seqs = yield* Stream.runCollect(log.events(testRunId(2), { follow: false }))
        assert.strictEqual(seqs.length, 3)
      }).pipe(Effect.provide(Layer.fresh(SqliteStore.layer({ directory }))))
      assert.deepStrictEqual(yield* versions(filename), [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
    }),
  )

  it.effect("is migrated once when two programs open it at the same time", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* versionOne
      const state = Effect.flatMap(RunStore, (runs) => runs.get(id)).pipe(
        Effect.provide(Layer.fresh(SqliteStore.layer({ directory })), { local: true }),
      )
      const both = yield* Effect.all([state, state], { concurrency: 2 })
      assert.deepStrictEqual(
        both.map((run) => run.state),
        ["running", "running"],
      )
      assert.deepStrictEqual(yield* versions(filename), [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
    }),
  )
})
