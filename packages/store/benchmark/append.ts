/**
 * Events per second through `EventLog.append` against bare node:sqlite, which writes the same rows in the same groups.
 *
 * "bare" inserts the event rows, one prepared statement for each row; "bare + run" also updates the run's row in the
 * same transaction, as a log that numbers its events must. The three take turns, five rounds each, on fresh files in the
 * temporary directory; a ratio is that of the medians. "block" is how long a commit keeps the event loop, measured on
 * the store's own transactions. Groups are of one run; "40 fibers" are single appends of 40 runs at once.
 *
 * node --conditions=@runyard/source packages/store/benchmark/append.ts
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { EventLog } from "@runyard/core/EventLog"
import { RunId } from "@runyard/core/Run"
import type { EventDraft } from "@runyard/core/RunEvent"
import * as Effect from "effect/Effect"
import { SqliteStore } from "../src/index.ts"

const rounds = 5
const text = "An agent wrote this line of output, and it goes on for a while. ".repeat(5).slice(0, 313)

const draft = (type: "run.chunk.stdout"): EventDraft => ({
  type,
  payload: { text, reason: "text" },
  attempt: 1,
  at: 1_700_000_000_000,
  mono: 12.5,
  channel: "transcript",
  severity: "info",
  correlation: {},
  redactions: [],
})

const runId = (n: number): RunId => RunId.make(`run_${String(n).padStart(16, "0")}`)

const opening: ReadonlyArray<EventDraft> = [
  {
    ...draft("run.chunk.stdout"),
    type: "run.queued",
    payload: {
      scope: { platform: "local", tenant: "local", workspace: "local-workspace" },
      request: { provider: "fake", prompt: "say hello", cwd: "/work" },
      host: { id: "h", pid: 1, startTime: "1" },
    },
  },
  {
    ...draft("run.chunk.stdout"),
    type: "queue.claimed",
    payload: { host: { id: "h", pid: 1, startTime: "1" } },
  },
]

interface Measure {
  readonly perSecond: number
  readonly blocks: ReadonlyArray<number>
}

const inDirectory = async <A>(use: (directory: string) => A | Promise<A>): Promise<A> => {
  const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "runyard-append-"))
  try {
    return await use(directory)
  } finally {
    Fs.rmSync(directory, { recursive: true, force: true })
  }
}

/** Times every transaction of the process, whoever makes it. */
const timedTransactions = () => {
  const blocks: Array<number> = []
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own statement below
  const { prepare } = DatabaseSync.prototype
  let since = 0
  DatabaseSync.prototype.prepare = function (sql, ...rest) {
    const statement = prepare.call(this, sql, ...rest)
    if (sql !== "BEGIN IMMEDIATE" && sql !== "COMMIT") return statement
    const run = statement.run.bind(statement)
    return Object.assign(statement, {
      run: () => {
        if (sql === "BEGIN IMMEDIATE") since = performance.now()
        const result = run()
        if (sql === "COMMIT") blocks.push(performance.now() - since)
        return result
      },
    })
  }
  return blocks
}
const blocks = timedTransactions()

const measure = (events: number, work: () => void): Measure => {
  blocks.length = 0
  const start = performance.now()
  work()
  return { perSecond: (events / (performance.now() - start)) * 1000, blocks: [...blocks] }
}

const bare = (size: number, groups: number, withRun: boolean) =>
  inDirectory((directory) => {
    const database = new DatabaseSync(Path.join(directory, "bare.db"))
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE runs (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, last_seq INTEGER, updated_at INTEGER, host TEXT);
      INSERT INTO runs VALUES (1, '${runId(1)}', 0, 0, '${"x".repeat(200)}');
      CREATE TABLE run_events (cursor INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT NULL,
        attempt INTEGER NOT NULL, at INTEGER NOT NULL, mono REAL NOT NULL, type TEXT NOT NULL, channel TEXT NOT NULL,
        severity TEXT NOT NULL, correlation TEXT, redactions TEXT, payload TEXT, source TEXT, UNIQUE (run, seq))`)
    const insert = database.prepare(
      `INSERT INTO run_events VALUES (${Array.from({ length: 13 }, () => "?").join(", ")})`,
    )
    const update = database.prepare("UPDATE runs SET last_seq = ?, updated_at = ? WHERE id = 1")
    const [begin, commit] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("COMMIT")]
    const event = draft("run.chunk.stdout")
    let seq = 0
    const result = measure(size * groups, () => {
      for (let group = 0; group < groups; group++) {
        begin.run()
        for (let index = 0; index < size; index++) {
          seq++
          const payload = JSON.stringify(event.payload)
          const { type, channel, severity, at, mono } = event
          insert.run(seq, 1, seq, 1, at, mono, type, channel, severity, null, null, payload, null)
        }
        if (withRun) update.run(seq, event.at)
        commit.run()
      }
    })
    database.close()
    return result
  })

const store = (directory: string, work: (log: EventLog["Service"]) => Effect.Effect<Measure, unknown>) =>
  Effect.runPromise(
    Effect.flatMap(EventLog, work).pipe(Effect.provide(SqliteStore.layer({ directory })), Effect.scoped),
  )

const timed = (events: number, work: Effect.Effect<unknown, unknown>): Effect.Effect<Measure, unknown> =>
  Effect.gen(function* () {
    blocks.length = 0
    const start = performance.now()
    yield* work
    return { perSecond: (events / (performance.now() - start)) * 1000, blocks: [...blocks] }
  })

const ours = (size: number, groups: number) =>
  inDirectory((directory) =>
    store(directory, (log) =>
      Effect.gen(function* () {
        yield* log.append(runId(1), opening)
        const drafts = Array.from({ length: size }, () => draft("run.chunk.stdout"))
        return yield* timed(
          size * groups,
          Effect.replicateEffect(log.append(runId(1), drafts), groups, { discard: true }),
        )
      }),
    ),
  )

const crowd = (fibers: number, each: number) =>
  inDirectory((directory) =>
    store(directory, (log) =>
      Effect.gen(function* () {
        const runs = Array.from({ length: fibers }, (_, index) => runId(index))
        yield* Effect.forEach(runs, (run) => log.append(run, opening), { discard: true })
        const one = [draft("run.chunk.stdout")]
        return yield* timed(
          fibers * each,
          Effect.forEach(runs, (run) => Effect.replicateEffect(log.append(run, one), each, { discard: true }), {
            concurrency: "unbounded",
            discard: true,
          }),
        )
      }),
    ),
  )

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const p99 = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0
const rate = (measures: ReadonlyArray<Measure>): number => median(measures.map(({ perSecond }) => perSecond))
const block = (measures: ReadonlyArray<Measure>): string => p99(measures.flatMap(({ blocks }) => blocks)).toFixed(2)

console.log("group     store/s      bare/s  bare+run/s   ratio  ratio+run  block p99 ms (store, bare)")
for (const size of [1, 10, 100, 256]) {
  const groups = Math.ceil((size === 1 ? 20_000 : 80_000) / size)
  const results: Record<"ours" | "bare" | "withRun", Array<Measure>> = { ours: [], bare: [], withRun: [] }
  for (let round = 0; round < rounds; round++) {
    results.ours.push(await ours(size, groups))
    results.bare.push(await bare(size, groups, false))
    results.withRun.push(await bare(size, groups, true))
  }
  const [a, b, c] = [rate(results.ours), rate(results.bare), rate(results.withRun)]
  const cells = [
    String(size).padStart(5),
    a.toFixed(0).padStart(11),
    b.toFixed(0).padStart(11),
    c.toFixed(0).padStart(11),
  ]
  console.log(
    `${cells.join(" ")}   ${(a / b).toFixed(2)}       ${(a / c).toFixed(2)}  ${block(results.ours)}, ${block(results.bare)}`,
  )
}
const crowded: Array<Measure> = []
for (let round = 0; round < rounds; round++) crowded.push(await crowd(40, 1_000))
console.log(`40 fibers, one event each: ${rate(crowded).toFixed(0)} events/s, block p99 ${block(crowded)} ms`)
console.log(`peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`)
