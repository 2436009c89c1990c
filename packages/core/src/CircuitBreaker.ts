/**
 * Keeps runs from a provider's account that fails again and again. Pure: the state is data in the store, so that all
 * hosts agree, and whoever changes it does so in one transaction with what it decided.
 */
import * as Schema from "effect/Schema"
import type { ErrorCode } from "./ErrorCode.ts"
import type { ErrorInfo } from "./RunyardError.ts"
import { limitReset } from "./UsageLimit.ts"

/** All instants are milliseconds since the epoch, by the store's clock. */
export const BreakerState = Schema.TaggedUnion({
  Closed: {
    /** When the last failures were, oldest first; never more than the policy's `failures`. */
    failures: Schema.Array(Schema.Finite),
  },
  Open: {
    until: Schema.Finite,
    /** How often it has opened since it was last closed. From 1. */
    openings: Schema.Natural,
    /** The failure that opened it. */
    code: Schema.String,
  },
  HalfOpen: {
    /** The attempt that tries the provider for all, until when it holds that right. */
    probe: Schema.String,
    until: Schema.Finite,
    openings: Schema.Natural,
    code: Schema.String,
  },
})
export type BreakerState = typeof BreakerState.Type

export const closedBreaker: BreakerState = { _tag: "Closed", failures: [] }

export interface BreakerPolicy {
  /** So many failures within the window open it. A success takes one of them away. */
  readonly failures: number
  readonly windowMillis: number
  /** How long it stays open the first time; doubles with each failed probe up to the longest time. */
  readonly openMillis: number
  readonly maxOpenMillis: number
  /** For how long one attempt has the right to be the only probe. It can be renewed. */
  readonly probeMillis: number
  /** A usage limit whose end is known keeps it open until then, but no longer than this. */
  readonly maxLimitMillis: number
}

/** Five failures in two minutes open it for 30 seconds, then up to 10 minutes; a probe has 5 minutes. */
export const defaultBreakerPolicy: BreakerPolicy = {
  failures: 5,
  windowMillis: 2 * 60_000,
  openMillis: 30_000,
  maxOpenMillis: 10 * 60_000,
  probeMillis: 5 * 60_000,
  maxLimitMillis: 8 * 24 * 60 * 60_000,
}

const counted: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CLI_RATE_LIMITED",
  "CLI_OVERLOADED",
  "CLI_SERVICE_ERROR",
  "CLI_CONNECTION",
])

/** Whether the failure says something about the provider, and not about the request, the account's login or the agent. */
export const countsForBreaker = (code: ErrorCode): boolean => counted.has(code) || code === "CLI_USAGE_LIMIT"

export type Passage =
  /** Nothing is known against the provider. */
  | { readonly kind: "through" }
  /** This attempt is the only one that tries it. */
  | { readonly kind: "probe"; readonly until: number }
  /** Not before this instant, and then only one. */
  | { readonly kind: "blocked"; readonly until: number; readonly code: string }

/** What `pass` would answer to an attempt that is not the probe. Changes nothing. */
export const lookAt = (state: BreakerState, now: number): Passage => {
  switch (state._tag) {
    case "Closed":
      return { kind: "through" }
    case "Open":
    case "HalfOpen":
      return state.until > now
        ? { kind: "blocked", until: state.until, code: state.code }
        : { kind: "probe", until: state.until }
  }
}

/**
 * Asks for an attempt to be let through, and gives the state to keep. Once the time is over the first one that asks is
 * the probe; the others wait until it has told, or until its right has run out. Asking again as the probe renews the
 * right.
 */
export const pass = (
  state: BreakerState,
  policy: BreakerPolicy,
  now: number,
  attempt: string,
): readonly [Passage, BreakerState] => {
  if (state._tag === "Closed") return [{ kind: "through" }, state]
  const mine = state._tag === "HalfOpen" && state.probe === attempt
  if (state.until > now && !mine) return [{ kind: "blocked", until: state.until, code: state.code }, state]
  const until = now + policy.probeMillis
  return [
    { kind: "probe", until },
    { _tag: "HalfOpen", probe: attempt, until, openings: state.openings, code: state.code },
  ]
}

export type BreakerReport =
  /** The model answered: the first output of a turn is enough. */
  | { readonly kind: "success" }
  | { readonly kind: "failure"; readonly error: ErrorInfo }
  /** The attempt ended and says nothing about the provider, for example canceled, or refused for its request. */
  | { readonly kind: "neutral" }

const opened = (policy: BreakerPolicy, now: number, openings: number, error: ErrorInfo): BreakerState => {
  const doubled = policy.openMillis * 2 ** Math.min(openings - 1, 30)
  const wait = Math.min(policy.maxOpenMillis, Math.max(doubled, error.retryAfterMillis ?? 0))
  const limit = error.code === "CLI_USAGE_LIMIT" ? limitReset(error, now) : undefined
  const until =
    limit === undefined
      ? now + wait
      : Math.min(Math.max(limit, now + wait), now + Math.max(wait, policy.maxLimitMillis))
  return { _tag: "Open", until, openings, code: error.code }
}

/** A usage limit that says when it ends holds for every run of the account: one report is enough. */
const opensAtOnce = (error: ErrorInfo, now: number): boolean =>
  error.code === "CLI_USAGE_LIMIT" && limitReset(error, now) !== undefined

/**
 * Takes what an attempt found out. While it is open or half open only the probe's word counts, but for a usage limit with
 * a known end, which keeps it open for longer.
 */
export const report = (
  state: BreakerState,
  policy: BreakerPolicy,
  now: number,
  attempt: string,
  outcome: BreakerReport,
): BreakerState => {
  const failure = outcome.kind === "failure" && countsForBreaker(outcome.error.code) ? outcome.error : undefined
  if (state._tag === "Closed") {
    if (outcome.kind === "success") {
      return state.failures.length === 0 ? state : { _tag: "Closed", failures: state.failures.slice(1) }
    }
    if (failure === undefined) return state
    const recent = [...state.failures.filter((at) => at > now - policy.windowMillis), now].slice(-policy.failures)
    return recent.length >= policy.failures || opensAtOnce(failure, now)
      ? opened(policy, now, 1, failure)
      : { _tag: "Closed", failures: recent }
  }
  if (state._tag === "HalfOpen" && state.probe === attempt) {
    if (outcome.kind === "success") return closedBreaker
    if (failure !== undefined) return opened(policy, now, state.openings + 1, failure)
    // It cannot tell: the next one may try at once.
    return { _tag: "Open", until: now, openings: state.openings, code: state.code }
  }
  if (failure === undefined || !opensAtOnce(failure, now)) return state
  const longer = opened(policy, now, Math.max(1, state.openings), failure)
  return longer._tag === "Open" && longer.until > state.until ? longer : state
}
