import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ledgerDay, ledgerDayEnd, ledgerZone } from "../src/LedgerDay.ts"

const zones = [undefined, "UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "Africa/Cairo"]

describe("ledgerDayEnd", () => {
  it.effect.prop(
    "is where the next day begins",
    {
      at: Schema.Int.check(Schema.isBetween({ minimum: Date.UTC(2011, 11, 1), maximum: Date.UTC(2040, 0, 1) })),
      zone: Schema.Literals(zones.map((name) => name ?? "")),
    },
    ({ at, zone: name }) =>
      Effect.sync(() => {
        const zone = ledgerZone(name === "" ? undefined : name)
        const end = ledgerDayEnd(at, zone)
        assert.isAbove(end, at)
        assert.strictEqual(ledgerDay(end - 1, zone), ledgerDay(at, zone))
        assert.notStrictEqual(ledgerDay(end, zone), ledgerDay(at, zone))
      }),
  )

  it("knows days of 23 and of 25 hours, one that begins at one o'clock, and one that a place has left out", () => {
    const length = (day: string, zone: string) => {
      const at = Date.parse(`${day}T12:00:00Z`)
      const end = ledgerDayEnd(at, ledgerZone(zone))
      return (ledgerDayEnd(end, ledgerZone(zone)) - end) / 3_600_000
    }
    assert.strictEqual(length("2024-03-30", "Europe/Berlin"), 23)
    assert.strictEqual(length("2024-10-26", "Europe/Berlin"), 25)
    assert.strictEqual(length("2018-11-03", "America/Sao_Paulo"), 23)
    const apia = ledgerZone("Pacific/Apia")
    const before = Date.parse("2011-12-30T00:00:00Z")
    assert.strictEqual(ledgerDay(before, apia), "2011-12-29")
    assert.strictEqual(ledgerDay(ledgerDayEnd(before, apia), apia), "2011-12-31")
  })
})
