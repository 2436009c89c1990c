/** Whether a failed run is tried again, when, and why: one pure decision, with its reason. */
import * as Schema from "effect/Schema"
import type { Passage } from "./CircuitBreaker.ts"
import { formatMoney, type NanoUsd } from "./Money.ts"
import type { ErrorInfo } from "./RunyardError.ts"
import type { SideEffects } from "./SideEffects.ts"
import { limitReset } from "./UsageLimit.ts"

export interface RetryPolicy {
  /** Executions in all, the first one among them; those that a usage limit refused do not count. 1: no retry. */
  readonly maxTries: number
  /** The first wait is a random part of this; the range doubles with each try up to the longest. */
  readonly baseMillis: number
  readonly maxDelayMillis: number
  /** From the first start to the start of a retry, without the time that the run was parked. */
  readonly maxElapsedMillis: number
  /** What the run may have spent when it is tried again. Undefined: no such limit. */
  readonly maxMoney?: NanoUsd
  /** With `maxMoney`: whether a run whose cost is not known is tried again. */
  readonly unknownMoney: "stop" | "allow"
  /** A vendor that asks for a longer wait than this has its run parked; so has a breaker that is open for longer. */
  readonly maxRetryAfterMillis: number
  /** How often a run may be parked, and how far ahead at once. */
  readonly maxParks: number
  readonly maxParkMillis: number
  /** Runs that wake at the same reset are spread over this time. */
  readonly parkJitterMillis: number
  /** How long to park when nobody says when the limit ends; doubles with each time up to a day. */
  readonly unknownResetMillis: number
}

/**
 * 4 tries within 1 hour, waits up to 2 s, 4 s, 8 s and so on up to 5 min; asked to wait up to 15 min; parked up to 10
 * times and 8 days, which covers a weekly limit.
 */
export const defaultRetryPolicy: RetryPolicy = {
  maxTries: 4,
  baseMillis: 2000,
  maxDelayMillis: 5 * 60_000,
  maxElapsedMillis: 60 * 60_000,
  unknownMoney: "stop",
  maxRetryAfterMillis: 15 * 60_000,
  maxParks: 10,
  maxParkMillis: 8 * 24 * 60 * 60_000,
  parkJitterMillis: 60_000,
  unknownResetMillis: 15 * 60_000,
}

/** Why a decision is as it is; stable, for machines. */
export const RetryReason = Schema.Literals([
  "backoff",
  "retry_after",
  "usage_limit",
  "usage_limit_end_unknown",
  "breaker_open",
  "person_needed",
  "never",
  "request_lost",
  "session_taken",
  "reset_too_far",
  "not_transient",
  "ended_in_queue",
  "side_effects",
  "side_effects_unknown",
  "tries_spent",
  "parks_spent",
  "time_spent",
  "money_spent",
  "money_unknown",
])
export type RetryReason = typeof RetryReason.Type

interface Because {
  readonly reason: RetryReason
  /** For people; holds nothing of the run's text. */
  readonly sentence: string
}

export type RetryDecision =
  /** A new attempt, not before `at`. */
  | ({ readonly kind: "retry"; readonly at: number } & Because)
  /** A limit has to end first. The try is not counted. */
  | ({ readonly kind: "park"; readonly until: number } & Because)
  | ({ readonly kind: "action_needed" } & Because)
  | ({ readonly kind: "fail" } & Because)

export interface RetryQuestion {
  readonly error: ErrorInfo
  /** Executions that have ended, this one among them, without those that were parked. */
  readonly tries: number
  /** How often the run has been parked. */
  readonly parks: number
  /** When the first attempt started, and how long it was parked since, in milliseconds. */
  readonly firstAt: number
  readonly parkedMillis: number
  readonly sideEffects: SideEffects
  /** Whether the request says that doing it twice is as good as once. */
  readonly idempotent: boolean
  /** What all attempts cost; undefined when it is not known. */
  readonly spent: NanoUsd | undefined
  /** What the provider's breaker says now. */
  readonly breaker: Passage
  readonly now: number
  /** At least 0 and below 1. */
  readonly random: number
}

const duration = (millis: number): string => {
  if (millis < 1000) return "1 s"
  if (millis < 120_000) return `${Math.round(millis / 1000)} s`
  return millis < 7_200_000 ? `${Math.round(millis / 60_000)} min` : `${Math.round(millis / 3_600_000)} h`
}

const dayMillis = 24 * 60 * 60_000
const doubled = (base: number, times: number, limit: number): number => Math.min(limit, base * 2 ** Math.min(times, 40))

const fail = (reason: RetryReason, sentence: string): RetryDecision => ({ kind: "fail", reason, sentence })

/** Why it is not to be tried again whatever the time, or undefined. */
const refusal = (policy: RetryPolicy, question: RetryQuestion): RetryDecision | undefined => {
  const { error, idempotent, sideEffects, spent } = question
  if (error.class === "auth" || error.class === "permission") {
    return { kind: "action_needed", reason: "person_needed", sentence: `A person has to act first: ${error.remedy}` }
  }
  if (error.class !== "transient") {
    return fail("not_transient", `Trying again does not help: ${error.code} is of the class ${error.class}.`)
  }
  if (error.code === "QUEUE_TIMED_OUT") {
    return fail("ended_in_queue", "The run waited for as long as it was allowed.")
  }
  if (!idempotent && sideEffects === "done") {
    return fail("side_effects", "The agent had executed a tool, and the request does not say that it is idempotent.")
  }
  if (!idempotent && sideEffects === "unknown") {
    return fail(
      "side_effects_unknown",
      "This output format does not show whether a tool was executed, and the request does not say that it is idempotent.",
    )
  }
  if (policy.maxMoney === undefined) return undefined
  if (spent === undefined) {
    return policy.unknownMoney === "allow"
      ? undefined
      : fail("money_unknown", "Its retries have a limit in money, and what it has cost is not known.")
  }
  return spent < policy.maxMoney
    ? undefined
    : fail("money_spent", `It has cost ${formatMoney(spent)} of the ${formatMoney(policy.maxMoney)} for its retries.`)
}

/** Waits for the end of a limit. The jitter is added, so that nobody comes too early. */
const park = (
  policy: RetryPolicy,
  question: RetryQuestion,
  end: number,
  reason: RetryReason,
  why: string,
): RetryDecision => {
  const { now, parks, random } = question
  if (parks >= policy.maxParks) return fail("parks_spent", `It has waited for a limit ${parks} times already.`)
  if (end > now + policy.maxParkMillis) {
    return {
      kind: "action_needed",
      reason: "reset_too_far",
      sentence: `${why} That is longer than the ${duration(policy.maxParkMillis)} that a run may be parked.`,
    }
  }
  return {
    kind: "park",
    until: Math.max(end, now) + Math.floor(random * policy.parkJitterMillis),
    reason,
    sentence: why,
  }
}

const usageLimit = (policy: RetryPolicy, question: RetryQuestion): RetryDecision => {
  const { error, now, parks } = question
  const end = limitReset(error, now)
  // A limit that should have ended and still refuses: as if its end were unknown.
  if (end !== undefined && (end > now || parks === 0)) {
    const wait = duration(Math.max(0, end - now))
    return park(policy, question, end, "usage_limit", `The account's usage limit ends in ${wait}.`)
  }
  const wait = doubled(policy.unknownResetMillis, parks, dayMillis)
  const why = `The account's usage limit is reached and its end is not known; tried again in about ${duration(wait)}.`
  return park(policy, question, now + wait, "usage_limit_end_unknown", why)
}

/**
 * Decides about a run whose attempt has failed. The error's class comes first, then side effects, money, limits of the
 * account, and at last tries and time. Never earlier than the vendor asked, and never earlier than the breaker lets it.
 */
export const decideRetry = (policy: RetryPolicy, question: RetryQuestion): RetryDecision => {
  const { breaker, error, firstAt, now, parkedMillis, random, tries } = question
  const refused = refusal(policy, question)
  if (refused !== undefined) return refused
  if (error.code === "CLI_USAGE_LIMIT") return usageLimit(policy, question)

  const asked = Math.max(0, error.retryAfterMillis ?? 0)
  const closedUntil = breaker.kind === "blocked" ? Math.max(0, breaker.until - now) : 0
  if (Math.max(asked, closedUntil) > policy.maxRetryAfterMillis) {
    // Such a breaker waits for the end of a usage limit that another run of the account met.
    return asked >= closedUntil
      ? park(policy, question, now + asked, "retry_after", `The service asks to wait for ${duration(asked)}.`)
      : park(
          policy,
          question,
          now + closedUntil,
          "breaker_open",
          `The provider is closed for ${duration(closedUntil)}.`,
        )
  }
  if (tries >= policy.maxTries) return fail("tries_spent", `It was tried ${tries} times, as often as it may be.`)

  const backoff = Math.floor(random * doubled(policy.baseMillis, tries - 1, policy.maxDelayMillis))
  const wait = Math.max(asked, closedUntil) + backoff
  if (now + wait - firstAt - parkedMillis > policy.maxElapsedMillis) {
    return fail("time_spent", `Its next try would be more than ${duration(policy.maxElapsedMillis)} after its first.`)
  }
  const [reason, why]: readonly [RetryReason, string] =
    closedUntil > asked
      ? ["breaker_open", "the provider failed again and again and is given time"]
      : asked > 0
        ? ["retry_after", `the service asked for ${duration(asked)}`]
        : ["backoff", `try ${tries} of ${policy.maxTries} failed with ${error.code}`]
  return { kind: "retry", at: now + wait, reason, sentence: `Tried again in ${duration(wait)}: ${why}.` }
}
