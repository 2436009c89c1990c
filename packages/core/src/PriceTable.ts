/** What tokens cost by list price, as far as it is known: data with a date and where it comes from. */
import * as Schema from "effect/Schema"
import { canonicalJson } from "./internal/canonicalJson.ts"
import { makeFingerprint } from "./internal/redactFingerprint.ts"
import { clampMoney, type NanoUsd } from "./Money.ts"
import type { TokenCount } from "./TokenCount.ts"

const price = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))

export const ModelPrice = Schema.Struct({
  /** The vendor's id, as its CLI reports it. */
  model: Schema.NonEmptyString,
  /** US dollars for a million tokens. A kind without a price makes what has such tokens unknown, never free. */
  input: price,
  cacheRead: Schema.optionalKey(price),
  cacheWrite: Schema.optionalKey(price),
  output: price,
  /** The day on which this was true, `2026-11-27`. */
  asOf: Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/)),
  /**
   * `measured`: what the vendor's own CLI charged for counted tokens. `published`: the vendor's public list. `settings`:
   * the owner of this installation says so.
   */
  source: Schema.Literals(["measured", "published", "settings"]),
})
export type ModelPrice = typeof ModelPrice.Type

export interface PriceTable {
  /** Names this table in each row of the ledger that was computed with it. */
  readonly version: string
  readonly prices: ReadonlyArray<ModelPrice>
}

/**
 * What Claude Code 2.1.329 charged for a million tokens of one kind. Its price of a cache write depends on how long the
 * cache lives, which the usage does not tell: it is left out. `claude-haiku-5-5` costs five times as much in long requests
 * as in short ones, and a total does not tell how long they were: it is left out.
 */
const measured = (model: string, input: number, output: number, cacheRead: number): ModelPrice => ({
  model,
  input,
  output,
  cacheRead,
  asOf: "2026-11-27",
  source: "measured",
})

/** List prices. They are no invoice: a subscription pays otherwise, and so does whoever has a contract. */
export const defaultPriceTable: PriceTable = {
  version: "2026-11-27",
  prices: [
    measured("claude-opus-5-5", 4, 20, 0.2),
    measured("claude-sonnet-5-5", 2, 10, 0.1),
    measured("claude-opus-5", 5, 25, 0.5),
    measured("claude-sonnet-4-6", 3, 15, 0.3),
    measured("claude-sonnet-4-5-20250929", 3, 15, 0.3),
    measured("claude-haiku-4-5-20251001", 1, 5, 0.1),
    measured("claude-opus-4-5-20251101", 5, 25, 0.5),
    { model: "gpt-5.2", input: 1.75, output: 14, cacheRead: 0.175, asOf: "2025-12-11", source: "published" },
  ],
}

/** The table with these prices in the place of its own; its version then says which ones. */
export const withPrices = (table: PriceTable, prices: ReadonlyArray<ModelPrice>): PriceTable => {
  if (prices.length === 0) return table
  const own = new Map(prices.map((one) => [one.model, one]))
  const sorted = [...own.values()].toSorted((a, b) => (a.model < b.model ? -1 : 1))
  const digest = makeFingerprint(new Uint8Array())(canonicalJson(sorted))
  return {
    version: `${table.version}+settings.${digest}`,
    prices: [...sorted, ...table.prices.filter(({ model }) => !own.has(model))],
  }
}

/** The price of a model, or undefined. Claude Code's mark for the long context, `[1m]`, changes no price. */
export const priceOf = (table: PriceTable, model: string): ModelPrice | undefined => {
  const plain = model.replace(/\[1m\]$/, "")
  return table.prices.find((one) => one.model === model) ?? table.prices.find((one) => one.model === plain)
}

/** Nano-dollars for a million tokens is a whole number for every price with up to nine places. */
const perMillion = (usd: number): bigint => BigInt(Math.round(usd * 1_000_000_000))
const million = 1_000_000n

/**
 * What these tokens of one model cost, to the nearest nano-dollar. Undefined when the table does not know it, or does not
 * know the price of one of the kinds of tokens.
 */
export const costOf = (table: PriceTable, model: string, tokens: TokenCount): NanoUsd | undefined => {
  const found = priceOf(table, model)
  if (found === undefined || tokens.unsplit > 0) return undefined
  let sum = 0n
  for (const kind of ["input", "cacheRead", "cacheWrite", "output"] as const) {
    const usd = found[kind]
    if (tokens[kind] === 0) continue
    if (usd === undefined) return undefined
    sum += BigInt(tokens[kind]) * perMillion(usd)
  }
  return clampMoney((sum + million / 2n) / million)
}
