import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readDuration, writeDuration } from "../../src/composer/durationText.ts"

describe("durationText", () => {
  it("reads spans as people write them", () => {
    const read = ["90m", "2h 30m", "2h30m", "45 s", "1d", "15", "1.5h", " 10 MIN "].map(readDuration)
    assert.deepStrictEqual(
      read,
      [90, 150, 150, 0.75, 1440, 15, 90, 10].map((minutes) => minutes * 60_000),
    )
  })

  it("reads nothing into what is no span", () => {
    for (const text of ["", "soon", "-5m", "5 y", "m", "1e3", "5m!"]) assert.strictEqual(readDuration(text), undefined)
  })

  it.prop(
    "reads what it writes",
    { seconds: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 })) },
    ({ seconds }) => {
      assert.strictEqual(readDuration(writeDuration(seconds * 1000)), seconds * 1000)
    },
  )
})
