/** The file: who may read it, what is refused, and what a failing disk or a busy neighbour does. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import { defaultPriceTable } from "@runyard/core/PriceTable"
import { EventDrafts } from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import * as Context from "effect/Context"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { SqliteStore } from "../src/index.ts"
import { connect } from "../src/internal/databaseFile.ts"
import * as SqliteEventLog from "../src/SqliteEventLog.ts"
import { temporaryDirectory } from "./temporary.ts"

const { chunk, draft, opening, testRunId } = EventDrafts
const id = testRunId(1)
const tables = [
  "audit_log",
  "capability_snapshots",
  "profiles",
  "redaction_events",
  "retention_policies",
  "run_artifacts",
  "run_attempts",
  "run_events",
  "runs",
  "scheduler_jobs",
  "sessions",
  "settings",
  "usage_ledger",
  "workspace_grants",
]

const open = (options: SqliteStore.SqliteStoreOptions) =>
  Effect.map(Layer.build(Layer.fresh(SqliteStore.layer(options))), (context) => Context.get(context, EventLog))

/** A connection that knows nothing of Runyard. */
const raw = (filename: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(filename)),
    (database) => Effect.sync(() => database.close()),
  )

const mode = (path: string): string => (Fs.statSync(path).mode & 0o777).toString(8)

/** A store in which one run has begun; closed again. */
const closedStore = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  yield* Effect.scoped(Effect.flatMap(open({ directory }), (log) => log.append(id, opening())))
  return { directory, filename: Path.join(directory, "runyard.db") }
})

describe("opening a store", () => {
  it.effect("keeps the files to their owner, whatever the umask and the directory were", () =>
    Effect.gen(function* () {
      const parent = yield* temporaryDirectory
      const directory = Path.join(parent, "a", "data")
      Fs.mkdirSync(directory, { recursive: true, mode: 0o755 })
      Fs.writeFileSync(Path.join(directory, "runyard.db"), "", { mode: 0o644 })
      const log = yield* open({ directory })
      yield* log.append(id, opening())
      assert.strictEqual(mode(directory), "700")
      for (const name of ["runyard.db", "runyard.db-wal", "runyard.db-shm"]) {
        assert.strictEqual(mode(Path.join(directory, name)), "600", name)
      }
    }),
  )

  it.effect("makes the missing directories of a file private and leaves those that are there alone", () =>
    Effect.gen(function* () {
      const parent = yield* temporaryDirectory
      Fs.chmodSync(parent, 0o755)
      yield* open({ filename: Path.join(parent, "new", "my.db") })
      assert.strictEqual(mode(parent), "755")
      assert.strictEqual(mode(Path.join(parent, "new")), "700")
      assert.strictEqual(mode(Path.join(parent, "new", "my.db")), "600")
    }),
  )

  it.effect("has every table", () =>
    Effect.gen(function* () {
      const { filename } = yield* closedStore
      const database = yield* raw(filename)
      const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
      assert.includeMembers(
        names.map(({ name }) => String(name)),
        tables,
      )
      assert.strictEqual(database.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "wal")
    }),
  )

  it.effect("fails with STORE_UNAVAILABLE and the path where no file can be", () =>
    Effect.gen(function* () {
      const parent = yield* temporaryDirectory
      Fs.writeFileSync(Path.join(parent, "file"), "")
      const directory = Path.join(parent, "file", "data")
      const error = yield* Effect.flip(open({ directory }))
      assert.strictEqual(error.code, "STORE_UNAVAILABLE")
      assert.include(error.message, directory)
    }),
  )

  it.effect("fails with STORE_CORRUPT on a file that is no database", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const filename = Path.join(directory, "runyard.db")
      Fs.writeFileSync(filename, "not a database at all\n".repeat(500))
      assert.strictEqual((yield* Effect.flip(open({ directory }))).code, "STORE_CORRUPT")
      assert.include(Fs.readFileSync(filename, "utf8"), "not a database")
    }),
  )

  it.effect("fails with STORE_CORRUPT on the database of another program and leaves it as it is", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const filename = Path.join(directory, "runyard.db")
      const other = yield* raw(filename)
      other.exec("CREATE TABLE bookmarks (url TEXT)")
      const error = yield* Effect.flip(open({ directory }))
      assert.strictEqual(error.code, "STORE_CORRUPT")
      assert.deepStrictEqual(
        other
          .prepare("SELECT name FROM sqlite_master")
          .all()
          .map(({ name }) => name),
        ["bookmarks"],
      )
    }),
  )

  // Permissions do not hold root back.
  it.effect.skipIf(process.getuid?.() === 0)("reads a store whose file must not be written, and refuses to write", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* closedStore
      Fs.chmodSync(filename, 0o400)
      const log = yield* open({ directory })
      assert.strictEqual((yield* log.read(id, { after: 0, limit: 10 })).length, 3)
      assert.strictEqual((yield* Effect.flip(log.append(id, [chunk("no")]))).code, "STORE_UNAVAILABLE")
      assert.strictEqual(mode(filename), "400")
    }),
  )

  it.effect("fails with UPDATE_REQUIRED on a schema of a newer version", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* closedStore
      const database = yield* raw(filename)
      database.exec("INSERT INTO runyard_migrations (migration_id, name) VALUES (9999, 'future')")
      const error = yield* Effect.flip(open({ directory }))
      assert.strictEqual(error.code, "UPDATE_REQUIRED")
      assert.include(error.message, filename)
    }),
  )
})

describe("a store in trouble", () => {
  it.effect("waits for a busy neighbour and fails with STORE_BUSY after ten seconds of it", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* closedStore
      const neighbour = yield* raw(filename)
      const log = yield* open({ directory })
      neighbour.exec("BEGIN IMMEDIATE")
      const late = yield* Effect.forkChild(Effect.flip(log.append(id, [chunk("lost")])), { startImmediately: true })
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual((yield* Fiber.join(late)).code, "STORE_BUSY")

      const patient = yield* Effect.forkChild(log.append(id, [chunk("kept")]), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.isUndefined(patient.pollUnsafe())
      neighbour.exec("ROLLBACK")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        (yield* Fiber.join(patient)).map(({ seq }) => seq),
        [4],
      )
    }),
  )

  it.effect("fails with STORE_FULL, stores nothing of that append, and goes on when there is space", () =>
    Effect.gen(function* () {
      const { filename } = yield* closedStore
      const database = yield* connect(filename)
      const { log } = yield* SqliteEventLog.make(database, filename, defaultPriceTable)
      const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"])
      database.exec(`PRAGMA max_page_count = ${pages + 2}`)
      const error = yield* Effect.flip(log.append(id, [chunk("small"), chunk("x".repeat(100_000))]))
      assert.strictEqual(error.code, "STORE_FULL")
      assert.strictEqual((yield* log.read(id, { after: 0, limit: 10 })).length, 3)
      database.exec("PRAGMA max_page_count = 1000000")
      const stored = yield* log.append(id, [chunk("small"), chunk("x".repeat(100_000))])
      assert.deepStrictEqual(
        stored.map(({ seq }) => seq),
        [4, 5],
      )
    }),
  )

  it.effect("goes on after a statement failed in the middle of a commit", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* closedStore
      const database = yield* raw(filename)
      database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON run_events WHEN NEW.severity = 'error'
        BEGIN SELECT raise(ABORT, 'refused'); END`)
      const log = yield* open({ directory })
      const bad = draft("agent.message", { text: "bad" }, { severity: "error" })
      assert.strictEqual((yield* Effect.flip(log.append(id, [chunk("with it"), bad]))).code, "STORE_FAILED")
      const stored = yield* log.append(id, [chunk("without")])
      assert.deepStrictEqual(yield* log.read(id, { after: 3, limit: 10 }), stored)
    }),
  )

  it.effect("fails with STORE_CORRUPT, naming the place and no text, on an event it cannot read", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* closedStore
      const database = yield* raw(filename)
      database.exec(`UPDATE run_events SET payload = '{"hush":"hush"}' WHERE seq = 3`)
      const log = yield* open({ directory })
      for (const error of [
        yield* Effect.flip(log.read(id, { after: 0, limit: 10 })),
        yield* Effect.flip(Stream.runDrain(log.events(id))),
      ]) {
        assert.strictEqual(error.code, "STORE_CORRUPT")
        assert.include(error.message, "3")
        assert.notInclude(JSON.stringify(error), "hush")
      }
    }),
  )

  it.effect("ends readers and refuses appends once it is closed", () =>
    Effect.gen(function* () {
      const { directory } = yield* closedStore
      const scope = yield* Scope.make()
      const log = yield* Scope.provide(open({ directory }), scope)
      const reader = yield* Effect.forkChild(Effect.flip(Stream.runDrain(log.events(id))), { startImmediately: true })
      yield* Effect.yieldNow
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(reader)).code, "STORE_UNAVAILABLE")
      assert.strictEqual((yield* Effect.flip(log.append(id, [chunk("late")]))).code, "STORE_UNAVAILABLE")
    }),
  )
})

describe("what is kept of secrets", () => {
  it.effect("notes which rule masked how much, for events that were masked", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* closedStore
      const log = yield* open({ directory })
      const redactions = [
        { rule: "fake-key", category: "key", count: 2, fingerprint: "0123abcd" },
        { rule: "fake-word", count: 1 },
      ]
      yield* log.append(id, [chunk("plain"), draft("agent.message", { text: "masked" }, { redactions })])
      const database = yield* raw(filename)
      const rows = database
        .prepare("SELECT seq, channel, rule, category, count, fingerprint FROM redaction_events")
        .all()
      assert.deepStrictEqual(
        rows.map((row) => ({ ...row })),
        [
          { seq: 5, channel: "transcript", rule: "fake-key", category: "key", count: 2, fingerprint: "0123abcd" },
          { seq: 5, channel: "transcript", rule: "fake-word", category: "", count: 1, fingerprint: null },
        ],
      )
    }),
  )

  it.effect("leaves no word of an event in the files once it is pruned and the index forgets it", () =>
    Effect.gen(function* () {
      const { directory, filename } = yield* closedStore
      const word = "xylophonequartz"
      yield* Effect.scoped(
        Effect.flatMap(open({ directory }), (log) =>
          log.append(id, [chunk(`the ${word} plays`), chunk("other words")]),
        ),
      )
      const database = yield* connect(filename)
      database.exec("INSERT INTO run_event_search (rowid, text) SELECT cursor, text FROM run_event_texts")
      const find = database.prepare("SELECT rowid FROM run_event_search WHERE run_event_search MATCH ?")
      assert.deepStrictEqual(
        find.all(word).map(({ rowid }) => rowid),
        [4],
      )
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
      assert.isTrue(Fs.readFileSync(filename).includes(word))

      database.exec(
        "DELETE FROM run_event_search WHERE rowid = 4; UPDATE run_events SET payload = NULL WHERE cursor = 4",
      )
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
      assert.isFalse(Fs.readFileSync(filename).includes(word))
      assert.deepStrictEqual(
        find.all("other").map(({ rowid }) => rowid),
        [5],
      )
    }),
  )
})
