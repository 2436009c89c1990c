import { assert, describe, it } from "@effect/vitest"
import { countText, usdText } from "../../src/components/moneyText.ts"
import { aboutText, relativeText, spanText } from "../../src/components/timeText.ts"

const now = new Date("2026-03-01T12:00:00Z").getTime()

describe("timeText", () => {
  it("says spans in two units at most", () => {
    assert.deepStrictEqual([0, 412, 1_000, 61_000, 7_500_000, 90_000_000].map(spanText), [
      "0 ms",
      "412 ms",
      "1 s",
      "1 min 1 s",
      "2 h 5 min",
      "1 d 1 h",
    ])
  })

  it("says how far an instant is, in both directions", () => {
    const at = [2_000, 0, -4_999, -5_000, -180_000, 7_200_000, -3 * 86_400_000]
    assert.deepStrictEqual(
      at.map((distance) => relativeText(now + distance, now)),
      ["now", "just now", "just now", "5 s ago", "3 min ago", "in 2 h", "3 d ago"],
    )
    assert.deepStrictEqual(
      [-60_000, 2_000, 11_000, 7_200_000].map((distance) => aboutText(now + distance, now)),
      ["soon", "soon", "in about 11 s", "in about 2 h"],
    )
  })
})

describe("moneyText", () => {
  it("shows small amounts with the digits that say something, and what is not known as such", () => {
    assert.deepStrictEqual([0, 12.3456, 0.1, 0.0123, 0.000168, undefined].map(usdText), [
      "$0.00",
      "$12.35",
      "$0.10",
      "$0.012",
      "$0.00017",
      "–",
    ])
  })

  it("shortens large counts", () => {
    assert.deepStrictEqual([0, 9_999, 12_400, 2_410_000].map(countText), ["0", "9,999", "12.4K", "2.4M"])
  })
})
