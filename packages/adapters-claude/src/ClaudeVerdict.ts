/** How an attempt of Claude Code went: its last `result`, its stderr and its exit, read together. Pure. */
import type { ProtocolRequest, Verdict } from "@runyard/core/Adapter"
import type { ProcessExit } from "@runyard/core/Run"
import { type ErrorInfo, errorInfo } from "@runyard/core/RunyardError"
import type { Cost, Usage } from "@runyard/core/Usage"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { isProseFailure, proseEnding, requestFailure, startupFailure } from "./ClaudeFailure.ts"
import { countOf, ResultErrors, type ResultLine, textOf } from "./ClaudeLine.ts"
import { type ClaudeUsage, noUsage } from "./ClaudeUsage.ts"
import { isAtLeast } from "./ClaudeVersion.ts"

/** What the lines of an attempt said, gathered by the decoder. */
export interface ClaudeFacts {
  sessionId: string | undefined
  model: string | undefined
  version: string | undefined
  /** The last one counts: a background task may bring another turn. */
  result: ResultLine | undefined
  /** Whether something of a further turn came after the last result. */
  turnOpen: boolean
  structured: unknown
  /** Whether the session has the tool for it: exactly when a schema was given. */
  structuredAsked: boolean
  usage: ClaudeUsage
  turns: number | undefined
  costUsd: number | undefined
  /** What the agent itself said last; neither a failed request's message nor an inner agent's. */
  lastMessage: string | undefined
  /** `assistant.error` of the last message that the CLI made of a failed request. */
  failureKind: string | undefined
  /** Whether the CLI told the model that a user interrupted it. */
  interrupted: boolean
  /** When the limit that refuses requests ends, in milliseconds since the epoch. */
  resetsAt: number | undefined
  /** Whether stdout ends, so far, in a line of JSON that is not whole. */
  cut: boolean
  /** The lines of stdout in text format; about their first 1 Mi characters. */
  readonly prose: Array<string>
  /** The last lines of stderr. */
  readonly stderr: Array<string>
}

export const emptyFacts = (): ClaudeFacts => ({
  sessionId: undefined,
  model: undefined,
  version: undefined,
  result: undefined,
  turnOpen: false,
  structured: undefined,
  structuredAsked: false,
  usage: noUsage,
  turns: undefined,
  costUsd: undefined,
  lastMessage: undefined,
  failureKind: undefined,
  interrupted: false,
  resetsAt: undefined,
  cut: false,
  prose: [],
  stderr: [],
})

const readErrors = Schema.decodeUnknownOption(ResultErrors)

/** The words of a result that failed. */
const resultText = (result: ResultLine): string =>
  result.result ?? Option.getOrElse(readErrors(result.errors), () => []).join("\n")

/** The failure that a result tells; undefined for a success. */
export const resultFailure = (result: ResultLine, facts: ClaudeFacts): ErrorInfo | undefined => {
  const text = resultText(result)
  const message = text.trim() === "" ? {} : { message: text.trim().slice(0, 300) }
  switch (result.subtype) {
    case "success":
      return result.is_error === true
        ? requestFailure({
            text,
            status: countOf(result.api_error_status),
            kind: facts.failureKind,
            terminalReason: textOf(result.terminal_reason),
            stopReason: textOf(result.stop_reason),
            resetsAt: facts.resetsAt,
          })
        : undefined
    case "error_max_turns":
      return errorInfo("CLI_MAX_TURNS", message)
    case "error_max_budget_usd":
      return errorInfo("CLI_BUDGET_EXCEEDED", message)
    case "error_max_structured_output_retries":
      return errorInfo("CLI_STRUCTURED_OUTPUT", message)
    default:
      return executionFailure(result, text, facts)
  }
}

/** The first of the errors since 2.1.100: words for the CLI's makers. */
const diagnostic = /^\[ede_diagnostic\][^\n]*\n?/

/** `error_during_execution`, and whatever further failure a newer version may name. */
const executionFailure = (result: ResultLine, words: string, facts: ClaudeFacts): ErrorInfo => {
  const text = words.replace(diagnostic, "")
  const terminalReason = textOf(result.terminal_reason)
  if (terminalReason?.startsWith("aborted_") === true || facts.interrupted) return errorInfo("CLI_INTERRUPTED")
  if (text.trim() === "") {
    // 2.0.69 and 2.1.0: an empty answer and one whose stream ended early both give no word of explanation.
    return errorInfo("CLI_NO_RESULT", { message: "The model's answer was empty or ended early" })
  }
  const atStart = startupFailure(text)
  if (atStart !== undefined) return atStart
  return requestFailure({ text, status: countOf(result.api_error_status), terminalReason })
}

/** 143 and 129 are exit codes that the CLI gives itself, not deaths by signal. */
const signalsByCode: Readonly<Record<number, string>> = { 129: "SIGHUP", 130: "SIGINT", 137: "SIGKILL", 143: "SIGTERM" }

const endedBy = (exit: ProcessExit | undefined): string | undefined =>
  exit === undefined ? undefined : (exit.signal ?? (exit.code === null ? undefined : signalsByCode[exit.code]))

/** Why there is no result. */
const missingResult = (facts: ClaudeFacts, exit: ProcessExit | undefined): ErrorInfo => {
  const code = exit?.code ?? undefined
  const detail: ErrorInfo["detail"] = code === undefined ? {} : { exitCode: code }
  const signal = endedBy(exit)
  if (signal !== undefined) {
    return errorInfo("CLI_KILLED", { message: `${signal} ended the agent CLI`, detail: { ...detail, signal } })
  }
  if (code !== 0) {
    const failed = startupFailure(facts.stderr.join("\n"))
    if (failed !== undefined) return { ...failed, detail: { ...failed.detail, ...detail } }
  }
  if (facts.cut) return errorInfo("CLI_OUTPUT_TRUNCATED", { detail })
  if (facts.interrupted) return errorInfo("CLI_INTERRUPTED", { detail })
  return errorInfo("CLI_NO_RESULT", { detail })
}

/** Since 2.1.329 a resumed session's file brings the cost of earlier processes along. */
export const countsConversation = (facts: ClaudeFacts, request: ProtocolRequest): boolean =>
  request.resumed === true && isAtLeast(facts.version ?? request.version, "2.1.329")

const costOf = (facts: ClaudeFacts, request: ProtocolRequest): Cost | undefined => {
  const usd = facts.costUsd
  if (usd === undefined) return undefined
  return { usd, source: "reported", basis: countsConversation(facts, request) ? "session" : "run" }
}

/** The tokens and the money so far. */
export const spent = (
  facts: ClaudeFacts,
  request: ProtocolRequest,
): { readonly usage?: Usage; readonly cost?: Cost } => {
  const cost = costOf(facts, request)
  const usage = facts.usage.turns
  return { ...(usage === undefined ? {} : { usage }), ...(cost === undefined ? {} : { cost }) }
}

/** How a run with JSON output went. */
export const jsonVerdict = (facts: ClaudeFacts, request: ProtocolRequest, exit: ProcessExit | undefined): Verdict => {
  const { result } = facts
  const error = result === undefined || facts.turnOpen ? missingResult(facts, exit) : resultFailure(result, facts)
  const message = error === undefined ? (result?.result ?? facts.lastMessage) : facts.lastMessage
  const known = {
    ...(message === undefined ? {} : { finalMessage: message }),
    ...(facts.sessionId === undefined ? {} : { sessionId: facts.sessionId }),
    ...(facts.model === undefined ? {} : { model: facts.model }),
    ...spent(facts, request),
    ...(facts.turns === undefined ? {} : { turns: facts.turns }),
  }
  if (error !== undefined) return { outcome: "failed", error, ...known }
  const answer = { ...known, ...(facts.structured === undefined ? {} : { structured: facts.structured }) }
  return (request.outputSchema !== undefined || facts.structuredAsked) && facts.structured === undefined
    ? {
        outcome: "failed",
        error: errorInfo("CLI_STRUCTURED_OUTPUT", { message: "The agent gave no structured answer" }),
        ...answer,
      }
    : { outcome: "succeeded", ...answer }
}

/** How a run with text output went: the same words may be an answer or a failure, and the exit code tells which. */
export const textVerdict = (facts: ClaudeFacts, request: ProtocolRequest, exit: ProcessExit | undefined): Verdict => {
  const text = facts.prose.join("\n").trim()
  const code = exit?.code ?? undefined
  const fail = (error: ErrorInfo): Verdict => ({ outcome: "failed", error })
  if (endedBy(exit) !== undefined || text === "") return fail(missingResult(facts, exit))
  const ending = proseEnding(text)
  if (ending !== undefined) return fail(ending)
  if (code !== 0 && (code !== undefined || isProseFailure(text))) {
    const error = requestFailure({ text })
    // Words that are not understood may be the agent's: an error does not carry them.
    return fail(error.code === "CLI_FAILED" ? missingResult(facts, exit) : error)
  }
  return request.outputSchema === undefined
    ? { outcome: "succeeded", finalMessage: text }
    : { ...fail(errorInfo("CLI_STRUCTURED_OUTPUT")), finalMessage: text }
}
