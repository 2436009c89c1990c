import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { NanoUsd } from "../src/Money.ts"
import { defaultPriceTable as table } from "../src/PriceTable.ts"
import { addTokens, noTokens, type TokenCount, totalTokens } from "../src/TokenCount.ts"
import type { Cost, Usage } from "../src/Usage.ts"
import {
  chargeOf,
  newSession,
  readMeter,
  type SessionTotals,
  startMeter,
  UsageMeter,
  type UsageReading,
} from "../src/UsageMeter.ts"

type Basis = Usage["basis"]
const usage = (inputTokens: number, outputTokens: number, basis: Basis, cachedInputTokens = 0): Usage => ({
  inputTokens,
  cachedInputTokens,
  outputTokens,
  cacheIncluded: true,
  basis,
})
const cost = (usd: number, basis: Basis): Cost => ({ usd, source: "reported", basis })
const meter = (before: SessionTotals, resumed: boolean, ...readings: ReadonlyArray<UsageReading>) =>
  readings.reduce(readMeter, startMeter(before, resumed))
const tokens = (input: number, output: number): TokenCount => ({ ...noTokens, input, output })

const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 }))
const step = Schema.Struct({ input: small, cached: small, output: small, nano: small })
/** Processes of one conversation, each with what it used between two readings. */
const processes = Schema.Array(Schema.Array(step).check(Schema.isMaxLength(6))).check(Schema.isMaxLength(5))
/** How to repeat and reorder the readings of a process. */
const order = Schema.Array(Schema.Natural).check(Schema.isMaxLength(20))

const roundTrip = Schema.decodeUnknownSync(Schema.fromJsonString(UsageMeter))

describe("UsageMeter", () => {
  it("charges a resumed thread of Codex only for what is new in it", () => {
    // As recorded: 12 and 6 a turn, and the thread's total after each process.
    const first = meter(newSession, false, { usage: usage(12, 6, "run") })
    const second = meter(first.after, true, { usage: usage(24, 12, "session") })
    const third = meter(second.after, true, { usage: usage(36, 18, "session") })
    for (const one of [first, second, third]) assert.deepStrictEqual(chargeOf(one, table).tokens, tokens(12, 6))
    assert.deepStrictEqual(third.after.tokens, tokens(36, 18))
  })

  it("charges a fork for nothing of the conversation that it forked from, and that one for nothing of the fork", () => {
    // Claude Code 2.1.329 counts the cost in the same way: 0.018 $, and 0.024 $ after the fork's first turn.
    const origin = meter(newSession, false, { cost: cost(0.018, "run") })
    const forked = meter(origin.after, true, { cost: cost(0.024, "session") })
    assert.strictEqual(chargeOf(forked, table).money, 6_000_000)
    const first = meter(newSession, false, { usage: usage(12, 6, "run") })
    const fork = meter(first.after, true, { usage: usage(24, 12, "session") })
    const goneOn = meter(first.after, true, { usage: usage(30, 9, "session") })
    assert.deepStrictEqual(chargeOf(fork, table).tokens, tokens(12, 6))
    assert.deepStrictEqual(chargeOf(goneOn, table).tokens, tokens(18, 3))
  })

  it("takes Claude Code's own figure, which since 2.1.329 has earlier processes in it", () => {
    const reading = (usd: number, basis: Basis): UsageReading => ({
      usage: { ...usage(12, 6, "run"), cacheIncluded: false },
      cost: cost(usd, basis),
      model: "claude-opus-5-5",
    })
    const first = meter(newSession, false, reading(0.00016800000000000002, "run"))
    const second = meter(first.after, true, reading(0.00033600000000000004, "session"))
    for (const one of [first, second]) {
      assert.deepStrictEqual(chargeOf(one, table), {
        tokens: tokens(12, 6),
        tokensAre: "exact",
        money: NanoUsd.make(168_000),
        costSource: "vendor",
      })
    }
  })

  it("charges a conversation right that versions with and without its count take turns at", () => {
    // Claude Code 2.1.100, 2.1.329, 2.1.100 and 2.1.329 one after the other, as measured.
    const told: ReadonlyArray<readonly [usd: number, basis: Basis, own: number]> = [
      [0.0075, "run", 7_500_000],
      [0.006, "session", 6_000_000],
      [0.0075, "run", 7_500_000],
      [0.012, "session", 6_000_000],
    ]
    let totals: SessionTotals = newSession
    for (const [index, [usd, basis, own]] of told.entries()) {
      const one = meter(totals, index > 0, { cost: cost(usd, basis) })
      assert.strictEqual(chargeOf(one, table).money, own)
      totals = one.after
    }
    // Codex 0.72, 0.121, 0.72 and 0.121.
    totals = newSession
    for (const [index, count] of [1000, 2000, 1000, 2000].entries()) {
      const one = meter(totals, index > 0, { usage: usage(count, count / 10, index % 2 === 0 ? "run" : "session") })
      assert.deepStrictEqual(chargeOf(one, table).tokens, tokens(1000, 100))
      totals = one.after
    }
  })

  it("charges what a killed process could not tell to the one that goes on, where the vendor counted it", () => {
    const killed = meter(newSession, false)
    assert.strictEqual(chargeOf(killed, table).tokensAre, "unknown")
    const next = meter(killed.after, true, { usage: usage(24, 12, "session") })
    assert.deepStrictEqual(chargeOf(next, table).tokens, tokens(24, 12))
  })

  it("computes what no vendor tells, and says with which prices", () => {
    const one = meter(newSession, false, { usage: usage(1_000_000, 100_000, "run", 400_000), model: "gpt-5.2" })
    assert.deepStrictEqual(chargeOf(one, table), {
      tokens: { ...noTokens, input: 600_000, cacheRead: 400_000, output: 100_000 },
      tokensAre: "exact",
      money: NanoUsd.make(1_050_000_000 + 70_000_000 + 1_400_000_000),
      costSource: "price-table",
      priceTable: table.version,
    })
  })

  it("knows no cost where a model, a price or a count is not known, and never takes that for zero", () => {
    const cases: ReadonlyArray<UsageMeter> = [
      meter(newSession, false),
      meter(newSession, false, { usage: usage(0, 0, "run"), model: "gpt-5.2" }),
      meter(newSession, false, { usage: usage(5, 5, "run") }),
      meter(newSession, false, { usage: usage(5, 5, "run"), model: "gpt-5.5" }),
      meter(newSession, false, { totalTokens: 10, model: "gpt-5.2" }),
      meter({}, true, { usage: usage(5, 5, "session"), model: "gpt-5.2" }),
      meter({}, true, { cost: cost(0.5, "session") }),
      meter(
        newSession,
        false,
        { usage: usage(5, 5, "run"), model: "gpt-5.2" },
        { usage: usage(9, 9, "run"), model: "gpt-5.5" },
      ),
    ]
    for (const one of cases) {
      const charge = chargeOf(one, table)
      assert.strictEqual(charge.costSource, "unknown")
      assert.isFalse("money" in charge)
    }
  })

  it("says so when earlier processes that nobody metered are in the count", () => {
    const one = meter({}, true, { usage: usage(900, 100, "session") }, { usage: usage(950, 120, "session") })
    assert.deepStrictEqual([chargeOf(one, table).tokens, chargeOf(one, table).tokensAre], [tokens(50, 20), "at_least"])
    // From here on the conversation's total is known.
    const next = meter(one.after, true, { usage: usage(960, 125, "session") })
    assert.deepStrictEqual([chargeOf(next, table).tokens, chargeOf(next, table).tokensAre], [tokens(10, 5), "exact"])
    const sum = meter({}, true, { totalTokens: 70 })
    assert.deepStrictEqual([chargeOf(sum, table).tokens.unsplit, chargeOf(sum, table).tokensAre], [70, "at_most"])
  })

  it("computes the cost of exact tokens where the vendor's figure is not the process's own", () => {
    const one = meter({}, true, {
      usage: usage(12, 6, "run"),
      cost: cost(3, "session"),
      model: "claude-opus-5-5",
    })
    assert.deepInclude(chargeOf(one, table), { money: NanoUsd.make(168_000), costSource: "price-table" })
  })

  it("takes a count that is below what was known for one that began anew, but not one of zeros", () => {
    const before: SessionTotals = { tokens: tokens(100, 50), money: NanoUsd.make(1_000_000) }
    const anew = meter(before, true, { usage: usage(7, 3, "session"), cost: cost(0.0005, "session") })
    assert.deepInclude(chargeOf(anew, table), { tokens: tokens(7, 3), money: NanoUsd.make(500_000) })
    const zeros = meter(before, true, { usage: usage(0, 0, "session") })
    assert.deepStrictEqual(zeros.after, before)
  })

  it("keeps to 16 models", () => {
    let one = startMeter(newSession, false)
    for (let index = 1; index <= 50; index++) {
      one = readMeter(one, { usage: usage(index, index, "run"), model: `model-${index}` })
    }
    assert.isAtMost(one.models.length, 16)
    assert.deepStrictEqual(one.models.map((part) => part.tokens).reduce(addTokens), one.tokens)
  })

  it.prop(
    "charges each token and each dollar of a conversation once, however often and in whatever order it is told",
    { processes, order, session: Schema.Boolean },
    ({ order, processes, session }) => {
      let totals: SessionTotals = newSession
      let truth = { tokens: noTokens, nano: 0 }
      let charged = { tokens: noTokens, nano: 0 }
      processes.forEach((steps, index) => {
        const basis: Basis = session && index > 0 ? "session" : "run"
        const from = basis === "session" ? truth : { tokens: noTokens, nano: 0 }
        let own = { tokens: noTokens, nano: 0 }
        const readings = steps.map(({ cached, input, nano, output }): UsageReading => {
          own = {
            tokens: addTokens(own.tokens, { ...noTokens, input, cacheRead: cached, output }),
            nano: own.nano + nano,
          }
          const told = addTokens(from.tokens, own.tokens)
          return {
            usage: usage(told.input + told.cacheRead, told.output, basis, told.cacheRead),
            cost: cost((from.nano + own.nano) / 1e9, basis),
          }
        })
        const again = order.map((at) => readings[at % Math.max(1, readings.length)])
        const told = [...again, ...readings, ...again]
        let one = startMeter(totals, index > 0)
        let highest = 0
        for (const reading of told) {
          if (reading === undefined) continue
          one = roundTrip(JSON.stringify(readMeter(one, reading)))
          // What was charged once stays charged.
          assert.isAtLeast(totalTokens(one.tokens), highest)
          highest = totalTokens(one.tokens)
          assert.deepStrictEqual(readMeter(one, reading), one)
        }
        const charge = chargeOf(one, table)
        assert.deepStrictEqual(charge.tokens, own.tokens)
        assert.strictEqual(charge.money ?? 0, own.nano)
        truth = { tokens: addTokens(truth.tokens, own.tokens), nano: truth.nano + own.nano }
        charged = { tokens: addTokens(charged.tokens, charge.tokens), nano: charged.nano + (charge.money ?? 0) }
        totals = one.after
      })
      assert.deepStrictEqual(charged, truth)
      if (session) assert.deepStrictEqual(totals, { tokens: truth.tokens, money: NanoUsd.make(truth.nano) })
    },
  )
})
