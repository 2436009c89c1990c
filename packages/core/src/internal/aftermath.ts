/** What follows from the end of an attempt: what the breaker hears of it, and whether the run is tried again. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { BreakerReport } from "../CircuitBreaker.ts"
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { HostSettings } from "../HostSettings.ts"
import { chosenPolicy, type RetryNote } from "../RetryChoice.ts"
import { decideRetry, type RetryDecision, type RetryReason } from "../RetryPolicy.ts"
import type { Run, RunId, RunRequest } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { CancelRequest, RunStore } from "../RunStore.ts"
import type { BreakerGate } from "./breakerGate.ts"
import { historyOf } from "./retryHistory.ts"

interface Services {
  readonly store: RunStore["Service"]
  readonly settings: HostSettings
  readonly gate: BreakerGate
  readonly cancelNow: (id: RunId) => Effect.Effect<CancelRequest | undefined>
  /** The request with which the next attempt would begin; undefined where it is lost. */
  readonly requestOf: (run: Run) => Effect.Effect<RunRequest | undefined, RunyardError>
}

type Failed = Extract<TimelessDraft, { readonly type: "run.failed" | "run.action_needed" }>

const reportOf = (last: TimelessDraft | undefined): BreakerReport => {
  switch (last?.type) {
    case "run.completed":
      return { kind: "success" }
    case "run.failed":
    case "run.action_needed":
      return { kind: "failure", error: last.payload.error }
    default:
      return { kind: "neutral" }
  }
}

const fail = (reason: RetryReason, sentence: string): RetryDecision => ({ kind: "fail", reason, sentence })

/** The attempt's last event, with what was decided. */
const decided = (failed: Failed, decision: RetryDecision, spent: RetryNote["spent"]): TimelessDraft => {
  const { reason, sentence } = decision
  const retry: RetryNote = {
    reason,
    sentence,
    ...(decision.kind === "park" ? { parked: true } : {}),
    ...(spent === undefined ? {} : { spent }),
  }
  const payload = { ...failed.payload, retry }
  const { correlation, redactions } = failed
  switch (decision.kind) {
    case "retry":
      return draft("run.retry_scheduled", { ...payload, at: decision.at }, { correlation, redactions })
    case "park":
      return draft("run.retry_scheduled", { ...payload, at: decision.until }, { correlation, redactions })
    case "action_needed":
      if (reason === "reset_too_far") return draft("run.action_needed", payload, { correlation, redactions })
      break
    case "fail":
      break
  }
  return { ...failed, payload }
}

/** Gives the last events as they are to be stored. Does not fail: what cannot be decided is not tried again. */
export const aftermath = ({ cancelNow, gate, requestOf, settings, store }: Services) => {
  /** Why a run that could be tried again is not, for reasons of its own request. */
  const refusal = Effect.fnUntraced(function* (run: Run) {
    const { session } = run.request
    const started = run.attempts.at(-1)?.startedAt !== undefined
    if (run.request.retry === "never") return fail("never", "The request says that it is not to be tried again.")
    if (started && session?.kind === "new" && session.id !== undefined) {
      return fail("session_taken", "The request chose the id of its conversation, which a CLI takes only once.")
    }
    return (yield* requestOf(run)) === undefined
      ? fail("request_lost", "The request held a secret, and its exact text cannot be had any more.")
      : undefined
  })

  return Effect.fnUntraced(
    function* (run: Run, attempt: number, last: ReadonlyArray<TimelessDraft>, answered: boolean) {
      const failed = last.at(-1)
      // What was said once is not counted twice.
      const said = answered && failed?.type === "run.completed" ? ({ kind: "neutral" } as const) : reportOf(failed)
      const breaker = yield* gate.tell(run, attempt, said)
      if (failed?.type !== "run.failed" && failed?.type !== "run.action_needed") return last
      const stored = yield* store.get(run.id)
      const now = yield* Clock.currentTimeMillis
      const random = yield* Random.next
      const { firstAt = now, ...history } = historyOf(stored, last)
      const wanted = decideRetry(chosenPolicy(settings.retry, run.request.retry), {
        ...history,
        firstAt,
        error: failed.payload.error,
        idempotent: run.request.idempotent === true,
        breaker,
        now,
        random,
      })
      const again = wanted.kind === "retry" || wanted.kind === "park"
      if (again && (yield* cancelNow(run.id)) !== undefined) return last
      const decision = (again ? yield* refusal(stored) : undefined) ?? wanted
      return [...last.slice(0, -1), decided(failed, decision, history.spent)]
    },
    (effect, _run, _attempt, last) => Effect.catchCause(effect, () => Effect.succeed(last)),
  )
}
