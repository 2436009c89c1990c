import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { maxHeight, placeOf, scaledHeight, scrollTopOf } from "../../src/run/scrollScale.ts"

const count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5_000_000 }))

describe("scrollScale", () => {
  it("is as high as its rows while a browser can show that, and no higher than its bound", () => {
    assert.strictEqual(scaledHeight({ count: 1_000, rowHeight: 30, viewport: 600 }), 30_000)
    assert.strictEqual(scaledHeight({ count: 1_000_000, rowHeight: 40, viewport: 600 }), maxHeight)
    assert.strictEqual(scaledHeight({ count: 1, rowHeight: 40, viewport: 600 }), 600)
  })

  it("reaches the first and the last row, pixel by pixel at both ends", () => {
    const scale = { count: 1_000_000, rowHeight: 40, viewport: 600 }
    const way = maxHeight - 600
    assert.deepStrictEqual(placeOf(scale, 0), { index: 0, offset: 0 })
    assert.deepStrictEqual(placeOf(scale, 100), { index: 2, offset: 20 })
    assert.deepStrictEqual(placeOf(scale, way), { index: 999_985, offset: 0 })
    assert.deepStrictEqual(placeOf(scale, way - 100), { index: 999_982, offset: 20 })
    assert.strictEqual(scrollTopOf(scale, { index: 999_999, offset: 0 }), way)
    assert.deepStrictEqual(placeOf({ count: 0, rowHeight: 40, viewport: 600 }, 5), { index: 0, offset: 0 })
  })

  it.effect.prop(
    "gives a row back for where the scrollbar stands for it, in order",
    { count, index: count },
    ({ count, index }) =>
      Effect.sync(() => {
        const scale = { count, rowHeight: 33, viewport: 700 }
        const row = index % count
        const top = scrollTopOf(scale, { index: row, offset: 0 })
        const back = placeOf(scale, top)
        const last = Math.max(0, count - 700 / 33)
        assert.approximately(back.index + back.offset / 33, Math.min(row, last), 0.05)
        assert.isAtMost(top, scrollTopOf(scale, { index: row + 1, offset: 0 }))
      }),
  )
})
