/** How an attempt ends: why it was stopped, and the last event that says so. Pure. */
import * as Cause from "effect/Cause"
import type { Verdict } from "../Adapter.ts"
import { breakerOf } from "../Breakers.ts"
import type { Passage } from "../CircuitBreaker.ts"
import type { ToolKind } from "../AgentEvent.ts"
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import type { Run } from "../Run.ts"
import type { EndEvidence } from "../RunEvent.ts"
import { type ErrorInfo, errorInfo, RunyardError, runyardError } from "../RunyardError.ts"
import type { CancelRequest } from "../RunStore.ts"
import type { TimeLimits } from "../TimeLimits.ts"
import { redactInfo } from "./redactError.ts"

/** Why an attempt is ended before its agent ends it. */
export type Stop =
  | { readonly kind: "cancel"; readonly request: CancelRequest }
  | { readonly kind: "timeout"; readonly limit: "wall"; readonly millis: number }
  /** Nothing was heard for too long; `tools` are those that ran meanwhile. */
  | {
      readonly kind: "timeout"
      readonly limit: "idle"
      readonly millis: number
      readonly tools: ReadonlyArray<ToolKind>
    }
  /** The agent's result has arrived, and the process stays. */
  | { readonly kind: "linger" }
  | { readonly kind: "shutdown" }
  | { readonly kind: "budget"; readonly error: ErrorInfo }
  | { readonly kind: "defect"; readonly error: RunyardError }

/** The adapter works on redacted lines; what it puts together from them, or decodes, is looked at once more. */
export const redactVerdict = (redaction: RedactionSession, verdict: Verdict): Verdict => ({
  ...verdict,
  ...(verdict.error === undefined ? {} : { error: redactInfo(redaction, verdict.error) }),
  ...(verdict.finalMessage === undefined ? {} : { finalMessage: redaction.text(verdict.finalMessage).value }),
  ...(verdict.structured === undefined ? {} : { structured: redaction.json(verdict.structured).value }),
})

/** The error of a limit. Names kinds of tools, never what they were asked. */
const limitError = (stop: Extract<Stop, { readonly kind: "timeout" }>): ErrorInfo => {
  if (stop.limit === "wall") return errorInfo("CLI_TIMED_OUT", { detail: { limitMillis: stop.millis } })
  const limit = stop.tools.length === 0 ? "idle" : "tool"
  return errorInfo("CLI_IDLE", {
    ...(limit === "idle"
      ? {}
      : { message: `A tool (${stop.tools.join(", ")}) showed no sign of life for longer than it was allowed` }),
    detail: { limitMillis: stop.millis, limit, ...(limit === "idle" ? {} : { tools: [...stop.tools] }) },
  })
}

/** The end of a queued run that may not be executed any more. */
export const denied = (error: ErrorInfo): TimelessDraft => draft("run.policy_denied", { error })

export const failure = (error: ErrorInfo): TimelessDraft => draft("run.failed", { error })

/** The run does not begin although its turn has come. */
export const keptBack = ({ request }: Run, { code, until }: Extract<Passage, { readonly kind: "blocked" }>) =>
  draft("queue.changed", {
    by: "breaker",
    reason: `${breakerOf(request)} is given time after ${code}`,
    notBefore: until,
  })

/** A budget is overdrawn by an agent whose result has arrived: there is nothing to stop, and the result counts. */
export const overdrawn = ({ message }: ErrorInfo): TimelessDraft =>
  draft("policy.applied", { policy: "budget", decision: "overdrawn", message }, { severity: "warning" })

/** Who wants the end of the run and why, as the owner of the run has read it. */
export const cancelRequested = ({ by, reason, force }: CancelRequest): TimelessDraft =>
  draft("audit.cancel_requested", { by, ...(reason === undefined ? {} : { reason }), force })

/** The end of a run that was canceled before it had a process. */
export const canceledEarly = (asked: CancelRequest): ReadonlyArray<TimelessDraft> => {
  const { by, reason } = asked
  return [cancelRequested(asked), draft("run.canceled", { by, ...(reason === undefined ? {} : { reason }) })]
}

/** The end of a run that was never claimed. */
export const queueTimedOut = ({ queueMillis }: TimeLimits): TimelessDraft =>
  draft("run.timed_out", {
    limit: "queue",
    error: errorInfo("QUEUE_TIMED_OUT", { detail: { limitMillis: queueMillis } }),
  })

/** The end of an attempt whose time was over before it had a process. */
export const wallTimedOut = ({ wallMillis }: TimeLimits): TimelessDraft =>
  draft("run.timed_out", { limit: "wall", error: limitError({ kind: "timeout", limit: "wall", millis: wallMillis }) })

const shutDown = (): ErrorInfo =>
  errorInfo("QUEUE_HOST_DIED", { message: "The program that executed the run was shut down" })

/** Running the masked text in place of the exact one would be another run than the one that was asked for. */
export const lostRequest = (): TimelessDraft =>
  draft("run.interrupted", {
    error: errorInfo("QUEUE_HOST_DIED", {
      message: "The request held a secret, and its exact text is gone: it was sealed with another key, or not at all",
      remedy: "Submit the request again.",
    }),
  })

const firstFrame = ({ stack }: Error): string => /^\s+(at .+)$/m.exec(stack ?? "")?.[1] ?? ""

/** A failure as it is; a defect without its words, which may quote output. */
export const problemOf = (cause: Cause.Cause<RunyardError>): RunyardError => {
  const problem = Cause.squash(cause)
  if (problem instanceof RunyardError) return problem
  const detail =
    problem instanceof Error ? { error: problem.name, where: firstFrame(problem) } : { error: typeof problem }
  return runyardError("INTERNAL_DEFECT", { detail, cause: problem })
}

export const stopOf = (cause: Cause.Cause<RunyardError>): Stop =>
  Cause.hasInterruptsOnly(cause) ? { kind: "shutdown" } : { kind: "defect", error: problemOf(cause) }

/** The last event of an attempt that was stopped before there was anything to follow. */
export const lastOf = (cause: Cause.Cause<RunyardError>): TimelessDraft =>
  Cause.hasInterruptsOnly(cause) ? draft("run.interrupted", { error: shutDown() }) : failure(problemOf(cause).info)

/** The one event that ends the attempt. */
export const lastEvent = (
  verdict: Verdict,
  stopped: Stop | undefined,
  facts: {
    readonly exit: { readonly code: number | null; readonly signal: string | null }
    readonly evidence: EndEvidence
  },
): TimelessDraft => {
  const { usage, cost, turns, finalMessage } = verdict
  const outcome = {
    ...facts,
    ...(usage === undefined ? {} : { usage }),
    ...(cost === undefined ? {} : { cost }),
    ...(turns === undefined ? {} : { turns }),
    ...(finalMessage === undefined ? {} : { finalMessage }),
    ...(stopped?.kind === "linger" ? { lingered: true } : {}),
  }
  if (facts.evidence.survivors.length > 0) {
    const pids = facts.evidence.survivors
    const error = errorInfo("CLI_SURVIVORS", {
      message: `Processes of the run are still alive: ${pids.join(", ")}`,
      detail: { pids: [...pids] },
    })
    return draft("run.failed", { error, ...outcome })
  }
  switch (stopped?.kind) {
    case "cancel": {
      const { by, reason } = stopped.request
      return draft("run.canceled", { by, ...(reason === undefined ? {} : { reason }), ...outcome })
    }
    case "timeout":
      return draft("run.timed_out", { limit: stopped.limit, error: limitError(stopped), ...outcome })
    case "budget":
      return draft("run.failed", { error: stopped.error, ...outcome })
    case "defect":
      return draft("run.failed", { error: stopped.error.info, ...outcome })
    case "shutdown":
      return draft("run.interrupted", { error: shutDown(), ...outcome })
    default:
      break
  }
  if (verdict.outcome === "succeeded") {
    return draft("run.completed", {
      ...(verdict.structured === undefined ? {} : { structured: verdict.structured as never }),
      ...outcome,
    })
  }
  const error = verdict.error ?? errorInfo("CLI_NO_RESULT")
  return error.class === "auth" || error.class === "permission"
    ? draft("run.action_needed", { error, ...outcome })
    : draft("run.failed", { error, ...outcome })
}
