import { assert, describe, it } from "@effect/vitest"
import { isSameClock, localZone, zonedText } from "../../src/schedules/zonedTime.ts"

const noon = Date.UTC(2026, 11, 7, 12)

describe("zonedTime", () => {
  it("shows the clock of a zone, by the minute, or by the second where that is what it is", () => {
    assert.match(zonedText(noon, "Asia/Tokyo"), /0?9:00/)
    assert.notMatch(zonedText(noon, "Asia/Tokyo"), /:00:/)
    assert.match(zonedText(noon + 30_000, "Asia/Tokyo"), /0?9:00:30/)
  })

  it("says whether clocks differ, and takes a zone that nobody knows for the one here", () => {
    assert.isTrue(isSameClock(noon, localZone))
    assert.isTrue(isSameClock(noon, "Mars/Base"))
    assert.isFalse(isSameClock(noon, "Asia/Tokyo") && isSameClock(noon, "America/New_York"))
  })
})
