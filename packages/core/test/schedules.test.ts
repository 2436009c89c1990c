/** Schedules over hosts: what becomes a run, once, and what does not. The decisions alone: RunSchedule.test.ts. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { RunStore } from "../src/RunStore.ts"
import { runyardError } from "../src/RunyardError.ts"
import type { StoreServices } from "../src/StoreServices.ts"
import { hang, idOf, oneHost, openHost, openStore, quick, request, tester, type World } from "./hosts.ts"

const minute = 60_000
const ann = { by: "ann" }

const dueOf = (key: string | undefined): number => Number(key?.split(":").at(-1))

/** The due times of the runs there are, oldest first. */
const firedIn = (store: Context.Context<StoreServices>) =>
  Effect.map(Context.get(store, RunStore).list({ limit: 1_000 }), (runs) =>
    runs.map(({ request: asked }) => dueOf(asked.idempotencyKey)).toSorted((a, b) => a - b),
  )

const fires: World = { script: quick, settings: { schedules: true } }
const named = (id: string, world: World = fires): World => ({ ...world, host: { ...world.host, self: idOf(id) } })
const minutely = { request, expression: "* * * * *" }
const times = (...minutes: ReadonlyArray<number>) => minutes.map((each) => each * minute)

describe("A schedule", () => {
  it.effect("becomes a run at each of its times, of whoever has made it", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost(fires)
      const made = yield* yard.schedules.create({ ...minutely, name: "every minute" }, ann)
      assert.strictEqual(made.nextAt, minute)
      assert.deepStrictEqual(yield* yard.schedules.next(made.id, 3), times(1, 2, 3))
      assert.deepStrictEqual(yield* yard.schedules.preview({ expression: "* * * * *" }, 3), times(1, 2, 3))
      assert.strictEqual(
        (yield* Effect.flip(yard.schedules.preview({ expression: "0 0 30 2 *" }))).code,
        "QUEUE_SCHEDULE_INVALID",
      )
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* firedIn(store), [])
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 3))
      const [run] = yield* yard.list()
      assert.deepStrictEqual([run?.actor, run?.state], ["ann", "succeeded"])
      const [kept] = yield* yard.schedules.list
      assert.deepStrictEqual(kept?.lastRun, { due: 3 * minute, runId: run?.id })
      assert.deepStrictEqual([kept?.nextAt, kept?.firings], [4 * minute, []])
    }),
  )

  it.effect("does nothing where no host is told to", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost({ script: quick })
      yield* yard.schedules.create(minutely, ann)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* firedIn(store), [])
    }),
  )

  for (const [missed, expected] of [
    ["skip", times(300)],
    ["once", times(300)],
    ["all", times(298, 299, 300)],
  ] as const) {
    it.effect(`makes up for what was missed while no host was there, as it says: ${missed}`, () =>
      Effect.gen(function* () {
        const store = yield* openStore
        const first = yield* openHost(store, named("one"))
        yield* first.yard.schedules.create({ ...minutely, missed, maxCatchUp: 3 }, ann)
        yield* first.close
        yield* TestClock.adjust("300 minutes")
        yield* openHost(store, named("other"))
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* firedIn(store), expected)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* firedIn(store), [...expected, 301 * minute])
      }),
    )
  }

  it.effect("that skips leaves out a time that nobody was there for", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const first = yield* openHost(store, named("one"))
      yield* first.yard.schedules.create({ request, expression: "0 3 * * *" }, ann)
      yield* first.close
      yield* TestClock.adjust("200 minutes")
      const { yard } = yield* openHost(store, named("other"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedIn(store), [])
      assert.strictEqual((yield* yard.schedules.list)[0]?.nextAt, (24 + 3) * 60 * minute)
    }),
  )

  it.effect("becomes one run for each time on three hosts", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const { yard } = yield* openHost(store, named("one"))
      yield* openHost(store, named("two"))
      yield* openHost(store, named("three"))
      yield* yard.schedules.create({ ...minutely, missed: "all" }, ann)
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(...Array.from({ length: 20 }, (_, index) => index + 1)))
    }),
  )

  it.effect("has a time taken over whose host cannot submit it", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const trouble = runyardError("STORE_FULL")
      const mute = { ...fires, log: () => ({ append: () => Effect.fail(trouble) }) }
      const { yard } = yield* openHost(store, named("one", mute))
      yield* yard.schedules.create({ ...minutely, missed: "all" }, ann)
      yield* TestClock.adjust("70 seconds")
      assert.deepStrictEqual(yield* firedIn(store), [])
      const [taken] = yield* yard.schedules.list
      assert.deepStrictEqual(
        taken?.firings.map(({ due, host }) => [due, host]),
        [[minute, "one"]],
      )
      yield* openHost(store, named("other"))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* firedIn(store), times(1))
      const [kept] = yield* yard.schedules.list
      assert.deepStrictEqual([kept?.lastRun?.due, kept?.firings], [minute, []])
    }),
  )

  it.effect("does not run twice when the clock is set back", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost(fires)
      yield* yard.schedules.create({ ...minutely, missed: "all" }, ann)
      yield* TestClock.adjust("5 minutes")
      yield* TestClock.setTime(2.5 * minute)
      yield* TestClock.adjust("150 seconds")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 3, 4, 5))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 3, 4, 5, 6))
    }),
  )

  it.effect("waits while it is paused, goes on with times to come, and is gone when it is removed", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost(fires)
      const { id } = yield* yard.schedules.create({ ...minutely, missed: "all" }, ann)
      yield* TestClock.adjust("61 seconds")
      const still = yield* yard.schedules.pause(id, ann)
      assert.deepStrictEqual([still.enabled, still.nextAt], [false, undefined])
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(1))
      yield* yard.schedules.resume(id, ann)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 12))
      yield* yard.schedules.remove(id, ann)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 12))
      assert.deepStrictEqual(yield* yard.schedules.list, [])
    }),
  )

  it.effect("says what its last time was refused with, and goes on", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost({ ...fires, script: hang, settings: { schedules: true, queueBound: 1 } })
      yield* yard.schedules.create(minutely, ann)
      yield* TestClock.adjust("3 minutes")
      const [full] = yield* yard.schedules.list
      assert.deepStrictEqual(full?.lastRefusal?.error.code, "QUEUE_FULL")
      assert.deepStrictEqual([full?.lastRefusal?.due, full?.lastRun?.due], [3 * minute, 2 * minute])
      const [second] = yield* yard.list()
      if (second !== undefined) yield* yard.cancel(second.id, tester)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 4))
      assert.isUndefined((yield* yard.schedules.list)[0]?.lastRefusal)
    }),
  )

  it.effect("is refused where its times, or its request, are of no use", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ ...fires, settings: { schedules: true, promptSecrets: "allow" } })
      const token = ["ghp", "_", "9mP2qLx7RtVb4WcNz8KdYf3HsJg6Ue1Xa5QZ"].join("")
      const refused = (more: object) =>
        Effect.map(Effect.flip(yard.schedules.create({ ...minutely, ...more }, ann)), ({ code }) => code)
      for (const more of [
        { expression: "61 * * * *" },
        { expression: "0 0 30 2 *" },
        { timeZone: "Atlantis/Poseidonis" },
        { missed: "sometimes" },
        { maxCatchUp: 0 },
        { unknown: true },
        { request: { ...request, idempotencyKey: "k" } },
        { request: { ...request, notBefore: 5 } },
        { request: { ...request, session: { kind: "new", id: "c" } } },
      ]) {
        assert.strictEqual(yield* refused(more), "QUEUE_SCHEDULE_INVALID", JSON.stringify(more))
      }
      assert.strictEqual(yield* refused({ request: { ...request, unknown: 1 } }), "QUEUE_REQUEST_INVALID")
      assert.strictEqual(yield* refused({ request: { ...request, provider: "nobody" } }), "QUEUE_PROVIDER_UNKNOWN")
      assert.strictEqual(yield* refused({ request: { ...request, cwd: "/missing" } }), "IO_DIRECTORY_UNREADABLE")
      // Whatever the host allows for a run: a schedule is stored as it is.
      assert.strictEqual(yield* refused({ request: { ...request, prompt: `use ${token}` } }), "POLICY_SECRET_IN_PROMPT")
      assert.deepStrictEqual(yield* yard.schedules.list, [])
      for (const act of [yard.schedules.pause, yard.schedules.resume, yard.schedules.remove]) {
        assert.strictEqual((yield* Effect.flip(act("sched_none", ann))).code, "QUEUE_SCHEDULE_NOT_FOUND")
      }
    }),
  )
})
