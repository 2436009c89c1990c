import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readResetClock, resetInstant } from "../src/ResetClock.ts"

const at = (iso: string): number => Date.parse(iso)
const resolve = (text: string, now: string): string | undefined => {
  const clock = readResetClock(text)
  const instant = clock === undefined ? undefined : resetInstant(clock, at(now))
  return instant === undefined ? undefined : new Date(instant).toISOString()
}

describe("the time at which a limit ends, in words", () => {
  it("is read in every form that the CLIs print", () => {
    assert.deepStrictEqual(readResetClock("8:48 PM."), { hour: 20, minute: 48 })
    assert.deepStrictEqual(readResetClock("3pm"), { hour: 15, minute: 0 })
    assert.deepStrictEqual(readResetClock("Nov 29th, 2026 9:25 PM."), {
      year: 2026,
      month: 11,
      day: 29,
      hour: 21,
      minute: 25,
    })
    assert.deepStrictEqual(readResetClock("Nov 29, 9:25pm (America/New_York)"), {
      month: 11,
      day: 29,
      hour: 21,
      minute: 25,
      zone: "America/New_York",
    })
    assert.deepStrictEqual(readResetClock("Jan 1, 2030, 12am (UTC)"), {
      year: 2030,
      month: 1,
      day: 1,
      hour: 0,
      minute: 0,
      zone: "UTC",
    })
  })

  it("is not read where there is none", () => {
    for (const text of ["", "later", "13pm", "0am", "8:60 PM", "Foo 3rd, 2026 9:25 PM", "Nov 32, 1pm", "1830"]) {
      assert.isUndefined(readResetClock(text), text)
    }
  })

  it("means the next such time in its zone", () => {
    const now = "2026-11-27T01:18:50Z"
    assert.strictEqual(resolve("8:48pm (America/New_York)", now), "2026-11-27T01:48:00.000Z")
    assert.strictEqual(resolve("8:00pm (America/New_York)", now), "2026-11-28T01:00:00.000Z")
    assert.strictEqual(resolve("Nov 29, 9:25pm (America/New_York)", now), "2026-11-30T02:25:00.000Z")
    assert.strictEqual(resolve("Jan 2, 1am (UTC)", now), "2027-01-02T01:00:00.000Z")
    assert.strictEqual(resolve("Jan 1, 2030, 12am (UTC)", now), "2030-01-01T00:00:00.000Z")
    assert.strictEqual(resolve("3am (Nowhere/None)", now), undefined)
    assert.strictEqual(resolve("Feb 30, 3am (UTC)", now), undefined)
  })

  it("is now when its minute has just passed, and tomorrow when it has long passed", () => {
    assert.strictEqual(resolve("3:00am (UTC)", "2026-11-27T03:05:00Z"), "2026-11-27T03:00:00.000Z")
    assert.strictEqual(resolve("3:00am (UTC)", "2026-11-27T03:15:00Z"), "2026-11-28T03:00:00.000Z")
  })

  it("keeps its wall clock over a change to or from summer time", () => {
    assert.strictEqual(resolve("2pm (Europe/Berlin)", "2026-03-28T20:00:00Z"), "2026-03-29T12:00:00.000Z")
    assert.strictEqual(resolve("2pm (Europe/Berlin)", "2026-10-24T20:00:00Z"), "2026-10-25T13:00:00.000Z")
  })

  it.prop("never throws, whatever the text", { text: Schema.String }, ({ text }) => {
    readResetClock(text)
  })

  it.prop(
    "lies within ten minutes before now and 25 hours after it, without a date",
    {
      now: Schema.Int.check(Schema.isBetween({ minimum: at("2024-01-01"), maximum: at("2030-01-01") })),
      hour: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 23 })),
      minute: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 59 })),
      zone: Schema.Literals(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
    },
    ({ hour, minute, now, zone }) => {
      const instant = resetInstant({ hour, minute, zone }, now)
      assert.isDefined(instant)
      const wait = (instant ?? 0) - now
      assert.isAtLeast(wait, -10 * 60_000)
      assert.isAtMost(wait, 25 * 3_600_000)
    },
  )
})
