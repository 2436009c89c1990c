import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { NanoUsd } from "../src/Money.ts"
import { localScope, RunId } from "../src/Run.ts"
import { noTokens } from "../src/TokenCount.ts"
import { LedgerEntry, LedgerGrouping, summarize } from "../src/LedgerEntry.ts"
import type { Charge } from "../src/UsageMeter.ts"

const entry = (at: string, charge: Partial<Charge>, fields: Partial<LedgerEntry> = {}): LedgerEntry => ({
  runId: RunId.make("run_0000000000000000"),
  attempt: 1,
  scope: localScope,
  provider: "claude",
  actor: "ada",
  initiator: "request",
  at: Date.parse(at),
  charge: { tokens: { ...noTokens, input: 10 }, tokensAre: "exact", costSource: "unknown", ...charge },
  ...fields,
})
const vendor: Partial<Charge> = { money: NanoUsd.make(168_000), costSource: "vendor" }
const computed: Partial<Charge> = { money: NanoUsd.make(5), costSource: "price-table", priceTable: "2026-11-27" }

describe("LedgerEntry", () => {
  it("sums by day, in the day's own zone, and keeps apart what is told, computed and unknown", () => {
    const entries = [
      entry("2026-11-27T23:30:00Z", vendor),
      entry("2026-11-28T08:00:00Z", computed),
      entry("2026-11-28T09:00:00Z", { tokensAre: "at_least" }),
    ]
    const berlin = summarize(entries, "day", "Europe/Berlin")
    assert.deepStrictEqual(berlin, [
      {
        key: "2026-11-28",
        attempts: 3,
        tokens: { ...noTokens, input: 30 },
        tokensUncertain: 1,
        vendor: NanoUsd.make(168_000),
        computed: NanoUsd.make(5),
        costUnknown: 1,
      },
    ])
    assert.deepStrictEqual(
      summarize(entries, "day").map(({ attempts, key }) => [key, attempts]),
      [
        ["2026-11-27", 1],
        ["2026-11-28", 2],
      ],
    )
    assert.deepStrictEqual(
      summarize([...entries, entry("2026-11-28T09:00:00Z", {}, { provider: "codex" })], "provider").map(
        ({ attempts, key }) => [key, attempts],
      ),
      [
        ["claude", 3],
        ["codex", 1],
      ],
    )
  })

  it.prop(
    "has each entry once in its sums, by whatever they are made",
    { entries: Schema.Array(LedgerEntry), by: LedgerGrouping },
    ({ by, entries }) => {
      const sane = entries.map((one) => ({ ...one, at: Math.abs(one.at) % 4e12 }))
      const sums = summarize(sane, by)
      assert.strictEqual(
        sums.reduce((all, { attempts }) => all + attempts, 0),
        entries.length,
      )
      assert.strictEqual(
        sums.reduce((all, { costUnknown }) => all + costUnknown, 0),
        entries.filter(({ charge }) => charge.money === undefined).length,
      )
      assert.strictEqual(new Set(sums.map(({ key }) => key)).size, sums.length)
      assert.deepStrictEqual(summarize(sane.toReversed(), by), sums)
    },
  )
})
