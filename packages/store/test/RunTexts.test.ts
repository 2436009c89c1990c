/** Runs by a text in a store that is large enough for an index of it: the same runs as without one, whatever happens to it. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import type { Run } from "@runyard/core/Run"
import { matchesFilter, type RunFilter, RunStore } from "@runyard/core/RunStore"
import { EventDrafts } from "@runyard/core/testing"
import * as EffectArray from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqliteStore } from "../src/index.ts"
import { connect } from "../src/internal/databaseFile.ts"
import { RunTextIndex } from "../src/internal/runTextIndex.ts"
import { blockRuns } from "../src/internal/textBlock.ts"
import { temporaryDirectory } from "./temporary.ts"

const { completed, failed, message, opening, queued, testRunId } = EventDrafts

/** Numbers that look random and are the same in every run. */
const makeRandom = (seed: number) => {
  let state = seed
  return (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x100000000) * bound)
  }
}
type Random = ReturnType<typeof makeRandom>

const signs = [
  ...Array.from("abcABC 0%_!'\"\\*^äÄß"),
  "\n",
  "\0",
  "\u{1f600}",
  "\ud83d",
  "\ude00",
  "\ufffd",
  "İ",
  "ſ",
  "K",
]
const some = <A>(random: Random, of: ReadonlyArray<A>): A => EffectArray.getUnsafe(of, random(of.length))
const textOf = (random: Random, longest: number) =>
  Array.from({ length: random(longest + 1) }, () => some(random, signs)).join("")

const isOpen = (n: number) => n % 40 === 0

/** Of the last words of one that has not ended, others will come. */
const endings = (random: Random) => [
  [...opening().slice(1), failed],
  [...opening().slice(1), completed],
  [...opening().slice(1), message(textOf(random, 20)), completed],
]

const logOf = (random: Random, n: number) => {
  const title = textOf(random, 6)
  const provider = some(random, ["one", "two", "two"])
  const request = {
    provider,
    cwd: some(random, ["/srv", "/srv/a", "/other"]),
    prompt: `${textOf(random, 24)}${provider === "two" ? "twofold, oldtwo" : ""}`,
    ...(title === "" ? {} : { title }),
  }
  const open = isOpen(n) ? [...opening().slice(1), message(textOf(random, 20))] : undefined
  return [queued(request), ...(open ?? some(random, endings(random)))]
}

const append = (from: number, to: number, random: Random) =>
  Effect.flatMap(EventLog, (log) =>
    Effect.forEach(
      Array.from({ length: to - from + 1 }, (_, index) => from + index),
      (n) => log.append(testRunId(n), logOf(random, n)),
      { concurrency: "unbounded", discard: true },
    ),
  )

/** A store with so many blocks of runs and some more, its file, and the index as another program has it. */
const filled = Effect.fnUntraced(function* (blocks: number) {
  const directory = yield* temporaryDirectory
  const store = yield* Layer.build(Layer.fresh(SqliteStore.layer({ directory })))
  const filename = Path.join(directory, "runyard.db")
  const database = yield* connect(filename)
  yield* Effect.provide(append(1, blocks * blockRuns + 700, makeRandom(1)), store)
  return { store, filename, database, index: new RunTextIndex(database) }
})

const read = (index: RunTextIndex, block: number) => [...index.read(block)]

const blocksIn = (database: DatabaseSync): ReadonlyArray<unknown> =>
  database
    .prepare("SELECT block FROM run_text_blocks ORDER BY block")
    .all()
    .map(({ block }) => block)

const ids = (runs: ReadonlyArray<Run>): ReadonlyArray<string> => runs.map(({ id }) => id)

const everyRun = Effect.gen(function* () {
  const runs = yield* RunStore
  const found: Array<Run> = []
  for (;;) {
    const last = found.at(-1)
    const page = yield* runs.list({ limit: 1_000, ...(last === undefined ? {} : { before: last.id }) })
    if (page.length === 0) return found
    found.push(...page)
  }
})

const soughtIn = (random: Random, { finalMessage = "", id, request }: Run): string => {
  const text = some(random, [id, request.title ?? "", request.prompt, finalMessage])
  const at = random(text.length + 1)
  const part = text.slice(at, at + 1 + random(8))
  return some(random, [part, part, part.toUpperCase(), `${part}${some(random, signs)}`, textOf(random, 4)])
}

const filterFor = (random: Random, runs: ReadonlyArray<Run>): RunFilter => {
  const states = some(random, [undefined, undefined, ["failed", "running"], ["succeeded"], ["canceled"]] as const)
  const provider = some(random, [undefined, undefined, "one"])
  const cwd = some(random, [undefined, undefined, undefined, "/srv", "/"])
  return {
    ...(random(8) === 0 ? {} : { text: soughtIn(random, some(random, runs)) }),
    ...(states === undefined ? {} : { states }),
    ...(provider === undefined ? {} : { provider }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(random(3) === 0 ? { before: some(random, runs).id } : {}),
    limit: some(random, [1, 5, 50, 400]),
  }
}

const findsWhatIsThere = Effect.fnUntraced(function* (seed: number) {
  const random = makeRandom(seed)
  const runs = yield* RunStore
  const all = yield* everyRun
  let found = 0
  for (let round = 0; round < 50; round++) {
    const filter = filterFor(random, all)
    const from = filter.before === undefined ? 0 : all.findIndex(({ id }) => id === filter.before) + 1
    const expected = all.slice(from).filter(matchesFilter(filter)).slice(0, filter.limit)
    assert.deepStrictEqual(ids(yield* runs.list(filter)), ids(expected), JSON.stringify(filter))
    found += expected.length
  }
  assert.isAbove(found, 50)
})

describe("runs by a text", () => {
  it.effect("are those that have it, with no block, one, and all of them", () =>
    Effect.gen(function* () {
      const { database, index, store } = yield* filled(2)
      yield* Effect.provide(findsWhatIsThere(1), store)
      // The search itself has begun to fill the index, in turns with whatever else there is to do.
      for (let turn = 0; turn < 10_000 && blocksIn(database).length < 2; turn++) yield* Effect.yieldNow
      assert.deepStrictEqual(blocksIn(database), [0, 1])
      yield* Effect.provide(findsWhatIsThere(2), store)
      database.exec("DELETE FROM run_text_blocks WHERE block = 1")
      yield* Effect.provide(findsWhatIsThere(3), store)
      assert.isTrue(index.isWorthReading(1))
      assert.isFalse(index.isWorthReading(0))
    }),
  )

  it.effect(
    "are those that have it where most runs may, by its pieces, and where other parts of the filter rule them out",
    () =>
      Effect.gen(function* () {
        const { index, store } = yield* filled(3)
        for (const block of [0, 1, 2]) read(index, block)
        const parts: ReadonlyArray<RunFilter> = [
          {},
          { provider: "one" },
          { provider: "two" },
          { cwd: "/" },
          { cwd: "/srv" },
          { cwd: "/srv/a", provider: "one" },
          { states: ["failed"] },
          { cwd: "/srv/a", states: ["failed"] },
          { cwd: "/srv/a", states: ["failed", "succeeded", "running"], provider: "two" },
          { states: ["failed", "succeeded"], provider: "one" },
        ]
        yield* Effect.gen(function* () {
          const runs = yield* RunStore
          const all = yield* everyRun
          for (const text of ["twofold", "twofoldtwo"]) {
            for (const part of parts) {
              const filter = { ...part, text, limit: 1_000 }
              const expected = all.filter(matchesFilter(filter)).slice(0, 1_000)
              assert.deepStrictEqual(ids(yield* runs.list(filter)), ids(expected), JSON.stringify(filter))
            }
          }
        }).pipe(Effect.provide(store))
      }),
  )

  it.effect("are those that have it after runs have ended with other words, and after the block was read again", () =>
    Effect.gen(function* () {
      const { database, index, store } = yield* filled(2)
      for (const block of [0, 1]) read(index, block)
      const random = makeRandom(5)
      yield* Effect.gen(function* () {
        const log = yield* EventLog
        for (let n = 40; n <= blockRuns; n += 40) {
          yield* log.append(testRunId(n), [message(textOf(random, 20)), ...(n % 80 === 0 ? [] : [completed])])
          if (n === blockRuns / 2) yield* findsWhatIsThere(6)
        }
        yield* findsWhatIsThere(7)
        for (let n = 80; n < 2 * blockRuns; n += 80) yield* log.append(testRunId(n), [message("the end"), completed])
        assert.isFalse(index.isWorthReading(1))
        read(index, 0)
        read(index, 1)
        yield* findsWhatIsThere(8)
      }).pipe(Effect.provide(store))
      const row = database.prepare("SELECT open FROM run_text_blocks WHERE block = 0").get()
      assert.deepStrictEqual(row?.["open"], new Uint8Array(blockRuns / 8))
    }),
  )

  it.effect("are those that have it after runs were removed and requests changed, while a block was read as well", () =>
    Effect.gen(function* () {
      const { database, index, store } = yield* filled(2)
      for (const block of [0, 1]) read(index, block)
      const late = index.read(0)
      late.next()
      database.exec(`UPDATE run_bodies SET request = json_set(request, '$.title', 'new words') WHERE run IN (7, 3000)`)
      assert.deepStrictEqual(blocksIn(database), [])
      assert.strictEqual(database.prepare("SELECT count(*) AS count FROM run_text_bits").get()?.["count"], 0)
      // What was read before the change is not written.
      assert.isAbove([...late].length, 4)
      assert.deepStrictEqual(blocksIn(database), [])
      yield* Effect.provide(findsWhatIsThere(9), store)
      for (const block of [0, 1]) read(index, block)
      const { length } = yield* Effect.provide(
        Effect.flatMap(RunStore, (runs) => runs.list({ text: "NEW words" })),
        store,
      )
      assert.strictEqual(length, 2)

      database.exec(
        "DELETE FROM run_events WHERE run = 9; DELETE FROM usage_ledger WHERE run = 9; DELETE FROM runs WHERE id = 9",
      )
      assert.deepStrictEqual(blocksIn(database), [1])
      yield* Effect.provide(findsWhatIsThere(10), store)
    }),
  )

  it.effect("need nothing of an index that was being read when its program died", () =>
    Effect.gen(function* () {
      const { database, filename, index, store } = yield* filled(2)
      const steps = index.read(1)
      let turns = 0
      while (!(steps.next().done ?? true)) turns++
      assert.isAbove(turns, 4)
      assert.deepStrictEqual(blocksIn(database), [1])
      // Two thirds through the next one, the program is gone.
      const dead = new DatabaseSync(filename)
      const rest = new RunTextIndex(dead).read(0)
      for (let turn = 0; turn < (turns * 2) / 3; turn++) rest.next()
      dead.close()
      assert.throws(() => rest.next())
      assert.deepStrictEqual(blocksIn(database), [1])
      yield* Effect.provide(findsWhatIsThere(11), store)
    }),
  )

  it.effect("leave no word in the index, and a run that is removed nothing at all", () =>
    Effect.gen(function* () {
      const { database, filename, index, store } = yield* filled(2)
      const word = "xylophonequartz"
      database.exec(`UPDATE run_bodies SET request = json_set(request, '$.prompt', 'the ${word} plays') WHERE run = 11`)
      for (const block of [0, 1]) read(index, block)
      const sought = Effect.flatMap(RunStore, (runs) => runs.list({ text: word.toUpperCase() }))
      assert.deepStrictEqual(ids(yield* Effect.provide(sought, store)), [testRunId(11)])
      const kinds = database
        .prepare(
          "SELECT DISTINCT typeof(place) AS place, typeof(runs) AS runs, length(runs) AS size FROM run_text_bits",
        )
        .all()
      assert.deepStrictEqual(
        kinds.map((row) => ({ ...row })),
        [{ place: "integer", runs: "blob", size: blockRuns / 8 }],
      )

      for (const table of ["run_events", "usage_ledger"]) database.exec(`DELETE FROM ${table} WHERE run = 11`)
      database.exec("DELETE FROM runs WHERE id = 11")
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
      assert.isFalse(Fs.readFileSync(filename).includes(word))
      const left = database.prepare("SELECT count(*) AS count FROM run_text_bits WHERE place < 4096").get()
      assert.strictEqual(left?.["count"], 0)
      assert.deepStrictEqual(ids(yield* Effect.provide(sought, store)), [])
      read(index, 0)
      yield* Effect.provide(findsWhatIsThere(12), store)
    }),
  )

  it.effect("are found by their own words where they have the key of a run that was removed", () =>
    Effect.gen(function* () {
      const { database, index, store } = yield* filled(1)
      const last = blockRuns - 1
      for (const table of ["run_events", "usage_ledger", "scheduler_jobs"]) {
        database.exec(`DELETE FROM ${table} WHERE run >= ${last}`)
      }
      database.exec(`DELETE FROM runs WHERE id > ${last}`)
      read(index, 0)
      assert.deepStrictEqual(blocksIn(database), [0])
      database.exec(`DELETE FROM runs WHERE id = ${last}`)
      yield* Effect.gen(function* () {
        const log = yield* EventLog
        yield* log.append(testRunId(90_000), [...opening({ prompt: "wholly other words" }), failed])
        yield* append(90_001, 90_700, makeRandom(13))
        const found = yield* (yield* RunStore).list({ text: "wholly OTHER" })
        assert.deepStrictEqual(ids(found), [testRunId(90_000)])
      }).pipe(Effect.provide(store))
      const key = database.prepare("SELECT id FROM runs WHERE run_id = ?").get(testRunId(90_000))
      assert.strictEqual(key?.["id"], last)
    }),
  )
})
