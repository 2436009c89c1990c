/** How lanes share what they wait for. Pure. */
import * as Schema from "effect/Schema"

/** From 1/100 to 100: what bounds the wait of the lightest. */
export const Weight = Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 100 }))

/** By name; 1 for names that are not listed. */
export const FairWeights = Schema.Struct({
  provider: Schema.Record(Schema.String, Weight),
  tenant: Schema.Record(Schema.String, Weight),
  /** Named `tenant/workspace`; against the other workspaces of its tenant. */
  workspace: Schema.Record(Schema.String, Weight),
})
export type FairWeights = typeof FairWeights.Type

export const evenWeights: FairWeights = { provider: {}, tenant: {}, workspace: {} }

/**
 * A weight that is safe to divide by. Settings that were decoded hold no other; for those that were not: no number is 1,
 * everything else is brought into 1/100 to 100, so that zero and negative weights are the least and not nothing.
 */
export const safeWeight = (asked: number | undefined): number =>
  asked === undefined || Number.isNaN(asked) ? 1 : Math.min(100, Math.max(0.01, asked))

export const weightOf = (weights: FairWeights, kind: keyof FairWeights, name: string): number =>
  safeWeight(Object.hasOwn(weights[kind], name) ? weights[kind][name] : undefined)
