/** What Claude Code's words for a failure mean: pure functions from its texts to error codes. */
import type { ErrorCode } from "@runyard/core/ErrorCode"
import { readResetClock } from "@runyard/core/ResetClock"
import { type ErrorInfo, errorInfo } from "@runyard/core/RunyardError"

/** What is known of a failed request to the model service. */
export interface FailureFacts {
  readonly text: string
  /** `api_error_status`, since 2.1.265. */
  readonly status?: number | undefined
  /** `assistant.error`; `unknown` for most failures before 2.1.265. */
  readonly kind?: string | undefined
  readonly terminalReason?: string | undefined
  readonly stopReason?: string | undefined
  /** When the limit that was hit ends, in milliseconds since the epoch, as a `rate_limit_event` said. */
  readonly resetsAt?: number | undefined
}

type Rule = readonly [pattern: RegExp, code: ErrorCode]

const first = (rules: ReadonlyArray<Rule>, text: string): ErrorCode | undefined =>
  rules.find(([pattern]) => pattern.test(text))?.[1]

/** Texts that say more than their HTTP status. */
const words: ReadonlyArray<Rule> = [
  [/credit balance is too low/i, "AUTH_BILLING"],
  // Up to 2.1.0 these words, with no status, mean that there is no key at all; a refused key has "API Error: 401".
  [/^(?:not logged in|invalid api key) ·/i, "AUTH_REQUIRED"],
  [/oauth (?:token|session) (?:has )?(?:been )?(?:expired|revoked)/i, "AUTH_REJECTED"],
  [/usage limit reached|hit your .{0,60}limit|limit reached ·|^you've reached your .{0,60}limit/i, "CLI_USAGE_LIMIT"],
  [/prompt is too long|exceeds? (?:the )?context (?:window|limit)/i, "CLI_CONTEXT_TOO_LONG"],
  [/request too large/i, "CLI_REQUEST_TOO_LARGE"],
  [/issue with the selected model/i, "CLI_MODEL_NOT_FOUND"],
  [/appears to violate our usage policy|safeguards flagged/i, "CLI_MODEL_REFUSED"],
  [/exceeded the \d+ output token maximum/i, "CLI_OUTPUT_LIMIT"],
]

/** Texts of a connection that failed: they carry no status. */
const connection =
  /connection|ECONN\w+|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|socket|fetch failed|timed out|stream (?:ended|closed)|unterminated string|unexpected end of JSON|JSON parse error|unable to connect|\bterminated\b|certificate|proxy/i

const byTerminalReason: Readonly<Record<string, ErrorCode>> = {
  prompt_too_long: "CLI_CONTEXT_TOO_LONG",
  image_error: "CLI_REQUEST_TOO_LARGE",
  max_turns: "CLI_MAX_TURNS",
  budget_exhausted: "CLI_BUDGET_EXCEEDED",
  structured_output_retry_exhausted: "CLI_STRUCTURED_OUTPUT",
  aborted_streaming: "CLI_INTERRUPTED",
  aborted_tools: "CLI_INTERRUPTED",
}

const byKind: Readonly<Record<string, ErrorCode>> = {
  authentication_failed: "AUTH_REJECTED",
  billing_error: "AUTH_BILLING",
  rate_limit: "CLI_RATE_LIMITED",
  model_not_found: "CLI_MODEL_NOT_FOUND",
  server_error: "CLI_SERVICE_ERROR",
  invalid_request: "CLI_REQUEST_INVALID",
  max_output_tokens: "CLI_OUTPUT_LIMIT",
}

const lookup = (table: Readonly<Record<string, ErrorCode>>, key: string | undefined): ErrorCode | undefined =>
  key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined

const codeOfStatus = (status: number): ErrorCode | undefined => {
  switch (status) {
    case 401:
      return "AUTH_REJECTED"
    case 402:
      return "AUTH_BILLING"
    case 403:
      return "AUTH_FORBIDDEN"
    case 404:
      return "CLI_MODEL_NOT_FOUND"
    case 408:
      return "CLI_CONNECTION"
    case 413:
      return "CLI_REQUEST_TOO_LARGE"
    case 429:
      return "CLI_RATE_LIMITED"
    case 529:
      return "CLI_OVERLOADED"
    default:
      if (status >= 500 && status <= 599) return "CLI_SERVICE_ERROR"
      return status >= 400 && status <= 499 ? "CLI_REQUEST_INVALID" : undefined
  }
}

/** `API Error: 401 ...`, `API Error: Request rejected (429) · ...`, `API Error: Repeated 529 Overloaded errors`. */
const statusInText = (text: string): number | undefined => {
  const found = /API Error: (?:Repeated )?(\d{3})\b/.exec(text)?.[1] ?? /rejected \((\d{3})\)/.exec(text)?.[1]
  return found === undefined ? undefined : Number.parseInt(found, 10)
}

/** Up to 2.1.100 the service's answer is quoted whole. */
const quotedAnswer = /\{"type":"error",.*?"message":"((?:[^"\\]|\\.){1,300})".*\}/

/** Error messages are for people: one line, bounded. */
const oneLine = (text: string): string => {
  const line = (text.trim().split(/[\r\n]/, 1)[0] ?? "").slice(0, 4000).replace(quotedAnswer, "$1")
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}

/** Reads a failed request: what is said in words counts more than the status, the status more than the CLI's own kind. */
export const requestFailure = (facts: FailureFacts): ErrorInfo => {
  const { text } = facts
  const status = facts.status ?? statusInText(text)
  const code =
    lookup(byTerminalReason, facts.terminalReason) ??
    (facts.stopReason === "refusal" ? "CLI_MODEL_REFUSED" : undefined) ??
    first(words, text) ??
    (status === undefined ? undefined : codeOfStatus(status)) ??
    (/overloaded/i.test(text) ? "CLI_OVERLOADED" : undefined) ??
    (connection.test(text) ? "CLI_CONNECTION" : undefined) ??
    lookup(byKind, facts.kind) ??
    // Nothing of it is known: an unknown class, so that nothing is tried again by itself.
    "CLI_FAILED"
  const resets = /resets? (?:at )?([^\n]{1,60})/i.exec(text)?.[1]
  const resetsAt = facts.resetsAt ?? limitEnd(text)
  const resetsClock = resetsAt === undefined && resets !== undefined ? readResetClock(resets) : undefined
  return errorInfo(code, {
    ...(text.trim() === "" ? {} : { message: oneLine(text) }),
    detail: {
      ...(status === undefined ? {} : { httpStatus: status }),
      ...(facts.kind === undefined ? {} : { kind: facts.kind }),
      ...(code === "CLI_USAGE_LIMIT" && resets !== undefined ? { resets } : {}),
      ...(code === "CLI_USAGE_LIMIT" && resetsAt !== undefined ? { resetsAt } : {}),
      ...(code === "CLI_USAGE_LIMIT" && resetsClock !== undefined ? { resetsClock } : {}),
    },
  })
}

/** Older versions write `Claude AI usage limit reached|1764000000`, in seconds. */
const limitEnd = (text: string): number | undefined => {
  const seconds = /limit reached\|(\d{9,11})\b/.exec(text)?.[1]
  return seconds === undefined ? undefined : Number.parseInt(seconds, 10) * 1000
}

/** What the CLI says on stderr, or in a result's `errors`, when it does not even begin. */
const startup: ReadonlyArray<Rule> = [
  [/No conversation found/, "CLI_SESSION_NOT_FOUND"],
  // With its usage: it takes the id for a wrong argument, and looks for no session.
  [/--resume requires a valid session/, "CLI_USAGE"],
  [/Session ID \S+ is already in use/, "CLI_SESSION_IN_USE"],
  [/Input must be provided either through stdin/, "CLI_NO_PROMPT"],
  [/passed via --permission-prompt-tool/, "CLI_USAGE"],
  [/MCP config file not found|Settings file not found/, "CLI_CONFIG_INVALID"],
  [/Invalid MCP configuration|Invalid settings/i, "CLI_CONFIG_INVALID"],
  [/^error: /m, "CLI_USAGE"],
  [/Invalid session ID|--json-schema is not|requires --verbose|cannot be used with root/, "CLI_USAGE"],
  [/Error parsing streaming input line|Expected message type/, "CLI_USAGE"],
  [/uv_cwd|current (?:working )?directory .*(?:deleted|not exist)/i, "IO_DIRECTORY_UNREADABLE"],
  // Up to 2.1.0 the JSON of an argument is parsed without a catch.
  [/^SyntaxError: .*\bJSON\b/m, "CLI_USAGE"],
  [/Not logged in|Invalid API key/, "AUTH_REQUIRED"],
  [/^\s+at .+:\d+:\d+\)?$/m, "CLI_CRASHED"],
]

/** The failure that these words tell; undefined when they tell none. */
export const startupFailure = (text: string): ErrorInfo | undefined => {
  const rule = startup.find(([pattern]) => pattern.test(text))
  if (rule === undefined) return undefined
  const [pattern, code] = rule
  const line = text.split("\n").find((candidate) => pattern.test(candidate)) ?? ""
  return errorInfo(code, code === "CLI_CRASHED" || line.trim() === "" ? {} : { message: oneLine(line) })
}

/** The endings that text output tells in words of its own, whole and on stdout; up to 2.1.0 with exit code 0. */
const proseEndings: ReadonlyArray<Rule> = [
  [/^Error: Reached max turns \(\d+\)$/, "CLI_MAX_TURNS"],
  [/^Error: (?:Exceeded USD budget|Reached maximum budget) \(.{1,40}\)$/, "CLI_BUDGET_EXCEEDED"],
  [/^Error: Failed to provide valid structured output\b/, "CLI_STRUCTURED_OUTPUT"],
  [/^Execution error$/, "CLI_INTERRUPTED"],
]
export const proseEnding = (text: string): ErrorInfo | undefined => {
  const code = first(proseEndings, text.trim())
  return code === undefined ? undefined : errorInfo(code, { message: oneLine(text) })
}

const proseFailures = [
  /^(?:Failed to authenticate\. )?API Error: /,
  /^(?:Not logged in|Invalid API key) · /,
  /^Credit balance is too low/,
  /^Prompt is too long/,
  /^Request too large/,
  /^There's an issue with the selected model/,
  /^You've (?:hit|reached) your .{0,60}limit/,
  /^(?:\S+ ){0,3}limit reached/i,
]
/** Whether text output begins as the CLI's own report of a failed request does. A model may write the same words. */
export const isProseFailure = (text: string): boolean => proseFailures.some((pattern) => pattern.test(text.trimStart()))
