import { assert, describe, it } from "@effect/vitest"
import type { UsageSum } from "../../src/api/types.ts"
import { byDay, startOf, tokensOf, totalOf, usdOf } from "../../src/usage/usageSum.ts"

const sum = (key: string, more: Partial<UsageSum> = {}): UsageSum => ({
  key,
  attempts: 1,
  tokens: { input: 1, cacheRead: 2, cacheWrite: 3, output: 4, unsplit: 5 },
  tokensUncertain: 0,
  vendor: 1_000_000_000,
  computed: 500_000_000,
  costUnknown: 0,
  ...more,
})

describe("usageSum", () => {
  it("tells an unknown cost from none", () => {
    assert.strictEqual(usdOf(sum("a")), 1.5)
    assert.strictEqual(usdOf(sum("a", { vendor: 0, computed: 0, costUnknown: 1 })), undefined)
    assert.strictEqual(usdOf(sum("a", { attempts: 2, costUnknown: 1 })), 1.5)
    assert.strictEqual(usdOf(totalOf([])), 0)
  })

  it("adds up", () => {
    const total = totalOf([sum("a"), sum("b")])
    assert.deepStrictEqual([total.attempts, usdOf(total), tokensOf(total)], [2, 3, 30])
  })

  it("has each of the last days once, today last, over the change of the clocks", () => {
    for (const at of ["2026-03-31T00:30:00", "2026-10-26T23:30:00", "2026-01-02T12:00:00"]) {
      const now = new Date(at).getTime()
      const days = byDay([sum(at.slice(0, 10), { attempts: 7 })], 30, now)
      assert.strictEqual(new Set(days.map(({ key }) => key)).size, 30)
      assert.strictEqual(days.at(-1)?.attempts, 7)
      const first = new Date(startOf(30, now))
      assert.strictEqual(days[0]?.key.slice(8), String(first.getDate()).padStart(2, "0"))
      assert.strictEqual(first.getHours(), 0)
    }
  })
})
