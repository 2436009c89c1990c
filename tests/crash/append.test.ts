/**
 * kill -9 of a host that is appending, at random instants: nothing that was acknowledged is lost, the file is whole, the
 * log has no gap. `RUNYARD_CRASH_ROUNDS` sets how often (25), `RUNYARD_CRASH_SEED` which instants.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import { RunStore } from "@runyard/core/RunStore"
import { EventDrafts } from "@runyard/core/testing"
import { SqliteStore } from "@runyard/store"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { programAt } from "../support/programs.ts"

const rounds = Number(process.env["RUNYARD_CRASH_ROUNDS"] ?? 25)
const seed = process.env["RUNYARD_CRASH_SEED"] ?? "append"
/** Rounds that go on with the file that earlier crashes left. */
const roundsPerStore = 5
const runsPerRound = 3

const fixture = Path.join(Path.dirname(fileURLToPath(import.meta.url)), "fixtures/appender.ts")

/** The last acknowledged seq of each run. */
type Acknowledged = Map<number, number>

/** Appends until `acks` acknowledgements were seen, and then dies as it stands. What it still had said counts too. */
const crash = (directory: string, firstRun: number, acks: number, acknowledged: Acknowledged) =>
  Effect.promise(async () => {
    const args = [...programAt(fixture), directory, String(firstRun), `${seed}-${firstRun}`]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    const exited = once(child, "exit")
    let seen = 0
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const [run = 0, seq = 0] = line.split(" ").map(Number)
        acknowledged.set(run, seq)
        if (++seen === acks) child.kill("SIGKILL")
      }
    } finally {
      child.kill("SIGKILL")
    }
    assert.strictEqual((await exited)[1], "SIGKILL")
  })

const checkFile = (directory: string) =>
  Effect.sync(() => {
    const database = new DatabaseSync(Path.join(directory, "runyard.db"))
    const [{ integrity_check: found } = {}] = database.prepare("PRAGMA integrity_check").all()
    const orphans = database.prepare("PRAGMA foreign_key_check").all()
    database.close()
    assert.strictEqual(found, "ok")
    assert.deepStrictEqual(orphans, [])
  })

/** Each run: no gap, no repeat, each event with its own text, the run's row as far as its log, nothing acknowledged missing. */
const checkLog = Effect.fnUntraced(function* (acknowledged: Acknowledged) {
  const log = yield* EventLog
  const runs = yield* RunStore
  const next = new Map<string, number>()
  let cursor = 0
  yield* Stream.runForEach(log.all({ follow: false }), (stored) =>
    Effect.sync(() => {
      const { event } = stored
      assert.strictEqual(stored.cursor, ++cursor)
      assert.strictEqual(event.seq, next.get(event.runId) ?? 1)
      if (event.type === "run.chunk.stdout") {
        const run = Number(event.runId.slice("run_".length))
        assert.strictEqual(event.payload.text.split(" ")[0], `${run}:${event.seq}`)
      }
      next.set(event.runId, event.seq + 1)
    }),
  )
  for (const [run, seq] of acknowledged) {
    const stored = (next.get(EventDrafts.testRunId(run)) ?? 1) - 1
    assert.isAtLeast(stored, seq, `run ${run}`)
    assert.strictEqual((yield* runs.get(EventDrafts.testRunId(run))).lastSeq, stored)
  }
})

const oneStore = Effect.fnUntraced(function* (firstRound: number, count: number) {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "runyard-crash-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true })),
  )
  const acknowledged: Acknowledged = new Map()
  for (let round = firstRound; round < firstRound + count; round++) {
    const acks = yield* Random.nextIntBetween(1, 60)
    yield* crash(directory, round * runsPerRound, acks, acknowledged)
    yield* checkLog(acknowledged).pipe(Effect.provide(Layer.fresh(SqliteStore.layer({ directory }))))
    yield* checkFile(directory)
  }
  return acknowledged.size
})

describe("a host that is killed while it appends", () => {
  it.live(
    "loses nothing that it acknowledged and leaves a whole file and a log without gaps",
    () =>
      Effect.gen(function* () {
        for (let round = 0; round < rounds; round += roundsPerStore) {
          const count = Math.min(roundsPerStore, rounds - round)
          const runs = yield* Effect.scoped(oneStore(round, count))
          assert.isAtLeast(runs, count)
        }
      }).pipe(Random.withSeed(seed)),
    { timeout: 60_000 + rounds * 10_000 },
  )
})
