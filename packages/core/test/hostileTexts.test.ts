/** No text makes redaction take more than its share of time. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { defaultRules } from "../src/DefaultRules.ts"
import { makeEngine } from "../src/internal/redactEngine.ts"
import { Redactor } from "../src/Redactor.ts"
import { hostileParts, leastMicros, repeatTo, sampleOf } from "./fixtures/hostileTexts.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session()).pipe(Effect.provide(Redactor.layer())),
)

const micros = (part: string, size: number): number => {
  const before = process.cpuUsage()
  session.text(repeatTo(part, size))
  return process.cpuUsage(before).user
}

describe("Hostile texts", () => {
  it("are made from the form of each rule", () => {
    assert.strictEqual(sampleOf("ab[c-f]{3}(?:x|y)+(?!z)\\d{2,4}-?"), "abcccx77")
    const parts = hostileParts(defaultRules)
    assert.isAtLeast(parts.length, 10 * new Set(defaultRules.map(({ id }) => id)).size)
  })

  it("take time in proportion to their length, whatever rule they are made for", { timeout: 300_000 }, () => {
    const slowest = hostileParts(defaultRules)
      .map((part) => ({ part, took: micros(part, 3_000) }))
      .toSorted((left, right) => right.took - left.took)
      .slice(0, 16)
    for (const { part } of slowest) {
      // A doubling of a square takes four times as long. What a busy machine adds to one look, another does not have.
      const growth = () => Math.sqrt(leastMicros(session, part, 48_000) / leastMicros(session, part, 12_000))
      let least = growth()
      for (let look = 0; look < 4 && least >= 2.5; look++) least = Math.min(least, growth())
      assert.isBelow(least, 2.5, JSON.stringify(part))
    }
  })

  it("cost no more for one more character in the keywords: with a 64th, the table would be twice as long", () => {
    assert.isAtMost(makeEngine(defaultRules, []).matcher.shift, 6)
  })
})
