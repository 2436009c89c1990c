/** How an attempt ends: why it was stopped, and the last event that says so. Pure. */
import * as Cause from "effect/Cause"
import type { Verdict } from "../Adapter.ts"
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import type { EndEvidence } from "../RunEvent.ts"
import { type ErrorInfo, errorInfo, RunyardError, runyardError } from "../RunyardError.ts"
import type { CancelRequest } from "../RunStore.ts"
import { redactInfo } from "./redactError.ts"

/** Why an attempt is ended before its agent ends it. */
export type Stop =
  | { readonly kind: "cancel"; readonly request: CancelRequest }
  | { readonly kind: "timeout"; readonly limit: "wall" | "idle"; readonly millis: number }
  | { readonly kind: "shutdown" }
  | { readonly kind: "defect"; readonly error: RunyardError }

/** The adapter works on redacted lines; what it puts together from them, or decodes, is looked at once more. */
export const redactVerdict = (redaction: RedactionSession, verdict: Verdict): Verdict => ({
  ...verdict,
  ...(verdict.error === undefined ? {} : { error: redactInfo(redaction, verdict.error) }),
  ...(verdict.finalMessage === undefined ? {} : { finalMessage: redaction.text(verdict.finalMessage).value }),
  ...(verdict.structured === undefined ? {} : { structured: redaction.json(verdict.structured).value }),
})

export const failure = (error: ErrorInfo): TimelessDraft => draft("run.failed", { error })

export const canceledEarly = ({ by, reason }: CancelRequest): TimelessDraft =>
  draft("run.canceled", { by, ...(reason === undefined ? {} : { reason }) })

const shutDown = (): ErrorInfo =>
  errorInfo("QUEUE_HOST_DIED", { message: "The program that executed the run was shut down" })

/** Running the masked text in place of the exact one would be another run than the one that was asked for. */
export const lostRequest = (): TimelessDraft =>
  draft("run.interrupted", {
    error: errorInfo("QUEUE_HOST_DIED", {
      message: "The request held a secret, and its exact text ended with the program that had queued the run",
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
    case "timeout": {
      const { limit, millis } = stopped
      const error = errorInfo(limit === "wall" ? "CLI_TIMED_OUT" : "CLI_IDLE", { detail: { limitMillis: millis } })
      return draft("run.timed_out", { limit, error, ...outcome })
    }
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
