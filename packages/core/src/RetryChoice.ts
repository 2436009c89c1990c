/** What a request says about trying again, and what a run's log keeps of each decision. Pure data. */
import * as Schema from "effect/Schema"
import { NanoUsd } from "./Money.ts"
import { type RetryPolicy, RetryReason } from "./RetryPolicy.ts"

const day = 24 * 60 * 60_000

/**
 * `never`: the run has one attempt and is not parked either. Otherwise these replace the host's own values.
 */
export const RetryChoice = Schema.Union([
  Schema.Literal("never"),
  Schema.Struct({
    /** Executions in all, 1 to 20; those that a usage limit refused do not count. */
    maxTries: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20 }))),
    /** From the first start to the start of a retry, without the time that the run was parked; up to 30 days. */
    maxElapsedMillis: Schema.optionalKey(Schema.Natural.check(Schema.isLessThanOrEqualTo(30 * day))),
    /** How often the run may wait for the end of a usage limit, 0 to 100. */
    maxParks: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))),
  }),
]).annotate({ identifier: "RetryChoice" })
export type RetryChoice = typeof RetryChoice.Type

/** The policy for one run. @param choice its request's; `never` is not for this. */
export const chosenPolicy = (policy: RetryPolicy, choice: RetryChoice | undefined): RetryPolicy =>
  choice === undefined || choice === "never" ? policy : { ...policy, ...choice }

/** What was decided about a failed attempt, and why. */
export const RetryNote = Schema.Struct({
  reason: RetryReason,
  /** For people; holds nothing of the run's text. */
  sentence: Schema.String,
  /** The run waits for the end of a limit, and the try is not counted. */
  parked: Schema.optionalKey(Schema.Boolean),
  /** What all attempts so far have cost. Missing: not known. */
  spent: Schema.optionalKey(NanoUsd),
}).annotate({ identifier: "RetryNote" })
export type RetryNote = typeof RetryNote.Type

/** The same, as an attempt keeps it. */
export const AttemptRetry = Schema.Struct({
  ...RetryNote.fields,
  /** When the next attempt is due. Missing: there is none. */
  at: Schema.optionalKey(Schema.Finite),
}).annotate({ identifier: "AttemptRetry" })
export type AttemptRetry = typeof AttemptRetry.Type
