import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  addMoney,
  clampMoney,
  formatMoney,
  fromUsd,
  maxMoney,
  NanoUsd,
  noMoney,
  subtractMoney,
  toUsd,
} from "../src/Money.ts"

const amount = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

describe("Money", () => {
  it("is the nearest nano-dollar of what a vendor says", () => {
    assert.strictEqual(fromUsd(0.00016800000000000002), 168_000)
    assert.strictEqual(fromUsd(0.01), 10_000_000)
    assert.strictEqual(fromUsd(0.0000042000000000000004), 4200)
    assert.strictEqual(fromUsd(9_007_200), maxMoney)
    assert.strictEqual(fromUsd(1e300), maxMoney)
    for (const none of [-0.01, Number.NaN, Number.POSITIVE_INFINITY]) assert.isUndefined(fromUsd(none))
  })

  it("is written with two places or as many as there are", () => {
    const cases: ReadonlyArray<readonly [number, string]> = [
      [0, "0.00 $"],
      [10_000_000, "0.01 $"],
      [168_000, "0.000168 $"],
      [12_500_000_000, "12.50 $"],
      [1, "0.000000001 $"],
      [Number.MAX_SAFE_INTEGER, "9007199.254740991 $"],
    ]
    for (const [nano, text] of cases) assert.strictEqual(formatMoney(NanoUsd.make(nano)), text)
  })

  it.prop("stays a whole amount within its bounds", { one: amount, other: amount }, ({ one, other }) => {
    const [a, b] = [NanoUsd.make(one), NanoUsd.make(other)]
    const sum = addMoney(a, b)
    assert.isTrue(Number.isSafeInteger(sum) && sum >= Math.max(a, b))
    assert.strictEqual(addMoney(b, a), sum)
    if (one <= Number.MAX_SAFE_INTEGER - other) assert.strictEqual(subtractMoney(sum, b), a)
    assert.strictEqual(subtractMoney(a, b), one > other ? one - other : noMoney)
    assert.strictEqual(clampMoney(BigInt(one) * 2n), Math.min(one * 2, maxMoney))
  })

  it.prop(
    "comes back from dollars as it was, up to ten thousand of them",
    { nano: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 * 1_000_000_000 })) },
    ({ nano }) => {
      assert.strictEqual(fromUsd(toUsd(NanoUsd.make(nano))), nano)
    },
  )
})
