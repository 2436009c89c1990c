/** What every `EventLog` must do, whatever keeps it. */
import { assert, describe, it } from "@effect/vitest"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { EventLog } from "../EventLog.ts"
import { NanoUsd } from "../Money.ts"
import type { RunEvent, StoredEvent } from "../RunEvent.ts"
import { RunStore } from "../RunStore.ts"
import { errorInfo } from "../RunyardError.ts"
import {
  chunk,
  claimed,
  completed,
  draft,
  exited,
  message,
  opening,
  queued,
  session,
  started,
  testRunId,
} from "./EventDrafts.ts"
import { propertySuite } from "./EventLogProperty.ts"
import type { StorePlace } from "./StorePlace.ts"

const seqs = (events: ReadonlyArray<RunEvent>): ReadonlyArray<number> => events.map(({ seq }) => seq)
const cursors = (events: ReadonlyArray<StoredEvent>): ReadonlyArray<number> => events.map(({ cursor }) => cursor)
const range = (from: number, to: number): ReadonlyArray<number> => (from > to ? [] : Array.range(from, to))

export const suite = (backend: string, place: StorePlace, options: { readonly durable: boolean }): void => {
  describe(`EventLog (${backend})`, () => {
    /** Each case has a store of its own. */
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )

    appending(test)
    reading(test)
    finding(test)
    tailing(test)
    propertySuite(place, options)
  })
}

type Test = (name: string, body: Effect.Effect<void, unknown, EventLog | RunStore>) => void

const appending = (test: Test): void => {
  test(
    "numbers the events of a run from 1 without gaps and answers with what it stored",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      const first = yield* log.append(id, opening())
      const second = yield* log.append(id, [chunk("a"), chunk("b")])
      assert.deepStrictEqual(seqs([...first, ...second]), [1, 2, 3, 4, 5])
      const read = yield* log.read(id, { after: 0, limit: 10 })
      assert.deepStrictEqual(read, [...first, ...second])
    }),
  )

  test(
    "gives back every field of an event as it came",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      const odd = draft(
        "agent.tool_completed",
        {
          toolId: "t-1",
          kind: "command",
          name: "Bash",
          status: "failed",
          output: 'quotes " and \\ and \u0000 and \u{1F600} and a half of a pair \ud800 and \u2028',
          exitCode: -1,
        },
        {
          attempt: 2,
          at: 1_700_000_000_123,
          mono: 12.5,
          channel: "ui",
          severity: "warning",
          correlation: { toolId: "t-1", sessionId: "s" },
          redactions: [{ rule: "fake-rule", count: 2 }],
          source: { stream: "stdout", parts: ['{"x":"', ["output"], '"}'] },
        },
      )
      yield* log.append(id, opening())
      const [stored] = yield* log.append(id, [odd])
      const [read] = yield* log.read(id, { after: 3, limit: 1 })
      assert.deepStrictEqual(stored, { v: 1, runId: id, seq: 4, ...odd })
      assert.deepStrictEqual(read, stored)
    }),
  )

  test(
    "moves the run in the same step as the events",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      yield* log.append(id, opening())
      assert.strictEqual((yield* runs.get(id)).state, "running")
      yield* log.append(id, [session("s-1"), message("done"), exited, completed])
      const run = yield* runs.get(id)
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(run.lastSeq, 7)
      assert.strictEqual(run.finalMessage, "done")
      assert.strictEqual(run.sessionId, "s-1")
      assert.deepStrictEqual(run.attempts, [
        {
          number: 1,
          startedAt: run.createdAt,
          endedAt: run.createdAt,
          executable: "/bin/fake",
          version: "1.2.3",
          pid: 42,
          process: {
            containment: "pid-namespace",
            marker: "m-1",
            root: { pid: 42, startTime: "boot:4200" },
            supervisor: { pid: 41, startTime: "boot:4100" },
          },
          exit: { code: 0, signal: null },
          sideEffects: { executed: false, blind: false, open: [] },
        },
      ])
    }),
  )

  test(
    "keeps with each attempt what it did, what was decided about it, and why",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      const error = errorInfo("CLI_OVERLOADED")
      const retry = { reason: "backoff", sentence: "Tried again in 2 s.", spent: NanoUsd.make(7) } as const
      const tool = draft("agent.tool_started", { toolId: "t1", kind: "command", name: "shell" }, { attempt: 2 })
      yield* log.append(id, [
        ...opening(),
        message("I give up"),
        draft("run.retry_scheduled", { at: 1_700_000_002_000, error, retry }),
      ])
      assert.strictEqual((yield* runs.get(id)).state, "retry_wait")
      yield* log.append(id, [{ ...claimed, attempt: 2 }, { ...started, attempt: 2 }, tool])
      const none = { reason: "side_effects", sentence: "A tool was executed." } as const
      yield* log.append(id, [draft("run.failed", { error, retry: none }, { attempt: 2 })])
      const run = yield* runs.get(id)
      assert.deepStrictEqual(
        run.attempts.map((attempt) => [attempt.sideEffects, attempt.retry, attempt.error]),
        [
          [{ executed: false, blind: false, open: [] }, { ...retry, at: 1_700_000_002_000 }, error],
          [{ executed: false, blind: false, open: ["t1"] }, none, undefined],
        ],
      )
      // The last words of the first attempt are not the run's.
      assert.isUndefined(run.finalMessage)
      assert.deepStrictEqual([run.state, run.error], ["failed", error])
    }),
  )

  test(
    "keeps with a run under way what finds its processes again: host, pids and start times, marker, program, version",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      yield* log.append(id, [queued(), claimed])
      yield* log.append(id, [started])
      const { attempts, host } = yield* runs.get(id)
      assert.deepStrictEqual(host, { id: "host-2", pid: 2, startTime: "2" })
      const [attempt] = attempts
      assert.strictEqual(attempt?.executable, "/bin/fake")
      assert.strictEqual(attempt?.version, "1.2.3")
      assert.deepStrictEqual(attempt?.process?.root, { pid: 42, startTime: "boot:4200" })
      assert.deepStrictEqual(attempt?.process?.supervisor, { pid: 41, startTime: "boot:4100" })
      assert.strictEqual(attempt?.process?.marker, "m-1")
      assert.strictEqual(attempt?.process?.containment, "pid-namespace")
    }),
  )

  test(
    "takes a run under way back to the queue with the reason on its attempt, and counts the next attempt",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      yield* log.append(id, [...opening(), session("s-1")])
      const error = errorInfo("QUEUE_HOST_DIED", { detail: { pid: 2 } })
      yield* log.append(id, [draft("queue.requeued", { by: "recovery", error })])
      const waiting = yield* runs.get(id)
      assert.strictEqual(waiting.state, "queued")
      assert.strictEqual(waiting.sessionId, "s-1")
      assert.deepStrictEqual(waiting.attempts[0]?.error, error)
      assert.strictEqual(waiting.attempts[0]?.endedAt, waiting.updatedAt)
      yield* log.append(id, [{ ...claimed, attempt: 2 }])
      const late = draft("run.interrupted", { error })
      assert.strictEqual((yield* Effect.flip(log.append(id, [late]))).code, "STORE_CONFLICT")
      assert.deepStrictEqual(
        (yield* runs.get(id)).attempts.map(({ error: why, number }) => [number, why?.code]),
        [
          [1, "QUEUE_HOST_DIED"],
          [2, undefined],
        ],
      )
    }),
  )

  test(
    "stores nothing of an append that holds an event the run's state forbids",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      yield* log.append(id, opening())
      const before = yield* runs.get(id)
      const error = yield* Effect.flip(log.append(id, [chunk("kept?"), started]))
      assert.strictEqual(error.code, "STORE_CONFLICT")
      assert.deepStrictEqual(yield* runs.get(id), before)
      assert.strictEqual((yield* log.read(id, { after: 0, limit: 10 })).length, 3)
    }),
  )

  test(
    "lets nothing follow a terminal event",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      yield* log.append(id, [...opening(), completed])
      assert.strictEqual((yield* Effect.flip(log.append(id, [chunk("late")]))).code, "STORE_CONFLICT")
      assert.strictEqual((yield* Effect.flip(log.append(id, [queued()]))).code, "STORE_CONFLICT")
    }),
  )

  test(
    "knows no run before its run.queued",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      const errors = [
        yield* Effect.flip(log.append(id, [claimed])),
        yield* Effect.flip(log.append(id, [])),
        yield* Effect.flip(log.read(id, { after: 0, limit: 1 })),
        yield* Effect.flip(Stream.runDrain(log.events(id))),
      ]
      assert.deepStrictEqual(
        errors.map(({ code }): string => code),
        Array.replicate("STORE_RUN_NOT_FOUND", 4),
      )
      assert.deepStrictEqual(yield* log.readAll({ after: 0, limit: 10 }), [])
      assert.strictEqual(yield* log.last, 0)
    }),
  )

  test(
    "commits the good appends of a crowd in which some are bad",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* Effect.forEach(range(1, 40), (n) => log.append(testRunId(n), opening()), { concurrency: "unbounded" })
      const results = yield* Effect.forEach(
        range(1, 40),
        (n) => Effect.result(log.append(testRunId(n), n % 3 === 0 ? [chunk("x"), claimed] : [chunk("x")])),
        { concurrency: "unbounded" },
      )
      results.forEach((result, index) => assert.strictEqual(Result.isFailure(result), (index + 1) % 3 === 0))
      for (const n of range(1, 40)) {
        const events = yield* log.read(testRunId(n), { after: 0, limit: 10 })
        assert.strictEqual(events.length, n % 3 === 0 ? 3 : 4)
      }
    }),
  )

  test(
    "keeps the order of appends to one run that wait together",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      yield* log.append(id, opening())
      yield* Effect.forEach(range(1, 700), (n) => log.append(id, [chunk(String(n))]), { concurrency: "unbounded" })
      const read = yield* log.read(id, { after: 3, limit: 1_000 })
      assert.deepStrictEqual(seqs(read), range(4, 703))
      assert.deepStrictEqual(
        read.map((event) => (event.type === "run.chunk.stdout" ? Number(event.payload.text) : 0)),
        range(1, 700),
      )
    }),
  )

  test(
    "takes an append that is larger than any group",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      yield* log.append(id, opening())
      const stored = yield* log.append(
        id,
        range(1, 1_500).map((n) => chunk(String(n))),
      )
      assert.deepStrictEqual(seqs(stored), range(4, 1_503))
      const tail = yield* Stream.runCollect(log.events(id, { follow: false }))
      assert.deepStrictEqual(seqs(tail), range(1, 1_503))
    }),
  )
}

const none = (count: number): Array<undefined> => range(1, count).map(() => undefined)

const reading = (test: Test): void => {
  test(
    "reads pages by place, of one run and of all",
    Effect.gen(function* () {
      const log = yield* EventLog
      const [a, b] = [testRunId(1), testRunId(2)]
      yield* log.append(a, opening())
      yield* log.append(b, opening())
      yield* log.append(a, [chunk("x")])
      assert.deepStrictEqual(seqs(yield* log.read(a, { after: 1, limit: 2 })), [2, 3])
      assert.deepStrictEqual(seqs(yield* log.read(a, { after: 3, limit: 50 })), [4])
      assert.deepStrictEqual(yield* log.read(a, { after: 4, limit: 50 }), [])
      assert.deepStrictEqual(yield* log.read(a, { after: 0, limit: 0 }), [])
      const all = yield* log.readAll({ after: 0, limit: 50 })
      assert.deepStrictEqual(cursors(all), [1, 2, 3, 4, 5, 6, 7])
      assert.strictEqual(yield* log.last, 7)
      assert.deepStrictEqual(
        all.map(({ event }) => [event.runId, event.seq]),
        [
          [a, 1],
          [a, 2],
          [a, 3],
          [b, 1],
          [b, 2],
          [b, 3],
          [a, 4],
        ],
      )
      assert.deepStrictEqual(cursors(yield* log.readAll({ after: 5, limit: 1 })), [6])
      assert.deepStrictEqual(cursors(yield* log.readAll({ after: 2, limit: 50, until: 5 })), [3, 4, 5])
      assert.deepStrictEqual(cursors(yield* log.readAll({ after: 2, limit: 2, until: 5 })), [3, 4])
      assert.deepStrictEqual(yield* log.readAll({ after: 5, limit: 50, until: 5 }), [])
    }),
  )

  test(
    "says where the next event of a tenant is, whatever lies between",
    Effect.gen(function* () {
      const log = yield* EventLog
      const acme = { platform: "web", tenant: "acme" }
      const rival = { platform: "web", tenant: "rival" }
      const of = (tenant: typeof acme) => [queued({}, { ...tenant, workspace: "site" }), ...opening().slice(1)]
      const [a, b, c] = [testRunId(1), testRunId(2), testRunId(3)]
      yield* log.append(a, of(acme)) // 1 to 3
      yield* log.append(b, of(rival)) // 4 to 6
      yield* log.append(b, [chunk("x"), chunk("y")]) // 7, 8
      yield* log.append(a, [chunk("z")]) // 9
      yield* log.append(c, of(acme)) // 10 to 12
      yield* log.append(b, [chunk("x")]) // 13
      const next = (tenant: typeof acme) => Effect.forEach(range(0, 13), (after) => log.nextOfTenant(tenant, after))
      assert.deepStrictEqual(yield* next(acme), [1, 2, 3, 9, 9, 9, 9, 9, 9, 10, 11, 12, ...none(2)])
      assert.deepStrictEqual(yield* next(rival), [4, 4, 4, 4, 5, 6, 7, 8, 13, 13, 13, 13, 13, ...none(1)])
      assert.deepStrictEqual(yield* next({ ...acme, platform: "other" }), none(14))
    }),
  )

  test(
    "never reads more than 1,000 events at once",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      yield* log.append(id, [...opening(), ...range(1, 1_200).map((n) => chunk(String(n)))])
      assert.strictEqual((yield* log.read(id, { after: 0, limit: 5_000 })).length, 1_000)
      assert.strictEqual((yield* log.readAll({ after: 0, limit: 5_000 })).length, 1_000)
    }),
  )
}

const finding = (test: Test): void => {
  test(
    "finds events of a run by their severity, and looks no further than it is told",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      const severities = ["error", "debug", "info", "error", "warning", "error"] as const
      yield* log.append(id, opening())
      yield* log.append(
        id,
        severities.map((severity) => ({ ...chunk("a"), severity })),
      )
      const all = yield* log.read(id, { after: 0, limit: 1_000 })
      for (const wanted of [["error"], ["error", "warning"], ["debug"], [], undefined] as const) {
        for (const after of [0, 3, 4, 7, 100]) {
          for (const until of [undefined, 0, 5, 7, 1_000]) {
            for (const limit of [0, 1, 2, 1_000]) {
              const page = {
                after,
                limit,
                ...(until === undefined ? {} : { until }),
                ...(wanted === undefined ? {} : { severities: wanted }),
              }
              const expected = all
                .filter(({ seq }) => seq > after && seq <= (until ?? Infinity))
                .filter(({ severity }) => wanted === undefined || wanted.some((each) => each === severity))
                .slice(0, limit)
              assert.deepStrictEqual(yield* log.read(id, page), expected, JSON.stringify(page))
            }
          }
        }
      }
    }),
  )
}

const tailing = (test: Test): void => {
  test(
    "ends at what is stored when it does not follow",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      yield* log.append(id, opening())
      const found = yield* Stream.runCollect(
        log.events(id, { follow: false, after: 1 }).pipe(
          // What comes while it reads is not part of it.
          Stream.tap(() => log.append(id, [chunk("later")])),
        ),
      )
      assert.deepStrictEqual(seqs(found), [2, 3])
      const all = yield* Stream.runCollect(log.all({ follow: false, after: 2 }))
      assert.deepStrictEqual(cursors(all), [3, 4, 5])
    }),
  )

  test(
    "replays, goes on live and ends after the terminal event",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      const replayed = yield* Latch.make()
      yield* log.append(id, opening())
      const reader = yield* log.events(id).pipe(
        Stream.tap((event) => (event.seq === 3 ? replayed.open : Effect.void)),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true }),
      )
      yield* replayed.await
      yield* log.append(id, [chunk("live")])
      yield* log.append(testRunId(2), opening())
      yield* log.append(id, [completed])
      assert.deepStrictEqual(seqs(yield* Fiber.join(reader)), [1, 2, 3, 4, 5])
    }),
  )

  test(
    "ends at once after the end of a run that is over",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      yield* log.append(id, [...opening(), completed])
      assert.deepStrictEqual(seqs(yield* Stream.runCollect(log.events(id))), [1, 2, 3, 4])
      assert.deepStrictEqual(seqs(yield* Stream.runCollect(log.events(id, { after: 4 }))), [])
      assert.deepStrictEqual(seqs(yield* Stream.runCollect(log.events(id, { after: 99 }))), [])
    }),
  )

  test(
    "ends a reader that was told to start after the end that a run then comes to",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      yield* log.append(id, opening())
      const reader = yield* Effect.forkChild(Stream.runCollect(log.events(id, { after: 99 })), {
        startImmediately: true,
      })
      yield* log.append(id, [chunk("x")])
      yield* log.append(id, [completed])
      assert.deepStrictEqual(yield* Fiber.join(reader), [])
    }),
  )

  test(
    "shows an event only after it can be read",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      yield* log.append(id, opening())
      const reader = yield* log.events(id, { after: 3 }).pipe(
        Stream.mapEffect((event) =>
          Effect.all([log.read(id, { after: event.seq - 1, limit: 1 }), runs.get(id)]).pipe(
            Effect.map(([[stored], run]) => {
              assert.deepStrictEqual(stored, event)
              assert.isAtLeast(run.lastSeq, event.seq)
            }),
          ),
        ),
        Stream.runCount,
        Effect.forkChild({ startImmediately: true }),
      )
      for (const n of range(1, 20)) yield* log.append(id, [chunk(String(n))])
      yield* log.append(id, [completed])
      assert.strictEqual(yield* Fiber.join(reader), 21)
    }),
  )

  test(
    "does not let a reader that has stopped hold up the writer, nor lose what it has not read",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      const gate = yield* Latch.make()
      const stuck = yield* Latch.make()
      yield* log.append(id, opening())
      const reader = yield* log.events(id).pipe(
        Stream.tap((event) => (event.seq === 1 ? Effect.andThen(stuck.open, gate.await) : Effect.void)),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true }),
      )
      yield* stuck.await
      const texts = range(1, 100).map((n) => chunk(`${n} ${"x".repeat(1_000)}`))
      for (const _ of range(1, 60)) yield* log.append(id, texts)
      yield* log.append(id, [completed])
      yield* gate.open
      assert.deepStrictEqual(seqs(yield* Fiber.join(reader)), range(1, 6_004))
    }),
  )

  test(
    "can be interrupted while it waits",
    Effect.gen(function* () {
      const log = yield* EventLog
      const id = testRunId(1)
      const replayed = yield* Latch.make()
      yield* log.append(id, opening())
      const reader = yield* log.events(id).pipe(
        Stream.runForEach((event) => (event.seq === 3 ? replayed.open : Effect.void)),
        Effect.forkChild({ startImmediately: true }),
      )
      yield* replayed.await
      yield* Effect.yieldNow
      yield* Fiber.interrupt(reader)
      assert.deepStrictEqual(seqs(yield* log.append(id, [chunk("x")])), [4])
    }),
  )
}
