/** What a host decides about the order of its queue. A value with safe defaults. */
import * as Schema from "effect/Schema"
import { evenWeights, FairWeights } from "./FairWeights.ts"
import { defaultLimits, Limits } from "./Limits.ts"
import { defaultPrioritySettings, PrioritySettings } from "./Priority.ts"

export const FairSettings = Schema.Struct({
  limits: Limits,
  weights: FairWeights,
  priorities: PrioritySettings,
  /**
   * How long a job of several units, or at limiters that cross, may be passed over by others, in milliseconds, before room
   * is kept for it. Counted from when it could first have been started, and longer by what its class has less of a head
   * start than the most urgent.
   */
  reserveAfterMillis: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
})
export type FairSettings = typeof FairSettings.Type

/** Two runs at once, one for each provider, all lanes alike, and room kept after 10 minutes. */
export const defaultFairSettings: FairSettings = {
  limits: defaultLimits,
  weights: evenWeights,
  priorities: defaultPrioritySettings,
  reserveAfterMillis: 10 * 60_000,
}
