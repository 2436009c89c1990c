import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { nextRuns, readSchedule } from "../src/CronSchedule.ts"
import * as Result from "effect/Result"
import { RunId } from "../src/Run.ts"
import {
  answered,
  askedNow,
  claimDue,
  ended,
  firingKey,
  paused,
  resumed,
  type RunSchedule,
} from "../src/RunSchedule.ts"
import { errorInfo } from "../src/RunyardError.ts"
import { everyMinute } from "../src/testing/SchedulesTest.ts"

const minute = 60_000
const leaseMillis = 20_000
const runId = RunId.make(`run_${"0".repeat(16)}`)

const at = (now: number, host = "one") => ({ host, now, leaseMillis })

describe("A saved request", () => {
  it("starts one run in place of those that were missed, all of them within a bound, or none", () => {
    const due = (times: Partial<RunSchedule["times"]>) =>
      claimDue(everyMinute(1, { times: { ...everyMinute(1).times, ...times } }), at(60 * minute + 1))?.due
    assert.deepStrictEqual(due({ missed: "once" }), [60 * minute])
    assert.deepStrictEqual(due({ missed: "all", maxCatchUp: 3 }), [58 * minute, 59 * minute, 60 * minute])
    assert.deepStrictEqual(due({ missed: "skip" }), [60 * minute])
  })

  it("leaves what was missed alone when it skips, and goes on with the next time", () => {
    const daily = everyMinute(1, { times: { expression: "0 3 * * *", missed: "skip" }, nextAt: 180 * minute })
    const taken = claimDue(daily, at(185 * minute))
    assert.deepStrictEqual(taken?.due, [])
    assert.strictEqual(taken?.schedule.nextAt, (24 + 3) * 60 * minute)
  })

  it("skips a time that was taken and lost, once it is late", () => {
    const lost = (missed: RunSchedule["times"]["missed"]) =>
      claimDue(
        everyMinute(1, {
          times: { expression: "* * * * *", missed },
          firings: [{ due: 2 * minute, host: "one", takenAt: 2 * minute }],
        }),
        at(5 * minute, "other"),
      )
    assert.deepStrictEqual(lost("skip")?.due, [])
    assert.deepStrictEqual(lost("skip")?.schedule.firings, [])
    assert.deepStrictEqual(lost("once")?.due, [2 * minute])
  })

  it("takes nothing twice when the clock is set back, and goes on when it is right again", () => {
    const first = claimDue(everyMinute(1), at(10 * minute))
    let schedule = first?.schedule ?? everyMinute(1)
    for (const due of first?.due ?? []) schedule = answered(schedule, due, { runId })
    assert.isUndefined(claimDue(schedule, at(3 * minute)))
    assert.isUndefined(claimDue(schedule, at(10 * minute + 1)))
    assert.deepStrictEqual(claimDue(schedule, at(11 * minute))?.due, [11 * minute])
  })

  it("counts from now on after a clock that was days ahead", () => {
    const ahead = 40 * 24 * 60 * minute
    const schedule = everyMinute(1, { doneUntil: ahead, nextAt: ahead + minute })
    const taken = claimDue(schedule, at(10 * minute + 1))
    assert.deepStrictEqual(taken?.due, [])
    assert.strictEqual(taken?.schedule.nextAt, 11 * minute)
    assert.deepStrictEqual(claimDue(taken?.schedule ?? schedule, at(11 * minute))?.due, [11 * minute])
  })

  it("takes nothing while it is paused, nor what was missed meanwhile", () => {
    const still = paused(everyMinute(1))
    assert.isUndefined(claimDue(still, at(60 * minute)))
    const again = Result.getOrThrow(resumed(still, 60 * minute + 1))
    assert.strictEqual(again.nextAt, 61 * minute)
    assert.deepStrictEqual(claimDue(again, at(61 * minute))?.due, [61 * minute])
  })

  it("is paused, with the reason, when it cannot be read any more", () => {
    const lost = everyMinute(1, { times: { expression: "* * * * *", missed: "all", timeZone: "Atlantis/Poseidonis" } })
    const taken = claimDue(lost, at(2 * minute))
    assert.deepStrictEqual(taken?.due, [])
    assert.isFalse(taken?.schedule.enabled)
    assert.strictEqual(taken?.schedule.lastRefusal?.error.code, "QUEUE_SCHEDULE_INVALID")
  })

  it("tells the last refusal until a later time becomes a run", () => {
    const refused = answered(everyMinute(1), 3 * minute, { error: errorInfo("QUEUE_FULL") })
    assert.strictEqual(refused.lastRefusal?.due, 3 * minute)
    assert.isDefined(answered(refused, 2 * minute, { runId }).lastRefusal)
    assert.isUndefined(answered(refused, 4 * minute, { runId }).lastRefusal)
    assert.strictEqual(
      answered(answered(refused, 4 * minute, { runId }), 2 * minute, { runId }).lastRun?.due,
      4 * minute,
    )
  })

  it("remembers what came of its last times, and which were skipped and why", () => {
    const other = RunId.make(`run_${"1".repeat(16)}`)
    const missed = claimDue(
      everyMinute(1, { times: { expression: "0 3 * * *", missed: "skip" }, nextAt: 180 * minute }),
      at(185 * minute),
    )
    assert.deepStrictEqual(missed?.schedule.fires, [{ due: 180 * minute, outcome: "skipped", why: "missed" }])
    const waits = answered(everyMinute(1), 2 * minute, { waitsFor: runId })
    assert.deepStrictEqual([waits.waiting, waits.fires], [2 * minute, []])
    const two = answered(waits, 3 * minute, { waitsFor: runId })
    assert.deepStrictEqual(
      [two.waiting, two.fires],
      [2 * minute, [{ due: 3 * minute, outcome: "skipped", why: "overlap", runId }]],
    )
    const still = paused({ ...two, firings: [{ due: 4 * minute, host: "one", takenAt: 4 * minute }] })
    assert.deepStrictEqual(still.fires.slice(1), [
      { due: 2 * minute, outcome: "skipped", why: "paused" },
      { due: 4 * minute, outcome: "skipped", why: "paused" },
    ])
    assert.deepStrictEqual([still.waiting, still.firings], [undefined, []])
    // It had been submitted: the later word counts.
    const late = answered(still, 4 * minute, { runId: other })
    assert.deepStrictEqual(late.fires.at(-1), { due: 4 * minute, outcome: "run", runId: other })
    assert.strictEqual(late.fires.filter(({ due }) => due === 4 * minute).length, 1)
    assert.deepStrictEqual(late.open, [other])
    assert.deepStrictEqual(ended(late, [other]).open, [])
    let many = everyMinute(1)
    for (let time = 1; time <= 200; time++) {
      many = answered(many, time * minute, { runId: RunId.make(`run_${String(time).padStart(16, "0")}`) })
    }
    assert.deepStrictEqual([many.fires.length, many.open.length, many.lastRun?.due], [20, 100, 200 * minute])
  })

  it("has what somebody asks for now beside its plan, also while it is paused, and hands it on when it is lost", () => {
    const still = askedNow(paused(everyMinute(1)), at(90_500), "bob")
    assert.deepStrictEqual(still.firings, [{ due: 90_500, host: "one", takenAt: 90_500, by: "bob" }])
    const twice = askedNow(still, at(90_500), "ann")
    assert.deepStrictEqual(
      twice.firings.map(({ due }) => due),
      [90_500, 90_501],
    )
    assert.isUndefined(claimDue(still, at(91_000, "other"))?.due[0])
    const over = claimDue(still, at(90_500 + leaseMillis, "other"))
    assert.deepStrictEqual(over?.due, [90_500])
    assert.deepStrictEqual(over?.schedule.firings[0]?.by, "bob")
    assert.deepStrictEqual([over?.schedule.enabled, over?.schedule.nextAt], [false, undefined])
    assert.deepStrictEqual(paused(still).firings, still.firings)
    const running = askedNow(everyMinute(1), at(90_500), "bob")
    const done = answered(running, 90_500, { runId })
    assert.deepStrictEqual([done.nextAt, done.doneUntil], [2 * minute, minute])
    assert.deepStrictEqual(done.fires, [{ due: 90_500, by: "bob", outcome: "run", runId }])
    assert.notStrictEqual(firingKey(running, { due: 2 * minute }), firingKey(running, { due: 2 * minute, by: "bob" }))
  })

  const Step = Schema.Struct({
    host: Schema.Literals(["one", "two", "three"]),
    /** By how much its clock goes on; hosts may be some seconds apart. */
    millis: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 90_000 })),
    skew: Schema.Int.check(Schema.isBetween({ minimum: -3_000, maximum: 3_000 })),
    /** What becomes of the host after it has taken something. */
    fate: Schema.Literals(["answers", "dies before it submits", "dies before it answers"]),
  })

  it.prop(
    "becomes one run for each of its times, whichever hosts take them, die over them, or have other clocks",
    { steps: Schema.Array(Step).check(Schema.isMinLength(1), Schema.isMaxLength(40)) },
    ({ steps }) => {
      let schedule = everyMinute(1, { times: { expression: "* * * * *", missed: "all", maxCatchUp: 100 } })
      let now = minute
      /** What the store of runs makes of keys. */
      const runs = new Map<string, number>()
      const look = (host: string, time: number, fate: (typeof Step.Type)["fate"]) => {
        const taken = claimDue(schedule, { host, now: time, leaseMillis })
        if (taken === undefined) return
        schedule = taken.schedule
        for (const due of taken.due) {
          assert.isAtMost(due, time)
          if (fate === "dies before it submits") return
          runs.set(firingKey(schedule, { due }), due)
          if (fate === "answers") schedule = answered(schedule, due, { runId })
        }
      }
      for (const { fate, host, millis, skew } of steps) {
        now += millis
        look(host, now + skew, fate)
      }
      // Somebody stays: what is taken and lost is taken over, and what came meanwhile follows.
      for (let left = 0; left < 3; left++) look("one", (now += 2 * leaseMillis + 6_000), "answers")
      const read = Result.getOrThrow(readSchedule(schedule.times, minute))
      const expected = nextRuns(read, minute, now).due.slice(-runs.size)
      assert.deepStrictEqual(
        [...runs.values()].toSorted((a, b) => a - b),
        expected,
      )
      assert.strictEqual(runs.size, Math.floor(now / minute) - 1)
      assert.deepStrictEqual(schedule.firings, [])
    },
  )
})
