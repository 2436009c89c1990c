import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { amountText, limitText, readAmount, sharedText, usedText, writeAmount } from "../../src/usage/budgetText.ts"

const Amount = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000_000 }))

describe("budgetText", () => {
  it.prop("reads what it writes", [Schema.Literals(["money", "tokens", "turns", "wall"]), Amount], ([kind, count]) => {
    // Whole cents, and whole seconds.
    const amount = kind === "money" ? count * 10_000_000 : kind === "wall" ? count * 1_000 : count
    assert.strictEqual(readAmount(kind, writeAmount(kind, amount)), amount)
  })

  it("reads amounts as people write them, and nothing else", () => {
    assert.strictEqual(readAmount("money", "$1,200.50"), 1_200_500_000_000)
    assert.strictEqual(readAmount("tokens", " 2_000_000 "), 2_000_000)
    assert.strictEqual(readAmount("wall", "1h 30m"), 5_400_000)
    for (const typed of ["", "-1", "many", "1e99", "NaN"]) {
      assert.isUndefined(readAmount("money", typed), typed)
      assert.isUndefined(readAmount("wall", typed), typed)
    }
    assert.isUndefined(readAmount("turns", "1.5"))
  })

  it("says amounts, limits and who shares them", () => {
    const rule = {
      id: "a",
      kind: "money",
      limit: 20_000_000_000,
      scope: "all",
      unknown: "allow",
      window: "day",
    } as const
    assert.strictEqual(amountText("turns", 1), "1 turn")
    assert.strictEqual(limitText(rule), "$20.00 a day (UTC)")
    assert.strictEqual(limitText({ ...rule, kind: "wall", limit: 0, window: "total" }), "0 s in all")
    assert.strictEqual(usedText({ ...rule, kind: "tokens", limit: 2_000_000 }, 900), "900 of 2M tokens used")
    assert.strictEqual(sharedText(rule), "All runs together")
    assert.strictEqual(sharedText({ ...rule, scope: "tenant", subject: "acme" }), "The tenant acme")
  })
})
