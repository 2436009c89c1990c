/** No text makes redaction take more than its share of time. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { defaultRules } from "../src/DefaultRules.ts"
import { Redactor } from "../src/Redactor.ts"
import { hostileParts, repeatTo, sampleOf } from "./fixtures/hostileTexts.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(Effect.provide(Redactor.layer())),
)

/** CPU, as others may use the machine as well. */
const micros = (text: string): number => {
  const before = process.cpuUsage()
  session.text(text)
  return process.cpuUsage(before).user
}
const least = (part: string, size: number): number => Math.min(...[1, 2, 3].map(() => micros(repeatTo(part, size))))

describe("Hostile texts", () => {
  it("are made from the form of each rule", () => {
    assert.strictEqual(sampleOf("ab[c-f]{3}(?:x|y)+(?!z)\\d{2,4}-?"), "abcccx77")
    const parts = hostileParts(defaultRules)
    assert.isAtLeast(parts.length, 10 * new Set(defaultRules.map(({ id }) => id)).size)
  })

  it("take time in proportion to their length, whatever rule they are made for", { timeout: 300_000 }, () => {
    const slowest = hostileParts(defaultRules)
      .map((part) => ({ part, took: micros(repeatTo(part, 3_000)) }))
      .toSorted((left, right) => right.took - left.took)
      .slice(0, 16)
    for (const { part } of slowest) {
      // Where a doubling takes more than 2.5 times as long, another look decides: a square takes four times as long.
      const growth = () => Math.sqrt(least(part, 48_000) / least(part, 12_000))
      assert.isBelow(Math.min(growth(), growth()), 2.5, JSON.stringify(part))
    }
  })
})
