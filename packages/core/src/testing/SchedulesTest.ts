/** What every `Schedules` must do, whatever keeps them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { errorInfo, runyardError } from "../RunyardError.ts"
import { localScope, RunId } from "../Run.ts"
import { answered, claimDue, paused, type RunSchedule, ScheduleId } from "../RunSchedule.ts"
import { maxSchedules, Schedules } from "../Schedules.ts"
import type { StorePlace } from "./StorePlace.ts"

const minute = 60_000
const leaseMillis = 20_000

const scheduleId = (number: number): ScheduleId => ScheduleId.make(`sched_${String(number).padStart(16, "0")}`)

/** Every minute from the second minute on. */
export const everyMinute = (number: number, more: Partial<RunSchedule> = {}): RunSchedule => ({
  id: scheduleId(number),
  scope: localScope,
  request: { provider: "fake", prompt: "p", cwd: "/work" },
  times: { expression: "* * * * *", missed: "all", maxCatchUp: 5 },
  overlap: "allow",
  revision: 1,
  enabled: true,
  by: "ann",
  createdAt: minute,
  doneUntil: minute,
  nextAt: 2 * minute,
  firings: [],
  open: [],
  fires: [],
  ...more,
})

const stop = (schedule: RunSchedule) => Result.succeed(paused(schedule))

type Test = (name: string, body: Effect.Effect<void, unknown, Schedules>) => void

/** @param options `durable`: what is there is there when the same place is opened again. */
export const suite = (backend: string, place: StorePlace, options: { readonly durable: boolean }): void => {
  describe(`Schedules (${backend})`, () => {
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )
    keeping(test)
    claiming(test)
    if (options.durable) lasting(place)
  })
}

const full = everyMinute(2, {
  scope: { platform: "p", tenant: "t", workspace: "w" },
  name: "nightly",
  times: { expression: "0 3 * * *", missed: "once", timeZone: "Europe/Berlin" },
  enabled: false,
  firings: [{ due: 2 * minute, host: "one", takenAt: 2 * minute + 5 }],
  lastRun: { due: minute, runId: RunId.make(`run_${"0".repeat(16)}`) },
  lastRefusal: { due: minute, error: errorInfo("QUEUE_FULL", { detail: { waiting: 3 } }) },
  overlap: "queue",
  revision: 7,
  waiting: 3 * minute,
  open: [RunId.make(`run_${"0".repeat(16)}`)],
  fires: [
    { due: minute, outcome: "run", runId: RunId.make(`run_${"0".repeat(16)}`) },
    { due: minute, by: "bob", outcome: "refused", code: "QUEUE_FULL" },
    { due: minute, outcome: "skipped", why: "missed" },
  ],
})

const keeping = (test: Test): void => {
  test(
    "gives back what it keeps, oldest first",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      yield* schedules.add(everyMinute(1))
      yield* schedules.add(full)
      assert.deepStrictEqual(yield* schedules.list, [everyMinute(1), full])
      assert.deepStrictEqual(yield* schedules.get(full.id), full)
    }),
  )

  test(
    "changes one, and no other",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      yield* schedules.add(everyMinute(1))
      yield* schedules.add(everyMinute(2))
      const after = yield* schedules.change(scheduleId(1), stop)
      assert.deepStrictEqual(after, paused(everyMinute(1)))
      assert.deepStrictEqual(yield* schedules.list, [after, everyMinute(2)])
    }),
  )

  test(
    "changes all that people may change",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      yield* schedules.add(everyMinute(1))
      const after: RunSchedule = {
        ...full,
        id: scheduleId(1),
        createdAt: minute,
        by: "bob",
        request: { provider: "fake", prompt: "other", cwd: "/there" },
      }
      yield* schedules.change(scheduleId(1), () => Result.succeed(after))
      assert.deepStrictEqual(yield* schedules.get(scheduleId(1)), after)
      const refused = schedules.change(scheduleId(1), () => Result.fail(runyardError("QUEUE_SCHEDULE_CHANGED")))
      assert.strictEqual((yield* Effect.flip(refused)).code, "QUEUE_SCHEDULE_CHANGED")
      assert.deepStrictEqual(yield* schedules.get(scheduleId(1)), after)
    }),
  )

  test(
    "tells which have a time that waits, and are not paused",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      const waits = everyMinute(1, { waiting: minute })
      yield* schedules.add(waits)
      yield* schedules.add(everyMinute(2))
      yield* schedules.add(everyMinute(3, { waiting: minute, enabled: false }))
      assert.deepStrictEqual(yield* schedules.waiting, [waits])
      yield* schedules.change(waits.id, () => Result.succeed(everyMinute(1)))
      assert.deepStrictEqual(yield* schedules.waiting, [])
    }),
  )

  test(
    "gives what it removes, and knows nothing of it then",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      yield* schedules.add(everyMinute(1))
      assert.deepStrictEqual(yield* schedules.remove(scheduleId(1)), everyMinute(1))
      assert.deepStrictEqual(yield* schedules.list, [])
      for (const asked of [
        schedules.get(scheduleId(1)),
        schedules.remove(scheduleId(1)),
        schedules.change(scheduleId(1), stop),
      ]) {
        assert.strictEqual((yield* Effect.flip(asked)).code, "QUEUE_SCHEDULE_NOT_FOUND")
      }
    }),
  )

  test(
    "refuses more than its bound, until one is removed",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      for (let number = 1; number <= maxSchedules; number++) yield* schedules.add(everyMinute(number))
      assert.strictEqual((yield* Effect.flip(schedules.add(everyMinute(0)))).code, "QUEUE_SCHEDULES_FULL")
      yield* schedules.remove(scheduleId(7))
      yield* schedules.add(everyMinute(0))
    }),
  )
}

const claiming = (test: Test): void => {
  test(
    "takes what `claimDue` takes, and stores it",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      const waits = everyMinute(2, { nextAt: 30 * minute })
      yield* schedules.add(everyMinute(1))
      yield* schedules.add(waits)
      yield* schedules.add(paused(everyMinute(3)))
      const claimant = { host: "one", now: 4 * minute + 1, leaseMillis }
      const taken = yield* schedules.claim(claimant)
      const expected = claimDue(everyMinute(1), claimant)
      assert.isDefined(expected)
      if (expected === undefined) return
      assert.deepStrictEqual(taken, [expected])
      assert.deepStrictEqual(expected.due, [2 * minute, 3 * minute, 4 * minute])
      assert.deepStrictEqual(yield* schedules.list, [expected.schedule, waits, paused(everyMinute(3))])
    }),
  )

  test(
    "takes nothing before the time, and nothing twice",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      yield* schedules.add(everyMinute(1))
      const at = (now: number, host = "one") => schedules.claim({ host, now, leaseMillis })
      assert.deepStrictEqual(yield* at(2 * minute - 1), [])
      assert.deepStrictEqual((yield* at(2 * minute))[0]?.due, [2 * minute])
      assert.deepStrictEqual(yield* at(2 * minute + 1), [])
      assert.deepStrictEqual(yield* at(2 * minute + 1, "other"), [])
      yield* schedules.change(scheduleId(1), (schedule) =>
        Result.succeed(answered(schedule, 2 * minute, { runId: RunId.make(`run_${"1".repeat(16)}`) })),
      )
      assert.deepStrictEqual(yield* at(2 * minute + 2), [])
      assert.deepStrictEqual((yield* at(3 * minute, "other"))[0]?.due, [3 * minute])
    }),
  )

  test(
    "gives what somebody has asked for to another host, though it is paused",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      const asked = { due: minute + 5, host: "one", takenAt: minute + 5, by: "bob" }
      yield* schedules.add(paused(everyMinute(1, { firings: [asked] })))
      const at = (now: number) => schedules.claim({ host: "other", now, leaseMillis })
      assert.deepStrictEqual(yield* at(minute + 10), [])
      const [taken] = yield* at(minute + 5 + leaseMillis)
      assert.deepStrictEqual([taken?.due, taken?.schedule.firings[0]?.by], [[minute + 5], "bob"])
    }),
  )

  test(
    "gives a time to another host that was taken and not answered for the length of a lease",
    Effect.gen(function* () {
      const schedules = yield* Schedules
      yield* schedules.add(everyMinute(1))
      const at = (now: number, host: string) => schedules.claim({ host, now, leaseMillis })
      yield* at(2 * minute, "one")
      assert.deepStrictEqual(yield* at(2 * minute + leaseMillis - 1, "other"), [])
      assert.deepStrictEqual((yield* at(2 * minute + leaseMillis, "other"))[0]?.due, [2 * minute])
      assert.deepStrictEqual(yield* at(2 * minute + leaseMillis, "one"), [])
    }),
  )
}

const lasting = (place: StorePlace): void => {
  it.effect("keeps them when it is closed", () =>
    Effect.gen(function* () {
      const store = yield* place
      yield* Effect.provide(
        Schedules.use((schedules) => Effect.andThen(schedules.add(everyMinute(1)), schedules.add(full))),
        store,
        { local: true },
      )
      const found = yield* Effect.provide(
        Schedules.use(({ list }) => list),
        store,
        { local: true },
      )
      assert.deepStrictEqual(found, [everyMinute(1), full])
    }),
  )
}
