/**
 * Turns what a CLI reports again and again, as totals, into what one of its processes used: each token and each dollar
 * once. Pure; one meter for each process, kept beside the attempt.
 */
import * as Schema from "effect/Schema"
import { addMoney, clampMoney, fromUsd, NanoUsd, noMoney, subtractMoney } from "./Money.ts"
import { costOf, type PriceTable } from "./PriceTable.ts"
import { addTokens, mostTokens, noTokens, splitUsage, subtractTokens, TokenCount, totalTokens } from "./TokenCount.ts"
import type { Cost, Usage } from "./Usage.ts"

/**
 * How far the vendor's own count of a conversation has come, through all the processes that it counts. What is missing is
 * not known.
 */
export const SessionTotals = Schema.Struct({
  tokens: Schema.optionalKey(TokenCount),
  money: Schema.optionalKey(NanoUsd),
})
export type SessionTotals = typeof SessionTotals.Type

/** A conversation that has just begun. */
export const newSession: SessionTotals = { tokens: noTokens, money: noMoney }

const ModelTokens = Schema.Struct({ model: Schema.String, tokens: TokenCount })

export const UsageMeter = Schema.Struct({
  /** The conversation's totals when the process started. */
  before: SessionTotals,
  resumed: Schema.Boolean,
  /** The process's own, at the highest reading. */
  tokens: TokenCount,
  /** The highest reading of an output that tells only a sum. */
  sum: Schema.Natural,
  /** The same tokens by the model that was at work; at most 16 models. */
  models: Schema.Array(ModelTokens),
  /** The highest reading is of a turn that goes on: more may have been used than it tells. */
  interim: Schema.optionalKey(Schema.Boolean),
  /** What the vendor says that the process cost. */
  vendor: Schema.optionalKey(NanoUsd),
  /**
   * The readings cover earlier processes too, and what those used is not known: what had been used at the first reading is
   * missing here.
   */
  partial: Schema.Struct({ tokens: Schema.Boolean, money: Schema.Boolean }),
  /** The conversation's totals now, for the meter of the process that goes on with it. */
  after: SessionTotals,
})
export type UsageMeter = typeof UsageMeter.Type

/**
 * A meter for a process that begins a conversation (`newSession`, not resumed), also in place of one that it did not find;
 * or that goes on with one, or with a fork of one: then with the totals that the last meter of that conversation had.
 * Empty totals stand for a conversation that nobody metered.
 */
export const startMeter = (before: SessionTotals, resumed: boolean): UsageMeter => ({
  before,
  resumed,
  tokens: noTokens,
  sum: 0,
  models: [],
  partial: { tokens: false, money: false },
  after: before,
})

/** What a usage event says, and which model was at work. */
export interface UsageReading {
  readonly usage?: Usage
  readonly billed?: Usage
  readonly cost?: Cost
  readonly totalTokens?: number
  readonly interim?: boolean
  readonly model?: string
}

const maxModels = 16

const attribute = (models: UsageMeter["models"], model: string | undefined, more: TokenCount): UsageMeter["models"] => {
  if (totalTokens(more) === 0) return models
  // What nobody can name has no price.
  const name = model ?? ""
  const known = models.some((one) => one.model === name)
  const key = known || models.length < maxModels - 1 ? name : ""
  return models.some((one) => one.model === key)
    ? models.map((one) => (one.model === key ? { model: key, tokens: addTokens(one.tokens, more) } : one))
    : [...models, { model: key, tokens: more }]
}

/** A resumed process of a version that counts only itself. Newer ones that go on with the conversation count differently. */
const isApart = (meter: UsageMeter, { basis }: { readonly basis: Usage["basis"] }): boolean =>
  meter.resumed && basis === "run"

const readTokens = (meter: UsageMeter, usage: Usage, { interim = false, model }: UsageReading): UsageMeter => {
  const reading = splitUsage(usage)
  // `codex exec review` reports zeros whatever it used: they say nothing, and above all not that the count began anew.
  if (totalTokens(reading) === 0) return meter
  let { before, partial } = meter
  if (usage.basis === "session") {
    if (before.tokens === undefined) {
      before = { ...before, tokens: reading }
      partial = { ...partial, tokens: true }
    } else if (totalTokens(reading) < totalTokens(before.tokens)) {
      // The vendor's count began anew: all of it is this process's.
      before = { ...before, tokens: noTokens }
    }
  }
  const own = usage.basis === "session" ? subtractTokens(reading, before.tokens ?? noTokens) : reading
  const tokens = mostTokens(meter.tokens, own)
  // After a Codex 0.72 the count goes on from that process's own; 0.121 and 0.169 do so.
  const counted = isApart(meter, usage) ? noTokens : before.tokens
  const total = counted === undefined ? undefined : addTokens(counted, tokens)
  const { interim: wasOpen = false, ...rest } = meter
  // Only what is as much as all that was told by then is the end of it.
  const open = totalTokens(own) < totalTokens(meter.tokens) ? wasOpen : interim
  return {
    ...rest,
    ...(open ? { interim: true } : {}),
    before,
    partial,
    tokens,
    models: attribute(meter.models, model, subtractTokens(tokens, meter.tokens)),
    after: { ...meter.after, ...(total === undefined ? {} : { tokens: total }) },
  }
}

const readMoney = (meter: UsageMeter, cost: Cost): UsageMeter => {
  const reading = fromUsd(cost.usd)
  if (reading === undefined) return meter
  let { before, partial } = meter
  if (cost.basis === "session") {
    if (before.money === undefined) {
      before = { ...before, money: reading }
      partial = { ...partial, money: true }
    } else if (reading < before.money) {
      before = { ...before, money: noMoney }
    }
  }
  const own = cost.basis === "session" ? subtractMoney(reading, before.money ?? noMoney) : reading
  const vendor = clampMoney(Math.max(own, meter.vendor ?? 0))
  // After a Claude Code 2.1.100 the count is as it was before; 2.1.329 goes on from there.
  const total = before.money === undefined || isApart(meter, cost) ? before.money : addMoney(before.money, vendor)
  return {
    ...meter,
    before,
    partial,
    vendor,
    after: { ...meter.after, ...(total === undefined ? {} : { money: total }) },
  }
}

/**
 * Adds a reading. Readings are totals, so that one that comes twice, late, or out of order changes nothing: only the
 * highest counts.
 */
export const readMeter = (meter: UsageMeter, reading: UsageReading): UsageMeter => {
  let next = meter
  if (reading.usage !== undefined) next = readTokens(next, reading.usage, reading)
  if (reading.billed !== undefined) next = readTokens(next, reading.billed, reading)
  if (reading.cost !== undefined) next = readMoney(next, reading.cost)
  if (reading.totalTokens !== undefined) next = { ...next, sum: Math.max(next.sum, reading.totalTokens) }
  return next
}

/** What a process used and cost, with where each number is from. */
export const Charge = Schema.Struct({
  tokens: TokenCount,
  /**
   * `exact`; `at_least`, when the process ended in the middle of a turn, or the vendor's total had a part of earlier processes in it that nobody metered; `at_most`, when
   * it may have had; `unknown`, when nothing was reported. Zeros of `unknown` mean nothing.
   */
  tokensAre: Schema.Literals(["exact", "at_least", "at_most", "unknown"]),
  /** Missing: not known. Never zero for that reason. */
  money: Schema.optionalKey(NanoUsd),
  costSource: Schema.Literals(["vendor", "price-table", "unknown"]),
  /** The version of the table that the cost was computed with. */
  priceTable: Schema.optionalKey(Schema.String),
})
export type Charge = typeof Charge.Type

const computed = (meter: UsageMeter, table: PriceTable): NanoUsd | undefined => {
  let sum = noMoney
  for (const { model, tokens } of meter.models) {
    const cost = costOf(table, model, tokens)
    if (cost === undefined) return undefined
    sum = addMoney(sum, cost)
  }
  return sum
}

const certainty = (meter: UsageMeter, tokens: TokenCount): Charge["tokensAre"] => {
  // A process that cost nothing used nothing; otherwise no tokens are none that were told.
  if (meter.partial.tokens || meter.interim === true) return "at_least"
  if (totalTokens(tokens) === 0) return meter.vendor === 0 && !meter.partial.money ? "exact" : "unknown"
  return tokens.unsplit > 0 && meter.resumed ? "at_most" : "exact"
}

/**
 * The process's total so far. The vendor's own figure counts where there is one, else the table's, as long as it knows
 * the price of every token.
 */
export const chargeOf = (meter: UsageMeter, table: PriceTable): Charge => {
  const unsplit = Math.max(0, meter.sum - totalTokens(meter.tokens))
  const tokens: TokenCount = { ...meter.tokens, unsplit }
  const tokensAre = certainty(meter, tokens)
  if (meter.vendor !== undefined && !meter.partial.money) {
    return { tokens, tokensAre, money: meter.vendor, costSource: "vendor" }
  }
  const money = tokensAre === "exact" && unsplit === 0 ? computed(meter, table) : undefined
  return money === undefined
    ? { tokens, tokensAre, costSource: "unknown" }
    : { tokens, tokensAre, money, costSource: "price-table", priceTable: table.version }
}
