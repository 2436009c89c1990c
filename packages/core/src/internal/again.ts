/** What is asked for when a run is done again. Pure. */
import type { Run, RunRequest } from "../Run.ts"
import type { RunEvent } from "../RunEvent.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"

/** The run was stored masked: what it was asked is nowhere any more. */
export const requestIsMasked = ({ id }: Run): RunyardError =>
  runyardError("QUEUE_REQUEST_INVALID", {
    message: "The request of that run held a secret and was stored masked, so that it cannot be repeated as it was",
    remedy: "Submit it anew, as it was first.",
    detail: { runId: id },
  })

/** Whether the stored request of a run is not the one that was made, by its first event. */
export const wasMasked = (first: RunEvent | undefined): boolean => first === undefined || first.redactions.length > 0

/** What belongs to the one submit: its key, its time, and the id of a conversation that is begun. */
export const rerunRequest = (
  run: Run,
  overrides: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  const { idempotencyKey: _, notBefore: __, session, ...rest }: RunRequest = run.request
  const kept = session === undefined || session.kind === "new" ? {} : { session }
  return { ...rest, ...kept, ...overrides, rerunOf: run.id }
}

/** Whether the stored request is not the one that was made. */
export const isMasked = ({ attempts, redactionCount, request }: Run): boolean =>
  // Before the first attempt nothing else can have been masked.
  attempts.length === 0 ? redactionCount > 0 : JSON.stringify(request).includes("[redacted:")
