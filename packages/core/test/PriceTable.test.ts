import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { costOf, defaultPriceTable as table, ModelPrice, priceOf, withPrices } from "../src/PriceTable.ts"
import { addTokens, noTokens, splitUsage, TokenCount, totalTokens } from "../src/TokenCount.ts"
import { totalInputTokens, Usage } from "../src/Usage.ts"

const count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000_000 }))
const tokens = Schema.Struct({ input: count, cacheRead: count, cacheWrite: count, output: count, unsplit: count })

describe("PriceTable", () => {
  it("gives what the CLI itself charged", () => {
    const cases: ReadonlyArray<readonly [model: string, input: number, output: number, nano: number]> = [
      ["claude-opus-5-5", 12, 6, 168_000],
      ["claude-opus-5-5", 100_000, 5000, 500_000_000],
      ["claude-sonnet-4-6", 100_000, 5000, 375_000_000],
      ["claude-haiku-4-5-20251001", 96, 48, 336_000],
      ["claude-opus-5[1m]", 72, 36, 1_260_000],
      ["claude-opus-4-5-20251101", 12, 6, 210_000],
    ]
    for (const [model, input, output, nano] of cases) {
      assert.strictEqual(costOf(table, model, { ...noTokens, input, output }), nano, model)
    }
    assert.strictEqual(costOf(table, "gpt-5.2", { ...noTokens, cacheRead: 1_000_000 }), 175_000_000)
  })

  it("does not know what it does not know", () => {
    const some = { ...noTokens, input: 1, output: 1 }
    for (const model of ["gpt-5.5", "claude-haiku-5-5", "nosuchmodel", ""])
      assert.isUndefined(costOf(table, model, some))
    assert.isUndefined(costOf(table, "claude-opus-5-5", { ...some, cacheWrite: 1 }))
    assert.isUndefined(costOf(table, "claude-opus-5-5", { ...some, unsplit: 1 }))
  })

  it("says of each price since when and from where", () => {
    for (const one of table.prices) Schema.decodeUnknownSync(ModelPrice)(one)
    assert.strictEqual(new Set(table.prices.map(({ model }) => model)).size, table.prices.length)
  })

  it("takes the prices of the settings before its own, and names them in its version", () => {
    const own: ModelPrice = { model: "gpt-5.5", input: 2, output: 8, asOf: "2026-11-01", source: "settings" }
    const other: ModelPrice = { ...own, model: "claude-opus-5-5" }
    const one = withPrices(table, [own, other])
    assert.strictEqual(costOf(one, "gpt-5.5", { ...noTokens, input: 1_000_000 }), 2_000_000_000)
    assert.strictEqual(priceOf(one, "claude-opus-5-5")?.source, "settings")
    assert.strictEqual(priceOf(one, "gpt-5.2"), priceOf(table, "gpt-5.2"))
    assert.match(one.version, /^2026-11-27\+settings\.[0-9a-f]{8}$/)
    assert.strictEqual(withPrices(table, [other, own]).version, one.version)
    assert.notStrictEqual(withPrices(table, [own]).version, one.version)
    assert.strictEqual(withPrices(table, []), table)
  })

  it.prop("costs more for more, and as much in one sum as in its parts", { one: tokens, other: tokens }, (sample) => {
    const one = { ...sample.one, cacheWrite: 0, unsplit: 0 }
    const other = { ...sample.other, cacheWrite: 0, unsplit: 0 }
    for (const { model } of table.prices) {
      const [a, b, both] = [one, other, addTokens(one, other)].map((part) => costOf(table, model, part) ?? Number.NaN)
      if (a === undefined || b === undefined || both === undefined) throw new Error("no price")
      assert.isAtMost(Math.abs(a + b - both), 1)
      assert.isAtLeast(both, Math.max(a, b))
    }
  })
})

describe("TokenCount", () => {
  it.prop("has every token of a usage once, whatever the vendor counts into what", { usage: Usage }, ({ usage }) => {
    const split = splitUsage(usage)
    Schema.decodeUnknownSync(TokenCount)(split)
    const sane = !usage.cacheIncluded || usage.cachedInputTokens + (usage.cacheWriteTokens ?? 0) <= usage.inputTokens
    const whole = totalInputTokens(usage) + usage.outputTokens
    if (sane && whole <= Number.MAX_SAFE_INTEGER) assert.strictEqual(totalTokens(split), whole)
  })
})
