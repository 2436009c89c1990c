import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { nextRuns, readSchedule } from "../src/CronSchedule.ts"
import { localScope, RunId } from "../src/Run.ts"
import { answered, claimDue, firingKey, paused, type RunSchedule } from "../src/RunSchedule.ts"
import { type CheckedEdit, edited } from "../src/ScheduleEdit.ts"
import { everyMinute } from "../src/testing/SchedulesTest.ts"

const minute = 60_000
const leaseMillis = 20_000
const runId = RunId.make(`run_${"0".repeat(16)}`)
const by = { by: "bob", scope: localScope }
const at = (now: number) => ({ host: "one", now, leaseMillis })
const change = (schedule: RunSchedule, edit: Omit<CheckedEdit, "by" | "revision" | "scope">, now: number) =>
  Result.getOrThrow(edited(schedule, { ...by, revision: schedule.revision, ...edit }, now))

describe("An edit of a schedule", () => {
  it("changes what it names, and nothing else", () => {
    const schedule = everyMinute(1, { name: "old", times: { ...everyMinute(1).times, timeZone: "Europe/Berlin" } })
    assert.deepStrictEqual(change(schedule, {}, 90_000), { ...schedule, revision: 2 })
    assert.deepStrictEqual(change(schedule, { name: "new", overlap: "skip" }, 90_000), {
      ...schedule,
      name: "new",
      overlap: "skip",
      revision: 2,
    })
    const request = { provider: "fake", prompt: "other", cwd: "/work" }
    assert.deepStrictEqual(change(schedule, { request }, 90_000), { ...schedule, request, by: "bob", revision: 2 })
    const bare = change(schedule, { name: null, maxCatchUp: null, timeZone: null, missed: "once" }, 90_000)
    assert.deepStrictEqual([bare.name, bare.times], [undefined, { expression: "* * * * *", missed: "once" }])
  })

  it("is refused for what somebody else has changed since, and where its times are of no use", () => {
    const schedule = everyMinute(1, { revision: 3 })
    const codeOf = (edit: Partial<CheckedEdit>) => {
      const result = edited(schedule, { ...by, revision: 3, ...edit }, 90_000)
      return Result.isFailure(result) ? result.failure.code : "changed"
    }
    assert.strictEqual(codeOf({ revision: 2 }), "QUEUE_SCHEDULE_CHANGED")
    assert.strictEqual(codeOf({ revision: 4 }), "QUEUE_SCHEDULE_CHANGED")
    assert.strictEqual(codeOf({ expression: "0 0 30 2 *" }), "QUEUE_SCHEDULE_INVALID")
    assert.strictEqual(codeOf({ timeZone: "Atlantis/Poseidonis" }), "QUEUE_SCHEDULE_INVALID")
    assert.strictEqual(codeOf({ expression: "0 3 * * *" }), "changed")
  })

  it("has its new times count from now on, and what was due until now still submitted", () => {
    // Due at 2 minutes, and nobody has looked yet.
    const late = change(everyMinute(1), { expression: "30 * * * *" }, 2 * minute + 500)
    assert.deepStrictEqual([late.nextAt, late.doneUntil], [30 * minute, 2 * minute + 500])
    assert.deepStrictEqual(claimDue(late, at(2 * minute + 900))?.due, [2 * minute])
    // A time that was dealt with is not due again by the new plan.
    const done = answered(claimDue(everyMinute(1), at(2 * minute))?.schedule ?? late, 2 * minute, { runId })
    const again = change(done, { expression: "*/2 * * * *" }, 2 * minute)
    assert.deepStrictEqual([again.nextAt, again.firings], [4 * minute, []])
    // The clock of the host that took it was ahead.
    const ahead = change(done, { expression: "*/2 * * * *" }, 2 * minute - 3_000)
    assert.strictEqual(ahead.nextAt, 4 * minute)
  })

  it("leaves one that is paused without times", () => {
    const still = change(paused(everyMinute(1)), { expression: "30 * * * *" }, 5 * minute)
    assert.deepStrictEqual([still.enabled, still.nextAt, still.firings], [false, undefined, []])
    assert.strictEqual(still.times.expression, "30 * * * *")
  })

  const Step = Schema.Struct({
    millis: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200_000 })),
    act: Schema.Literals(["look", "look and die", "*/2 * * * *", "*/3 * * * *", "* * * * *"]),
  })

  it.prop(
    "loses no time and has none count twice, whatever is edited whenever, and whoever dies over it",
    { steps: Schema.Array(Step).check(Schema.isMinLength(1), Schema.isMaxLength(40)) },
    ({ steps }) => {
      let schedule = everyMinute(1, { times: { expression: "* * * * *", missed: "all", maxCatchUp: 100 } })
      let now = minute
      const runs = new Map<string, number>()
      const expected: Array<number> = []
      /** What the plan that holds has between the last change and now. */
      let from = now
      const settle = () => {
        const read = Result.getOrThrow(readSchedule(schedule.times, from))
        expected.push(...nextRuns(read, from, now).due)
        from = now
      }
      const look = (dies: boolean) => {
        const taken = claimDue(schedule, at(now))
        if (taken === undefined) return
        schedule = taken.schedule
        for (const due of taken.due) {
          assert.isFalse(!dies && runs.has(firingKey(schedule, { due })) && !dead.has(due), "submitted twice")
          runs.set(firingKey(schedule, { due }), due)
          if (dies) dead.add(due)
          else schedule = answered(schedule, due, { runId })
        }
      }
      const dead = new Set<number>()
      for (const { act, millis } of steps) {
        now += millis
        if (act === "look" || act === "look and die") look(act === "look and die")
        else {
          settle()
          schedule = change(schedule, { expression: act }, now)
        }
      }
      settle()
      for (let left = 0; left < 4; left++) {
        look(false)
        now += 2 * leaseMillis
      }
      look(false)
      const last = Math.max(...expected, 0)
      assert.deepStrictEqual(
        [...runs.values()].filter((due) => due <= last).toSorted((a, b) => a - b),
        expected,
      )
    },
  )
})
