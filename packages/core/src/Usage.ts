/** Tokens and money, as a vendor reports them. */
import * as Schema from "effect/Schema"

export const Usage = Schema.Struct({
  /** As the vendor counts them; `cacheIncluded` says whether cached tokens are among them. */
  inputTokens: Schema.Natural,
  cachedInputTokens: Schema.Natural,
  cacheWriteTokens: Schema.optionalKey(Schema.Natural),
  outputTokens: Schema.Natural,
  /** Part of the output tokens. */
  reasoningTokens: Schema.optionalKey(Schema.Natural),
  /** Codex counts cached tokens among the input, Claude beside it. */
  cacheIncluded: Schema.Boolean,
  /**
   * What the numbers cover: this run alone, or the vendor's whole conversation with earlier runs included
   * (`codex exec` since 0.98 reports the total of the thread).
   */
  basis: Schema.Literals(["run", "session"]),
}).annotate({ identifier: "Usage" })
export type Usage = typeof Usage.Type

/** All tokens that went in, cached or not. */
export const totalInputTokens = (usage: Usage): number =>
  usage.cacheIncluded ? usage.inputTokens : usage.inputTokens + usage.cachedInputTokens + (usage.cacheWriteTokens ?? 0)

export const Cost = Schema.Struct({
  usd: Schema.Finite,
  /** `reported`: the CLI said so, from its own price list. An unknown cost is a missing one, never zero. */
  source: Schema.Literals(["reported"]),
  /** As for usage; Claude Code 2.1.329 counts earlier processes of a resumed session in. */
  basis: Schema.Literals(["run", "session"]),
}).annotate({ identifier: "Cost" })
export type Cost = typeof Cost.Type
