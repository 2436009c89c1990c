/** Several hosts over one store: what each begins, and what it leaves to the others. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import type { FairSettings } from "../src/FairSettings.ts"
import { defaultFairSettings } from "../src/FairSettings.ts"
import { courtesyMillis, passedMillis } from "../src/internal/courtesy.ts"
import type { Limits } from "../src/Limits.ts"
import type { RunId } from "../src/Run.ts"
import { draft } from "../src/testing/EventDrafts.ts"
import { makeFleet } from "./queue/Fleet.ts"

const limited = (limits: Partial<Limits>): FairSettings => ({
  ...defaultFairSettings,
  limits: { ...defaultFairSettings.limits, provider: {}, ...limits },
})
const one = limited({ global: 1 })
const second = 1_000

const fleet = Effect.fnUntraced(function* (settings: FairSettings, shared: boolean) {
  const made = yield* makeFleet({ settings, shared })
  const [a, b] = [yield* made.open("a"), yield* made.open("b")]
  yield* TestClock.adjust(1)
  const hostOf = (id: RunId) => made.executions.get(id)?.map(({ host }) => host)
  const startOf = (id: RunId) => made.executions.get(id)?.[0]?.claimedAt
  const begun = (...ids: ReadonlyArray<RunId>) => ids.map((id) => made.executions.has(id))
  return { ...made, a, b, hostOf, startOf, begun }
})

describe("the turns of several hosts", () => {
  it.effect("hold one limit together, and go on as soon as there is room", () =>
    Effect.gen(function* () {
      const { a, b, begun, startOf, submit } = yield* fleet(limited({ global: 2, provider: { default: 1 } }), false)
      const first = yield* submit(a)
      const same = yield* submit(b)
      const other = yield* submit(b, { request: { provider: "other" } })
      const third = yield* submit(a, { request: { provider: "third" } })
      yield* TestClock.adjust(500)
      assert.deepStrictEqual(begun(first, same, other, third), [true, false, true, false])
      yield* TestClock.adjust(second)
      assert.deepStrictEqual(begun(same, third), [true, true])
      // One host sees at its next look what the other has ended.
      assert.isAtMost(startOf(same) ?? Infinity, second + 1 + 150)
    }),
  )

  it.effect("follow one order: the more urgent first, and lanes by turns, whoever has queued them", () =>
    Effect.gen(function* () {
      const { a, b, executions, submit } = yield* fleet(one, true)
      yield* submit(a)
      const names = new Map<RunId, string>()
      const add = (name: string, by: typeof a, options: Parameters<typeof submit>[1]) =>
        Effect.map(submit(by, options), (id) => void names.set(id, name))
      for (const n of [1, 2, 3]) yield* add(`busy ${n}`, a, { request: { cwd: "/busy" } })
      yield* add("quiet", b, { request: { cwd: "/quiet" } })
      yield* add("urgent", b, { place: { priority: "interactive" }, request: { cwd: "/busy" } })
      yield* TestClock.adjust(10 * second)
      const order = [...executions].flatMap(([id]) => names.get(id) ?? [])
      assert.deepStrictEqual(order, ["urgent", "busy 1", "quiet", "busy 2", "busy 3"])
    }),
  )

  it.effect("let a run wait that is held, begin one when it is due, and end one whose time is over", () =>
    Effect.gen(function* () {
      const { a, b, begun, put, startOf, stateOf, submit } = yield* fleet(limited({ global: 3 }), true)
      const held = yield* submit(a, { place: { held: true } })
      const due = yield* submit(b, { place: { notBefore: 5 * second } })
      yield* TestClock.adjust(4 * second)
      assert.deepStrictEqual(begun(held, due), [false, false])
      yield* TestClock.adjust(2 * second)
      assert.isAtLeast(startOf(due) ?? 0, 5 * second)
      assert.isAtMost(startOf(due) ?? Infinity, 5 * second + 150)
      yield* put(held, [draft("queue.changed", { by: "ann", held: false }, { attempt: 0 })])
      yield* TestClock.adjust(200)
      assert.deepStrictEqual(begun(held), [true])
      yield* TestClock.adjust(5 * second)

      const full = yield* Effect.forEach([1, 2, 3], () => submit(a, { lasts: 60 * second }))
      const late = yield* submit(b, { place: { expiresAt: 20 * second } })
      yield* TestClock.adjust(15 * second)
      assert.deepStrictEqual(begun(...full, late), [true, true, true, false])
      assert.strictEqual(yield* stateOf(late), "timed_out")
    }),
  )

  it.effect("leave runs to the host that queued them while it is well", () =>
    Effect.gen(function* () {
      const { a, b, hostOf, submit } = yield* fleet(one, false)
      const mine = yield* Effect.forEach([1, 2, 3, 4], () => submit(a, { lasts: 100 }))
      const theirs = yield* Effect.forEach([1, 2, 3, 4], () => submit(b, { lasts: 100 }))
      yield* TestClock.adjust(10 * second)
      assert.deepStrictEqual(mine.flatMap(hostOf), ["a", "a", "a", "a"])
      assert.deepStrictEqual(theirs.flatMap(hostOf), ["b", "b", "b", "b"])
    }),
  )

  it.effect("keep a place for a host whose turn it is, pass it over when it does not come, and ask it again", () =>
    Effect.gen(function* () {
      const { a, b, begun, hostOf, startOf, submit } = yield* fleet(one, false)
      b.trouble(true)
      const theirs = yield* Effect.forEach([1, 2, 3], () => submit(b))
      const mine = yield* submit(a)
      yield* TestClock.adjust(courtesyMillis - 200)
      assert.deepStrictEqual(begun(mine), [false])
      yield* TestClock.adjust(400)
      // Once for the host, not once for each of its runs.
      assert.deepStrictEqual(begun(...theirs, mine), [false, false, false, true])
      // A host that is well again gets its turn, however many wait here.
      b.trouble(false)
      const later = yield* Effect.forEach(Array.from({ length: 60 }), () => submit(a))
      yield* TestClock.adjust(courtesyMillis + passedMillis + 5 * second)
      assert.deepStrictEqual(
        theirs.flatMap((id) => hostOf(id) ?? []),
        ["b", "b", "b"].slice(0, theirs.filter(startOf).length),
      )
      assert.isAtLeast(theirs.filter((id) => begun(id)[0]).length, 1)
      assert.isBelow(later.filter((id) => begun(id)[0]).length, later.length)
    }),
  )

  it.effect("take over what a dead host had queued or leased, and end what it executed", () =>
    Effect.gen(function* () {
      const { a, b, hostOf, queue, recover, stateOf, submit } = yield* fleet(limited({ global: 2 }), false)
      const executed = yield* submit(b, { lasts: 60 * second })
      const leased = yield* submit(b, { place: { notBefore: 10 * second } })
      const queued = yield* Effect.forEach([1, 2], () => submit(b, { place: { notBefore: 10 * second } }))
      yield* b.crash
      yield* queue.claim("b", 0, () => [leased])
      yield* TestClock.adjust(20 * second)
      assert.deepStrictEqual([leased, ...queued].map(hostOf), [undefined, undefined, undefined])
      yield* recover(a)
      yield* TestClock.adjust(5 * second)
      assert.deepStrictEqual(
        [leased, ...queued].flatMap((id) => hostOf(id) ?? []),
        ["a", "a", "a"],
      )
      assert.deepStrictEqual([yield* stateOf(executed), hostOf(executed)], ["interrupted", ["b"]])
    }),
  )

  it.effect("never write to one conversation twice at once, and let runs of several units wait for theirs", () =>
    Effect.gen(function* () {
      const { a, b, checkLimits, executions, startOf, submit } = yield* fleet(limited({ global: 4 }), true)
      const talk = { session: { kind: "resume", id: "talk" } } as const
      const talks = yield* Effect.forEach([a, b, a, b], (by) => submit(by, { request: talk }))
      const heavy = yield* submit(a, { place: { weight: 3 } })
      const alone = yield* submit(b, { place: { weight: 9 } })
      yield* TestClock.adjust(20 * second)
      yield* checkLimits
      const starts = talks.map((id) => startOf(id) ?? Infinity).toSorted((x, y) => x - y)
      starts.slice(1).forEach((at, index) => assert.isAtLeast(at - (starts[index] ?? 0), second))
      for (const id of [...talks, heavy, alone]) assert.strictEqual(executions.get(id)?.length, 1)
    }),
  )

  it.effect("lose nothing while the store fails, not even between a lease and its claim", () =>
    Effect.gen(function* () {
      const { a, b, executions, queue, stateOf, submit } = yield* fleet(limited({ global: 2 }), false)
      const runs: Array<RunId> = []
      for (let round = 0; round < 6; round++) {
        for (const by of [a, b]) runs.push(yield* submit(by, { lasts: 300, place: { expiresAt: 3_600 * second } }))
        a.trouble(round % 2 === 0)
        b.trouble(round % 3 === 0)
        yield* TestClock.adjust(700)
      }
      const late = yield* submit(a, { place: { notBefore: 20 * second, expiresAt: 20 * second } })
      a.trouble(true)
      b.trouble(true)
      yield* TestClock.adjust(20 * second)
      for (const host of [a, b]) host.trouble(false)
      yield* TestClock.adjust(20 * second)
      for (const id of runs) assert.deepStrictEqual([executions.get(id)?.length, yield* stateOf(id)], [1, "succeeded"])
      assert.strictEqual(yield* stateOf(late), "timed_out")
      assert.deepStrictEqual((yield* queue.changes(0)).entries, [])
    }),
  )
})
