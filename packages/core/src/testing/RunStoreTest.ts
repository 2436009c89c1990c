/** What every `RunStore` must do, whatever keeps it. Runs come into being through the log alone. */
import { assert, describe, it } from "@effect/vitest"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { EventLog } from "../EventLog.ts"
import type { Run } from "../Run.ts"
import type { RedactionCount } from "../RunEvent.ts"
import { matchesFilter, type RunFilter, RunStore } from "../RunStore.ts"
import { decideIdempotency, defaultRetention, RequestFingerprint } from "../Idempotency.ts"
import { IdempotencyKey } from "../IdempotencyKey.ts"
import { localScope, RunState } from "../Run.ts"
import { chunk, completed, draft, failed, message, opening, queued, testHost, testRunId } from "./EventDrafts.ts"
import type { StorePlace } from "./StorePlace.ts"

/** Without the fields that are not given. */
const present = <A extends object>(fields: A): { [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof A]?: Exclude<A[K], undefined>
  }

type Test = (name: string, body: Effect.Effect<void, unknown, EventLog | RunStore>) => void

const ids = (runs: ReadonlyArray<Run>): ReadonlyArray<string> => runs.map(({ id }) => id)

export const suite = (backend: string, place: StorePlace): void => {
  describe(`RunStore (${backend})`, () => {
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )
    finding(test)
    masking(test)
    listing(test)
    hosting(test)
    canceling(test)
    receipts(test)
  })
}

const finding = (test: Test): void => {
  test(
    "counts runs by state, and events",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      assert.deepStrictEqual(yield* runs.totals, { runs: {}, events: 0 })
      yield* log.append(testRunId(1), [queued()])
      yield* log.append(testRunId(2), opening())
      yield* log.append(testRunId(3), [queued()])
      assert.deepStrictEqual(yield* runs.totals, { runs: { queued: 2, running: 1 }, events: 2 + opening().length })
    }),
  )

  test(
    "fails with STORE_RUN_NOT_FOUND for an id that no run has",
    Effect.gen(function* () {
      const runs = yield* RunStore
      const id = testRunId(1)
      const errors = [
        yield* Effect.flip(runs.get(id)),
        yield* Effect.flip(runs.list({ before: id })),
        yield* Effect.flip(runs.requestCancel(id, { by: "test", force: false })),
      ]
      assert.deepStrictEqual(
        errors.map(({ code }): string => code),
        Array.replicate("STORE_RUN_NOT_FOUND", 3),
      )
    }),
  )

  test(
    "gives a run as its events made it",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      const request = { prompt: "line one\nline two", title: "a title", outputSchema: { type: "null" } }
      const [first] = yield* log.append(id, [queued(request)])
      assert.deepStrictEqual(yield* runs.get(id), {
        id,
        scope: { platform: "local", tenant: "local", workspace: "local-workspace" },
        request: { provider: "fake", cwd: "/work", ...request },
        state: "queued",
        createdAt: first?.at ?? 0,
        updatedAt: first?.at ?? 0,
        host: testHost,
        attempts: [],
        lastSeq: 1,
        unknownLines: 0,
        redactionCount: 0,
      })
      yield* log.append(id, opening().slice(1))
      yield* log.append(id, [
        message("half \ud83d"),
        draft("run.usage", { cost: { usd: 0.25, source: "reported", basis: "run" } }),
        draft("run.chunk.stdout", { text: "?", reason: "unknown" }, { redactions: [{ rule: "fake-rule", count: 3 }] }),
        completed,
      ])
      const run = yield* runs.get(id)
      assert.strictEqual(run.finalMessage, "half \ud83d")
      assert.strictEqual(run.unknownLines, 1)
      assert.strictEqual(run.redactionCount, 3)
      assert.isNull(run.structured)
      assert.strictEqual(run.cost?.usd, 0.25)
      assert.strictEqual(run.host.id, "host-2")
    }),
  )
}

const masking = (test: Test): void => {
  test(
    "sums up what was masked in a run, by rule and secret",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      const secret = { rule: "fake-key", category: "key", fingerprint: "0123abcd" }
      const masked = (redactions: ReadonlyArray<RedactionCount>) =>
        draft("run.chunk.stdout", { text: "?", reason: "text" }, { redactions })
      yield* log.append(id, opening())
      assert.deepStrictEqual(yield* runs.redactions(id), [])
      yield* log.append(id, [
        masked([
          { ...secret, count: 1 },
          { rule: "fake-word", count: 2 },
        ]),
        masked([
          { ...secret, count: 3 },
          { ...secret, fingerprint: "ffff0000", count: 1 },
        ]),
      ])
      yield* log.append(testRunId(2), [...opening(), masked([{ ...secret, count: 9 }])])
      assert.deepStrictEqual(yield* runs.redactions(id), [
        { rule: "fake-key", category: "key", count: 4, fingerprint: "0123abcd" },
        { rule: "fake-word", count: 2 },
        { rule: "fake-key", category: "key", count: 1, fingerprint: "ffff0000" },
      ])
      assert.strictEqual((yield* Effect.flip(runs.redactions(testRunId(3)))).code, "STORE_RUN_NOT_FOUND")
    }),
  )
}

const listing = (test: Test): void => {
  const places = [
    "/",
    "/work",
    "/work/",
    "/work/a",
    "/work/a/b",
    "/work0",
    "/odd\\",
    "/odd\\a",
    "C:\\work",
    "C:\\work\\a",
  ]
  const texts = ["PART seven", 'she said "no"', "a\nline", "100%", "a_b", "aXb", "grün GRÜN", "back\\slash"]
  const tenants = ["local", "acme", "acme", "other"]
  const states = [
    [],
    [...opening().slice(1), failed],
    opening().slice(1),
    [...opening().slice(1), message("the LAST word"), completed],
  ]

  test(
    "lists what each mixture of filters asks for, from any place on",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      // Looks random, so that no value of one part comes with the same of another, and is the same in every run.
      let state = 1
      const some = <A>(of: ReadonlyArray<A>): A => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return Array.getUnsafe(of, Math.floor((state / 0x100000000) * of.length))
      }
      for (let n = 1; n <= 96; n++) {
        const title = some([undefined, undefined, undefined, `titled ${n}`])
        const request = present({ provider: some(["odd", "even"]), cwd: some(places), prompt: some(texts), title })
        const scope = { ...localScope, tenant: some(tenants) }
        yield* log.append(testRunId(n), [queued(request, scope), ...some(states)])
      }
      const all = yield* runs.list({ limit: 1_000 })
      const providers = [undefined, "odd", "none"]
      const wanted = [undefined, ["failed"], ["queued", "running", "succeeded"]] as const
      const of = [undefined, { platform: "local", tenant: "acme" }, { platform: "web", tenant: "acme" }]
      const sought = [
        ...texts.map((text) => text.slice(1)),
        "Part",
        "TITLED",
        "100_",
        "last word",
        "0007",
        "x".repeat(600),
        "",
      ]
      const mixtures = providers.flatMap((provider, first) =>
        wanted.flatMap((states, second) =>
          of.map((tenant, third) => ({ filter: { provider, states, tenant }, turn: first + second + third })),
        ),
      )
      for (const [row, cwd] of [undefined, ...places, "/wor", "/other"].entries()) {
        for (const [column, text] of [undefined, ...sought].entries()) {
          // A third of them for each pair, so that any four of the five meet in all ways, and all five in a third of them.
          const third = mixtures.filter(({ turn }) => (turn + row + column) % 3 === 0)
          for (const { filter } of third) {
            const given = present({ ...filter, cwd, text })
            const expected = ids(all.filter(matchesFilter(given)))
            assert.deepStrictEqual(ids(yield* runs.list({ ...given, limit: 5 })), expected.slice(0, 5))
            if (cwd !== undefined && text !== undefined) continue
            const before = testRunId(61)
            const rest = expected.filter((id) => id < before)
            assert.deepStrictEqual(ids(yield* runs.list({ ...given, before, limit: 20 })), rest.slice(0, 20))
          }
        }
      }
    }),
  )

  test(
    "lists newest first, by filter, a page at a time",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      for (const n of Array.range(1, 60)) {
        const provider = n % 2 === 0 ? "even" : "odd"
        yield* log.append(testRunId(n), [...opening({ provider }), ...(n > 50 ? [failed] : [])])
      }
      const down = (from: number, count: number, step = 1) =>
        Array.makeBy(count, (index) => testRunId(from - index * step))
      assert.deepStrictEqual(ids(yield* runs.list({})), down(60, 50))
      assert.deepStrictEqual(ids(yield* runs.list({ limit: 1_000 })), down(60, 60))
      assert.deepStrictEqual(ids(yield* runs.list({ limit: 2, before: testRunId(31) })), down(30, 2))
      assert.deepStrictEqual(ids(yield* runs.list({ provider: "even", limit: 3 })), down(60, 3, 2))
      assert.deepStrictEqual(ids(yield* runs.list({ states: ["failed"] })), down(60, 10))
      assert.deepStrictEqual(ids(yield* runs.list({ states: ["failed", "running"], limit: 12 })), down(60, 12))
      const mixed = { provider: "odd", states: ["running"], before: testRunId(50), limit: 2 } as const
      assert.deepStrictEqual(ids(yield* runs.list(mixed)), down(49, 2, 2))
      assert.deepStrictEqual(ids(yield* runs.list({ hosts: ["host-1"] })), [])
      assert.deepStrictEqual(ids(yield* runs.list({ hosts: ["host-1", "host-2"], limit: 2 })), down(60, 2))
      assert.deepStrictEqual(ids(yield* runs.list({ hosts: [] })), [])
      assert.deepStrictEqual(ids(yield* runs.list({ states: [] })), [])
      assert.deepStrictEqual(ids(yield* runs.list({ before: testRunId(1) })), [])
    }),
  )

  test(
    "lists the runs of some states whatever the number of providers",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const counted = (n: number) => Array.makeBy(n, (index) => testRunId(n - index))
      const { literals } = RunState
      assert.deepStrictEqual(ids(yield* runs.list({ states: literals })), [])
      for (const n of Array.range(1, 45)) yield* log.append(testRunId(n), [queued({ provider: `p${n}` })])
      assert.deepStrictEqual(ids(yield* runs.list({ states: ["queued"] })), counted(45))
      assert.deepStrictEqual(ids(yield* runs.list({ states: literals })), counted(45))
      assert.deepStrictEqual(ids(yield* runs.list({ states: literals, before: testRunId(11) })), counted(10))
      assert.deepStrictEqual(ids(yield* runs.list({ states: literals, provider: "p7" })), [testRunId(7)])
    }),
  )

  test(
    "finds runs by their directory and by a text",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const requests = [
        { cwd: "/work/app", prompt: "Fix the LOGIN page" },
        { cwd: "/work/app/src", prompt: "write tests", title: "Login tests" },
        { cwd: "/work/apple", prompt: "100% ready_now; über ' \" \\ \u0000 nul" },
      ]
      for (const [index, request] of requests.entries()) {
        yield* log.append(testRunId(index + 1), [...opening(request), message(`Answer ${index}`), completed])
      }
      const found = (filter: RunFilter) => Effect.map(runs.list(filter), ids)
      assert.deepStrictEqual(yield* found({ cwd: "/work/app" }), [testRunId(2), testRunId(1)])
      assert.deepStrictEqual(yield* found({ cwd: "/work/app/" }), [testRunId(2)])
      assert.deepStrictEqual((yield* found({ cwd: "/" })).length, 3)
      assert.deepStrictEqual(yield* found({ cwd: "/wor" }), [])
      assert.deepStrictEqual(yield* found({ text: "login" }), [testRunId(2), testRunId(1)])
      assert.deepStrictEqual(yield* found({ text: "login", cwd: "/work/app/src" }), [testRunId(2)])
      assert.deepStrictEqual(yield* found({ text: "aNSWER 2" }), [testRunId(3)])
      assert.deepStrictEqual(yield* found({ text: testRunId(1).slice(-6) }), [testRunId(1)])
      // Every last message has this sign where it is kept as JSON.
      for (const text of ["100%", "ready_now", "über", "' \"", '"', "\u0000 nu"]) {
        assert.deepStrictEqual(yield* found({ text }), [testRunId(3)], text)
      }
      for (const text of ["1%0", "readyxnow", "Über", "' OR '1'='1"])
        assert.deepStrictEqual(yield* found({ text }), [], text)
    }),
  )
}

const hosting = (test: Test): void => {
  test(
    "names each host of runs that have not ended once, by their states",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      assert.deepStrictEqual(yield* runs.hosts(["queued", "running"]), [])
      yield* log.append(testRunId(1), [queued()])
      yield* log.append(testRunId(2), [queued()])
      yield* log.append(testRunId(3), opening())
      const other = { id: "host-3", pid: 3, startTime: "boot:3" }
      yield* log.append(testRunId(4), [queued(), draft("queue.claimed", { host: other }), failed])
      assert.deepStrictEqual(yield* runs.hosts(["queued"]), [testHost])
      assert.deepStrictEqual(yield* runs.hosts(["starting", "running"]), [{ id: "host-2", pid: 2, startTime: "2" }])
      assert.strictEqual((yield* runs.hosts(["queued", "starting", "running", "failed"])).length, 2)
      assert.deepStrictEqual(yield* runs.hosts([]), [])
    }),
  )
}

const canceling = (test: Test): void => {
  test(
    "keeps the first cancel request and adds force to it for good",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      yield* log.append(id, opening())
      assert.isUndefined(yield* runs.cancelRequest(id))
      yield* runs.requestCancel(id, { by: "ann", reason: "wrong branch", force: false })
      yield* runs.requestCancel(id, { by: "bob", reason: "me too", force: true })
      yield* runs.requestCancel(id, { by: "cy", force: false })
      yield* log.append(id, [chunk("still here")])
      assert.deepStrictEqual(yield* runs.cancelRequest(id), { by: "ann", reason: "wrong branch", force: true })
      assert.isUndefined(yield* runs.cancelRequest(testRunId(2)))
    }),
  )

  test(
    "does not take the reason of a later cancel request",
    Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const id = testRunId(1)
      yield* log.append(id, opening())
      yield* runs.requestCancel(id, { by: "ann", force: false })
      yield* runs.requestCancel(id, { by: "bob", reason: "mine", force: false })
      assert.deepStrictEqual(yield* runs.cancelRequest(id), { by: "ann", force: false })
    }),
  )
}

const receipts = (test: Test): void => {
  const key = IdempotencyKey.make("k-1")
  const [print, otherPrint] = [RequestFingerprint.make("0".repeat(16)), RequestFingerprint.make("1".repeat(16))]
  const begun = 1_700_000_000_000
  const sent = (id: Run["id"], fingerprint = print, at = begun, tenant = "local") =>
    Effect.flatMap(EventLog, (log) =>
      log.append(id, [
        draft(
          "run.queued",
          {
            scope: { ...localScope, tenant },
            host: testHost,
            request: { provider: "fake", prompt: "p", cwd: "/work", idempotencyKey: key },
            fingerprint,
          },
          { attempt: 0, at },
        ),
      ]),
    )
  const found = Effect.flatMap(RunStore, (runs) => runs.receipt(localScope, key))
  const [one, two, three] = [testRunId(1), testRunId(2), testRunId(3)]

  test(
    "keeps the receipt of a request with a key with the run, and takes no other run for that key",
    Effect.gen(function* () {
      const runs = yield* RunStore
      yield* TestClock.setTime(begun)
      assert.isUndefined(yield* found)
      yield* sent(one)
      assert.deepStrictEqual(yield* found, { key, fingerprint: print, runId: one, createdAt: begun })
      for (const fingerprint of [print, otherPrint]) {
        const refused = yield* Effect.flip(sent(two, fingerprint))
        assert.deepStrictEqual([refused.code, refused.detail["runId"]], ["QUEUE_IDEMPOTENCY_CONFLICT", one])
      }
      assert.strictEqual((yield* Effect.flip(runs.get(two))).code, "STORE_RUN_NOT_FOUND")
      assert.strictEqual(decideIdempotency(yield* found, otherPrint, begun).kind, "conflict")
      yield* sent(three, otherPrint, begun, "acme")
      assert.deepStrictEqual([ids(yield* runs.list({})), (yield* found)?.runId], [[three, one], one])
    }),
  )

  test(
    "gives one run to a key that is sent many times at once",
    Effect.gen(function* () {
      const runs = yield* RunStore
      yield* TestClock.setTime(begun)
      const results = yield* Effect.forEach(
        Array.makeBy(20, (index) => testRunId(index + 1)),
        (id) => Effect.result(sent(id)),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 1)
      const [only, ...others] = yield* runs.list({})
      assert.deepStrictEqual([others, (yield* found)?.runId], [[], only?.id])
    }),
  )

  test(
    "forgets a key after its time, so that it is new again",
    Effect.gen(function* () {
      yield* sent(one)
      const end = begun + defaultRetention.ageMillis
      yield* TestClock.setTime(end - 1)
      assert.strictEqual((yield* found)?.runId, one)
      assert.strictEqual((yield* Effect.flip(sent(two, otherPrint, end - 1))).code, "QUEUE_IDEMPOTENCY_CONFLICT")
      yield* TestClock.setTime(end)
      assert.isUndefined(yield* found)
      yield* sent(two, otherPrint, end)
      assert.deepStrictEqual(yield* found, { key, fingerprint: otherPrint, runId: two, createdAt: end })
    }),
  )
}
