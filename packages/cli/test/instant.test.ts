import { assert, describe, it } from "@effect/vitest"
import { instantOf } from "../src/instant.ts"

const now = Date.UTC(2026, 2, 1, 8)

describe("instantOf", () => {
  it("reads spans from now, and instants", () => {
    const read = ["0s", "90s", "90m", "2h", "3d", "2026-03-01", "2026-03-01T09:30Z", "2026-03-01T09:30:15.5+01:00"]
    assert.deepStrictEqual(
      read.map((text) => instantOf(text, now)),
      [
        now,
        now + 90_000,
        now + 5_400_000,
        now + 7_200_000,
        now + 259_200_000,
        Date.UTC(2026, 2, 1),
        Date.UTC(2026, 2, 1, 9, 30),
        Date.UTC(2026, 2, 1, 8, 30, 15, 500),
      ],
    )
  })

  it("takes nothing else for one", () => {
    const wrong = ["", "5", "m", "-5m", "1.5h", "tomorrow", "2026", "2026-13-01", "1950-01-01", "9999999d", "08:00"]
    for (const text of wrong) assert.isUndefined(instantOf(text, now), text)
  })
})
