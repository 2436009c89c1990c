/** What the program's exit code means; documented in the command-line guide. */
import type { RunState, RunyardError } from "@runyard/core"

export const exitCodes = {
  succeeded: 0,
  failed: 1,
  badInput: 2,
  refused: 3,
  actionNeeded: 4,
  interrupted: 5,
  hostFailed: 70,
  timedOut: 124,
  canceled: 130,
} as const

/** The outcome of a run that has stopped. */
export const exitCodeOfState = (state: RunState): number => {
  switch (state) {
    case "succeeded":
      return exitCodes.succeeded
    case "canceled":
      return exitCodes.canceled
    case "timed_out":
      return exitCodes.timedOut
    case "action_needed":
      return exitCodes.actionNeeded
    case "interrupted":
      return exitCodes.interrupted
    case "rejected":
      return exitCodes.refused
    case "failed":
    case "queued":
    case "starting":
    case "running":
    case "retry_wait":
      return exitCodes.failed
  }
}

/** An error before there is a run, or beside it. */
export const exitCodeOfError = (error: RunyardError): number => {
  switch (error.class) {
    case "usage":
      return exitCodes.badInput
    case "policy":
      return exitCodes.refused
    case "auth":
    case "permission":
      return exitCodes.actionNeeded
    case "logic":
    case "transient":
    case "unknown":
      return exitCodes.hostFailed
  }
}
