/** Tokens by what they cost: kinds that do not overlap, whatever the vendor counts into what. */
import * as Schema from "effect/Schema"
import type { Usage } from "./Usage.ts"

export const TokenCount = Schema.Struct({
  /** Read at the full price: neither from a cache nor into one. */
  input: Schema.Natural,
  cacheRead: Schema.Natural,
  cacheWrite: Schema.Natural,
  /** With the tokens of reasoning. */
  output: Schema.Natural,
  /** Told only as one sum, so that no price can be found for them. */
  unsplit: Schema.Natural,
}).annotate({ identifier: "TokenCount" })
export type TokenCount = typeof TokenCount.Type

export const noTokens: TokenCount = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, unsplit: 0 }

/** A reading as disjoint kinds. Vendors that count cached tokens among the input have them taken out. */
export const splitUsage = (usage: Usage): TokenCount => {
  const cacheWrite = usage.cacheWriteTokens ?? 0
  return {
    input: usage.cacheIncluded
      ? Math.max(0, usage.inputTokens - usage.cachedInputTokens - cacheWrite)
      : usage.inputTokens,
    cacheRead: usage.cachedInputTokens,
    cacheWrite,
    output: usage.outputTokens,
    unsplit: 0,
  }
}

const each = (one: TokenCount, other: TokenCount, join: (a: number, b: number) => number): TokenCount => ({
  input: join(one.input, other.input),
  cacheRead: join(one.cacheRead, other.cacheRead),
  cacheWrite: join(one.cacheWrite, other.cacheWrite),
  output: join(one.output, other.output),
  unsplit: join(one.unsplit, other.unsplit),
})

/** Never more than 2⁵³ - 1 of a kind. */
export const addTokens = (one: TokenCount, other: TokenCount): TokenCount =>
  each(one, other, (a, b) => Math.min(Number.MAX_SAFE_INTEGER, a + b))
/** What is left of the first; never less than none. */
export const subtractTokens = (one: TokenCount, other: TokenCount): TokenCount =>
  each(one, other, (a, b) => Math.max(0, a - b))
export const mostTokens = (one: TokenCount, other: TokenCount): TokenCount => each(one, other, Math.max)

export const totalTokens = ({ cacheRead, cacheWrite, input, output, unsplit }: TokenCount): number =>
  Math.min(Number.MAX_SAFE_INTEGER, input + cacheRead + cacheWrite + output + unsplit)
