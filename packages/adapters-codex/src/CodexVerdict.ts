/** How an attempt went: what Codex said about its turn, then its exit. */
import {
  errorInfo,
  type ErrorInfo,
  type ProcessExit,
  type ProtocolRequest,
  type Usage,
  type Verdict,
} from "@runyard/core"
import { turnFailure } from "./CodexFailure.ts"

/** What was read of an attempt. */
export interface Outcome {
  sessionId: string | undefined
  model: string | undefined
  lastMessage: string | undefined
  /** Nothing was done after the last message. Only where a dialect has no turn events does it mean success. */
  answered: boolean
  /** The dialect tells when a turn ends. */
  turnEvents: boolean
  turns: number
  terminal: { readonly kind: "completed" } | { readonly kind: "failed"; readonly text: string } | undefined
  /** The last error that was no notice of a retry. */
  errorText: string | undefined
  retryText: string | undefined
  /** A start-up failure on stderr. */
  startError: ErrorInfo | undefined
  crash: ErrorInfo | undefined
  /** Which of these two has its reason on the next line. */
  reasonDue: "startError" | "crash" | undefined
  /** The last line of stdout is the beginning of a JSON line. */
  cut: boolean
  usage: Usage | undefined
  totalTokens: number | undefined
}

export const emptyOutcome = (): Outcome => ({
  sessionId: undefined,
  model: undefined,
  lastMessage: undefined,
  answered: false,
  turnEvents: true,
  turns: 0,
  terminal: undefined,
  errorText: undefined,
  retryText: undefined,
  startError: undefined,
  crash: undefined,
  reasonDue: undefined,
  cut: false,
  usage: undefined,
  totalTokens: undefined,
})

/** A shell or a container reports a death by signal as 128 plus its number. */
const signalCodes: Readonly<Record<number, string>> = { 129: "SIGHUP", 130: "SIGINT", 137: "SIGKILL", 143: "SIGTERM" }

const killedBy = (exit: ProcessExit | undefined): string | undefined =>
  exit?.signal ?? (typeof exit?.code === "number" ? signalCodes[exit.code] : undefined)

/** Why there is no word about the turn's end. */
const withoutResult = (outcome: Outcome, exit: ProcessExit | undefined): ErrorInfo => {
  const code = exit?.code ?? null
  const signal = killedBy(exit)
  const lately = outcome.retryText === undefined ? {} : { lastNotice: outcome.retryText.slice(0, 300) }
  if (outcome.crash !== undefined) return outcome.crash
  if (outcome.errorText !== undefined) return turnFailure(outcome.errorText)
  if (outcome.startError !== undefined) return outcome.startError
  if (signal !== undefined) {
    return errorInfo("CLI_KILLED", {
      message: `Codex was ended by ${signal} before it had a result`,
      detail: { signal, ...lately },
    })
  }
  if (code === 101) return errorInfo("CLI_CRASHED", { detail: { exitCode: code } })
  if (code === 2) return errorInfo("CLI_USAGE", { detail: { exitCode: code } })
  if (outcome.cut) {
    return errorInfo("CLI_OUTPUT_TRUNCATED", {
      remedy: "Look at the diagnostics of the run; something ended Codex, or its output, in the middle of a line.",
      detail: { exitCode: code },
    })
  }
  // A SIGINT ends like this in every version: exit 0 up to 0.98, exit 1 since. So does a SIGTERM to the npm launcher.
  return errorInfo("CLI_NO_RESULT", {
    message: code === null ? "Codex ended without a result" : `Codex ended without a result (exit code ${code})`,
    detail: { exitCode: code, ...lately },
  })
}

/** Whether a new conversation took the place of the one asked for: Codex up to 0.98 does that silently for an unknown id. */
export const hasStrayed = (outcome: Outcome, request: ProtocolRequest): boolean =>
  request.resumed === true &&
  request.sessionId !== undefined &&
  outcome.sessionId !== undefined &&
  outcome.sessionId.toLowerCase() !== request.sessionId.toLowerCase()

const failureOf = (
  outcome: Outcome,
  exit: ProcessExit | undefined,
  request: ProtocolRequest,
): ErrorInfo | undefined => {
  const { terminal } = outcome
  if (terminal?.kind === "failed") return turnFailure(terminal.text === "" ? (outcome.errorText ?? "") : terminal.text)
  if (hasStrayed(outcome, request)) {
    return errorInfo("CLI_SESSION_NOT_FOUND", {
      message: "Codex did not find the session and began a new one in its place",
      detail: { asked: request.sessionId ?? "", began: outcome.sessionId ?? "" },
    })
  }
  // The exit says nothing more once the turn is complete: the answer is whole, and what comes later is the flush of
  // telemetry, or a signal of whoever did not want to wait for it.
  if (terminal?.kind === "completed") return undefined
  if (!outcome.turnEvents && outcome.errorText === undefined && outcome.answered) {
    const clean = exit === undefined || (exit.signal === null && (exit.code === 0 || exit.code === null))
    if (clean && !outcome.cut) return undefined
  }
  return withoutResult(outcome, exit)
}

/**
 * Success only by the protocol's own word; exit code 0 alone is none. Codex only passes a schema on to the model, so that
 * there is no structured answer but the last message.
 */
export const verdict = (outcome: Outcome, exit: ProcessExit | undefined, request: ProtocolRequest): Verdict => {
  const error = failureOf(outcome, exit, request)
  return {
    outcome: error === undefined ? "succeeded" : "failed",
    ...(error === undefined ? {} : { error }),
    ...(outcome.lastMessage === undefined ? {} : { finalMessage: outcome.lastMessage }),
    ...(outcome.sessionId === undefined ? {} : { sessionId: outcome.sessionId }),
    ...(outcome.model === undefined ? {} : { model: outcome.model }),
    ...(outcome.usage === undefined ? {} : { usage: outcome.usage }),
    ...(outcome.totalTokens === undefined ? {} : { totalTokens: outcome.totalTokens }),
    ...(outcome.turns === 0 ? {} : { turns: outcome.turns }),
  }
}
