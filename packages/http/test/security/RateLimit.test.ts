import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { places, rateLimit } from "../../src/security/RateLimit.ts"

describe("rateLimit", () => {
  const millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5_000 }))

  it.prop(
    "never lets through more than the burst and what has come since",
    { gaps: Schema.Array(millis) },
    ({ gaps }) => {
      const limit = rateLimit({ burst: 5, perSecond: 2 })
      let now = 0
      let taken = 0
      for (const gap of gaps) {
        now += gap
        if (limit.take("one", now) === undefined) taken++
        assert.isAtMost(taken, 5 + (now / 1000) * 2 + 1e-6)
      }
    },
  )

  it("says exactly when there is a place again", () => {
    const limit = rateLimit({ burst: 1, perSecond: 2 })
    assert.isUndefined(limit.take("one", 0))
    const wait = limit.take("one", 0) ?? 0
    assert.strictEqual(wait, 500)
    assert.isDefined(limit.take("one", wait - 1))
    assert.isUndefined(limit.take("one", wait))
  })

  it("keeps principals apart, and a clock that goes back gives nothing", () => {
    const limit = rateLimit({ burst: 1, perSecond: 1 })
    assert.isUndefined(limit.take("one", 1_000))
    assert.isUndefined(limit.take("two", 1_000))
    assert.isDefined(limit.take("one", 0))
  })

  it("keeps 1,024 principals in mind and no more", () => {
    const limit = rateLimit({ burst: 1, perSecond: 0.001 })
    assert.isUndefined(limit.take("first", 0))
    for (let index = 0; index < 1_023; index++) limit.take(`other ${index}`, 0)
    assert.isDefined(limit.take("first", 0))
    for (let index = 0; index < 1_024; index++) limit.take(`stranger ${index}`, 0)
    assert.isUndefined(limit.take("first", 0))
  })
})

describe("places", () => {
  it("are given back once, whoever asks twice", () => {
    const two = places(2)
    const first = two.take("one")
    const second = two.take("one")
    assert.isUndefined(two.take("one"))
    assert.isDefined(two.take("other"))
    first?.()
    first?.()
    assert.isDefined(two.take("one"))
    assert.isUndefined(two.take("one"))
    second?.()
    assert.isDefined(two.take("one"))
  })
})
