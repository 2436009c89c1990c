import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type CronSchedule, MissedPolicy, nextRuns, readSchedule } from "../src/CronSchedule.ts"

const at = (iso: string): number => Date.parse(iso)
const iso = (millis: number | undefined): string | undefined =>
  millis === undefined ? undefined : new Date(millis).toISOString().replace(":00.000Z", "Z")
const start = at("2026-01-01T00:00:00Z")

const read = (expression: string, fields: Partial<CronSchedule> = {}) =>
  Result.getOrThrow(readSchedule({ expression, missed: "all", ...fields }, start))
/** All times between two instants, each asked for when it is due. */
const walk = (expression: string, timeZone: string, from: string, to: string): ReadonlyArray<string | undefined> => {
  const schedule = read(expression, { timeZone })
  const found: Array<string | undefined> = []
  let lastAt = at(from)
  for (;;) {
    const { next } = nextRuns(schedule, lastAt, lastAt)
    if (next === undefined || next > at(to)) return found
    const answer = nextRuns(schedule, lastAt, next)
    assert.deepStrictEqual(answer.due, [next])
    found.push(iso(next))
    lastAt = answer.lastAt
  }
}

describe("CronSchedule", () => {
  it("refuses what it cannot read, and what never comes", () => {
    const cases: ReadonlyArray<Partial<CronSchedule>> = [
      { expression: "* * *" },
      { expression: "61 * * * *" },
      { expression: "" },
      { expression: "0 0 30 2 *" },
      { expression: "* * * * *", timeZone: "Nowhere/None" },
    ]
    for (const fields of cases) {
      const result = readSchedule({ expression: "* * * * *", missed: "skip", ...fields }, start)
      assert.isTrue(Result.isFailure(result) && result.failure.code === "QUEUE_SCHEDULE_INVALID", fields.expression)
    }
  })

  it("keeps to the wall clock of its zone", () => {
    assert.deepStrictEqual(walk("0 9 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", "2026-03-30T12:00:00Z"), [
      "2026-03-28T08:00Z",
      "2026-03-29T07:00Z",
      "2026-03-30T07:00Z",
    ])
  })

  it("runs once for a time in the hour that is left out, in the hour after", () => {
    for (const minutes of ["30", "15,45"]) {
      const times = walk(`${minutes} 2 * * *`, "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z")
      assert.deepStrictEqual(times, [`2026-03-29T01:${minutes.slice(0, 2)}Z`])
    }
  })

  it("makes up once for a missed hour that was left out, however many times it names", () => {
    const schedule = read("15,45 2 * * *", { timeZone: "Europe/Berlin" })
    const moved = at("2026-03-29T01:15:00Z")
    const now = at("2026-03-29T12:00:00Z")
    for (const lastAt of [at("2026-03-28T12:00:00Z"), moved - 1]) {
      assert.deepStrictEqual(nextRuns(schedule, lastAt, now).due, [moved])
    }
    assert.deepStrictEqual(nextRuns(schedule, moved, now).due, [])
  })

  it("runs once for a time in the hour that is repeated, but in both when it runs in every hour", () => {
    assert.deepStrictEqual(walk("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"), [
      "2026-10-25T00:30Z",
    ])
    assert.deepStrictEqual(walk("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z"), [
      "2026-10-25T00:00Z",
      "2026-10-25T01:00Z",
      "2026-10-25T02:00Z",
    ])
  })

  it("does with missed times as it is told", () => {
    const lastAt = at("2026-05-01T00:00:00Z")
    const now = at("2026-05-01T05:30:00Z")
    const ask = (fields: Partial<CronSchedule>, when = now) => {
      const { due, left, next } = nextRuns(read("0 * * * *", fields), lastAt, when)
      return { due: due.map(iso), left, next: iso(next) }
    }
    const next = "2026-05-01T06:00Z"
    assert.deepStrictEqual(ask({ missed: "skip" }), { due: [], left: true, next })
    assert.deepStrictEqual(ask({ missed: "once" }), { due: ["2026-05-01T05:00Z"], left: true, next })
    assert.deepStrictEqual(ask({ missed: "all" }).due.length, 5)
    assert.deepStrictEqual(ask({ missed: "all", maxCatchUp: 2 }), {
      due: ["2026-05-01T04:00Z", "2026-05-01T05:00Z"],
      left: true,
      next,
    })
    // A timer that is late by some seconds has missed nothing.
    assert.deepStrictEqual(ask({ missed: "skip" }, at("2026-05-01T05:00:30Z")).due, ["2026-05-01T05:00Z"])
    assert.deepStrictEqual(ask({}, lastAt - 1000).due, [])
  })

  it("costs no more after years than after a day", () => {
    const everySecond = read("* * * * * *", { missed: "all" })
    const { due, left } = nextRuns(everySecond, start, at("2036-01-01T00:00:00Z"))
    assert.deepStrictEqual([due.length, left], [10, true])
  })

  const expressions = [
    "* * * * *",
    "*/7 * * * *",
    "0 * * * *",
    "30 2 * * *",
    "15,45 2 * * *",
    "5 0,12 * * 1-5",
    "0 3 1 * *",
    "59 23 31 12 *",
    "*/20 1-3 * * 0",
  ]

  it.prop(
    "neither repeats nor goes back, whenever it is asked, and all times together are those that come one by one",
    {
      expression: Schema.Literals(expressions),
      timeZone: Schema.Literals(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
      missed: MissedPolicy,
      // About the changes to and from summer time in most of the zones.
      from: Schema.Literals(["2026-03-07T20:00Z", "2026-03-28T20:00Z", "2026-10-24T20:00Z", "2026-10-31T20:00Z"]),
      steps: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 * 3_600_000 }))).check(
        Schema.isMaxLength(8),
      ),
    },
    ({ expression, from, missed, steps, timeZone }) => {
      const schedule = read(expression, { timeZone, missed, maxCatchUp: 20 })
      let lastAt = at(from)
      let now = lastAt
      const started: Array<number> = []
      let complete = true
      for (const step of steps) {
        now += step
        const answer = nextRuns(schedule, lastAt, now)
        for (const time of answer.due) {
          assert.isAbove(time, started.at(-1) ?? at(from))
          assert.isAtMost(time, now)
          started.push(time)
        }
        if (missed === "once" || missed === "skip") assert.isAtMost(answer.due.length, 1)
        assert.isAtLeast(answer.lastAt, lastAt)
        assert.isAbove(answer.next ?? now + 1, now)
        // What was dealt with is not due a second time.
        assert.deepStrictEqual(nextRuns(schedule, answer.lastAt, now).due, [])
        complete &&= !answer.left
        lastAt = answer.lastAt
      }
      if (missed === "all" && complete) {
        const one = walk(expression, timeZone, from, new Date(now).toISOString())
        assert.deepStrictEqual(started.map(iso), one)
      }
    },
  )
})
