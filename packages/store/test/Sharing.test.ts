/** Several hosts on one store: two connections in this process, and a second process. */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import { RunStore } from "@runyard/core/RunStore"
import { EventDrafts } from "@runyard/core/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { SqliteStore } from "../src/index.ts"
import { temporaryDirectory } from "./temporary.ts"
import { programAt } from "../../../tests/support/programs.ts"

const { chunk, completed, opening, testRunId } = EventDrafts
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** One host's services; each call is another host. */
const host = (directory: string) =>
  Effect.map(Layer.build(Layer.fresh(SqliteStore.layer({ directory }))), (context) => ({
    log: Context.get(context, EventLog),
    runs: Context.get(context, RunStore),
  }))

const fixture = Path.join(Path.dirname(fileURLToPath(import.meta.url)), "fixtures/writer.ts")

type Writer = ChildProcessByStdio<Writable, Readable, null>

/** A second process that is ready to write. */
const writer = (directory: string, run: number, appends: number) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<{ child: Writer; lines: AsyncIterator<string> }> => {
      const args = [...programAt(fixture), directory, String(run), String(appends)]
      const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      assert.strictEqual((await lines.next()).value, "ready")
      return { child, lines }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "exit")
      }),
  )

describe("a store that several hosts share", () => {
  it.effect("numbers one run without gaps when two connections append to it in turn", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const [a, b] = [yield* host(directory), yield* host(directory)]
      const id = testRunId(1)
      yield* a.log.append(id, opening())
      yield* Effect.forEach(range(1, 50), (n) => (n % 2 === 0 ? a : b).log.append(id, [chunk(String(n))]), {
        concurrency: "unbounded",
      })
      for (const { log, runs } of [a, b]) {
        const events = yield* log.read(id, { after: 0, limit: 1_000 })
        assert.deepStrictEqual(
          events.map(({ seq }) => seq),
          range(1, 53),
        )
        assert.strictEqual((yield* runs.get(id)).lastSeq, 53)
        const all = yield* Stream.runCollect(log.all({ follow: false }))
        assert.deepStrictEqual(
          all.map(({ cursor }) => cursor),
          range(1, 53),
        )
      }
    }),
  )

  it.effect("judges an event by what the other connection has stored", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const [a, b] = [yield* host(directory), yield* host(directory)]
      const id = testRunId(1)
      yield* a.log.append(id, opening())
      yield* b.log.append(id, [completed])
      assert.strictEqual((yield* Effect.flip(a.log.append(id, [chunk("late")]))).code, "STORE_CONFLICT")
      yield* a.runs.requestCancel(id, { by: "ann", force: true })
      assert.deepStrictEqual(yield* b.runs.cancelRequest(id), { by: "ann", force: true })
    }),
  )

  it.effect("shows a reader what the other connection stored before it subscribed", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const [a, b] = [yield* host(directory), yield* host(directory)]
      const id = testRunId(1)
      yield* a.log.append(id, opening())
      yield* b.log.append(id, [chunk("theirs"), completed])
      const events = yield* Stream.runCollect(a.log.events(id))
      assert.deepStrictEqual(
        events.map(({ seq }) => seq),
        range(1, 5),
      )
      const all = yield* Stream.runCollect(a.log.all({ follow: false }))
      assert.strictEqual(all.length, 5)
    }),
  )

  it.live("tails what another process writes while this one only reads", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const { log } = yield* host(directory)
      const { child } = yield* writer(directory, 2, 5)
      const all = yield* Effect.forkChild(Stream.runCollect(Stream.take(log.all(), 14)), { startImmediately: true })
      child.stdin.write("go\n")
      assert.deepStrictEqual(
        (yield* Fiber.join(all)).map(({ cursor, event }) => [cursor, event.seq]),
        range(1, 14).map((n) => [n, n]),
      )
    }),
  )

  it.live("tails what another process writes while both write", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const { log } = yield* host(directory)
      const appends = 120
      const { child, lines } = yield* writer(directory, 2, appends)
      const mine = testRunId(1)
      const theirs = testRunId(2)
      const theirLast = 3 + 2 * appends + 1
      const myLast = 3 + 300 + 1

      yield* log.append(mine, opening())
      const everything = yield* log
        .all()
        .pipe(Stream.take(theirLast + myLast), Stream.runCollect, Effect.forkChild({ startImmediately: true }))
      const seen = yield* log.all().pipe(
        Stream.filter(({ event }) => event.runId === theirs),
        Stream.take(1),
        Stream.runDrain,
        Effect.andThen(Stream.runCollect(log.events(theirs))),
        Effect.forkChild({ startImmediately: true }),
      )
      child.stdin.write("go\n")
      for (const n of range(1, 300)) {
        yield* log.append(mine, [chunk(String(n))])
        yield* Effect.yieldNow
      }
      yield* log.append(mine, [completed])

      assert.strictEqual((yield* Effect.promise(() => lines.next())).value, String(theirLast))
      assert.deepStrictEqual(
        (yield* Fiber.join(seen)).map(({ seq }) => seq),
        range(1, theirLast),
      )
      const all = yield* Fiber.join(everything)
      assert.deepStrictEqual(
        all.map(({ cursor }) => cursor),
        range(1, theirLast + myLast),
      )
      for (const [id, last] of [
        [mine, myLast],
        [theirs, theirLast],
      ] as const) {
        const seqs = all.filter(({ event }) => event.runId === id).map(({ event }) => event.seq)
        assert.deepStrictEqual(seqs, range(1, last))
      }
    }),
  )
})
