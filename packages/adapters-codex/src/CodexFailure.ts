/** Codex's prose about a failure as a coded error: `exec` prints no codes, in any version. */
import { type ErrorCode, errorInfo, type ErrorInfo, errorTable } from "@runyard/core"
import { readResetClock } from "@runyard/core/ResetClock"

/** Longest part of the vendor's text that an error keeps. */
const maxSaid = 400

/** How much of a text is looked at. */
const maxRead = 8192

const clip = (text: string): string => (text.length > maxSaid ? `${text.slice(0, maxSaid)}…` : text)

/** The sentence inside a JSON body, where Codex prints the body as it came; otherwise the text without its tail of ids. */
const saidIn = (text: string): string => {
  const inner = /"message"\s*:\s*"((?:[^"\\]|\\.){1,2000})"/.exec(text)?.[1]
  const said = inner === undefined ? text : inner.replaceAll(/\\(["\\/])/g, "$1").replaceAll(/\\[nrt]/g, " ")
  return clip(
    said
      .replace(/, request id: \S+$/, "")
      .replaceAll(/\s+/g, " ")
      .trim(),
  )
}

/** The HTTP status that the text names: `unexpected status 401 Unauthorized`, `last status: 429`, `http 500`. */
export const httpStatusIn = (text: string): number | undefined => {
  const found = /(?:\bstatus(?: code)?:?|\bhttp(?: error:)?) ([1-5]\d\d)\b/i.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

const unitMillis: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds in `193ms`, `1.75s`, `1m 05s`, `3 days 4 hours`; undefined when there is none. */
export const millisIn = (text: string): number | undefined => {
  let total: number | undefined
  for (const [, amount, unit] of text.matchAll(
    /(\d{1,9}(?:\.\d{1,9})?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)\b/gi,
  )) {
    const name = (unit ?? "").toLowerCase()
    const key = name === "ms" || name.startsWith("milli") ? "ms" : name.slice(0, 1)
    total = (total ?? 0) + Number(amount) * (unitMillis[key] ?? 0)
  }
  return total === undefined ? undefined : Math.round(total)
}

const retryAfter = (text: string): number | undefined => {
  const found = /try again in ((?:\d{1,9}(?:\.\d{1,9})?\s*[a-z]{1,12}[\s,]{0,2}(?:and )?){1,4})/i.exec(text)?.[1]
  return found === undefined ? undefined : millisIn(found)
}

/** A usage limit ends at `8:48 PM`, or on another day at `Nov 29th, 2026 9:25 PM`: both in the zone of the CLI's process. */
const resetDetail = (text: string): ErrorInfo["detail"] => {
  const resets = /try again at ([^\n]{1,60}?[ap]m)\b/i.exec(text)?.[1]
  const resetsClock = resets === undefined ? undefined : readResetClock(resets)
  return { ...(resets === undefined ? {} : { resets }), ...(resetsClock === undefined ? {} : { resetsClock }) }
}

/** What the text says by itself. The order counts: a wrapping such as `stream disconnected` comes last. */
const byText: ReadonlyArray<readonly [RegExp, ErrorCode]> = [
  [/[’']ve (?:hit|reached) your usage limit|usage_limit_reached|usage limit (?:has been )?reached/i, "CLI_USAGE_LIMIT"],
  [/insufficient_quota|quota exceeded|exceeded your current quota|check your plan and billing/i, "AUTH_BILLING"],
  [
    /ran out of room in the model[’']s context|context_length_exceeded|context window|maximum context length/i,
    "CLI_CONTEXT_TOO_LONG",
  ],
  [/reason: max_output_tokens/i, "CLI_OUTPUT_LIMIT"],
  [/reason: content_filter|"code":"content_filter"/i, "CLI_MODEL_REFUSED"],
  [/rate limit (?:reached|exceeded)|rate_limit_exceeded|too many requests/i, "CLI_RATE_LIMITED"],
  [
    /model_not_found|\bmodel\b.{0,120}\b(?:not found|does not exist|is not (?:available|supported))/i,
    "CLI_MODEL_NOT_FOUND",
  ],
]

const byStatus = (status: number): ErrorCode | undefined => {
  switch (status) {
    case 401:
      return "AUTH_REJECTED"
    case 402:
      return "AUTH_BILLING"
    case 403:
      return "AUTH_FORBIDDEN"
    case 408:
      return "CLI_CONNECTION"
    case 413:
      return "CLI_REQUEST_TOO_LARGE"
    case 429:
      return "CLI_RATE_LIMITED"
    case 529:
      return "CLI_OVERLOADED"
    default:
      if (status >= 500) return "CLI_SERVICE_ERROR"
      return status >= 400 ? "CLI_REQUEST_INVALID" : undefined
  }
}

const byWrapping: ReadonlyArray<readonly [RegExp, ErrorCode]> = [
  // Codex's own words for a status of 500.
  [/we[’']re currently experiencing high demand|internal server error/i, "CLI_SERVICE_ERROR"],
  [/overloaded|at capacity/i, "CLI_OVERLOADED"],
  [/invalid_request|"type":"invalid_request_error"/i, "CLI_REQUEST_INVALID"],
  [/not logged in|please (?:log|sign) in|token could not be refreshed|session has expired/i, "AUTH_REQUIRED"],
  [/unauthorized|invalid api key|incorrect api key/i, "AUTH_REJECTED"],
  [
    /stream (?:disconnected|closed|error)|error sending request|connection (?:refused|reset|closed|failed)|network error|idle timeout|timed out|dns error|websocket/i,
    "CLI_CONNECTION",
  ],
]

const codeOf = (text: string, status: number | undefined): ErrorCode | undefined =>
  byText.find(([pattern]) => pattern.test(text))?.[1] ??
  (status === undefined ? undefined : byStatus(status)) ??
  byWrapping.find(([pattern]) => pattern.test(text))?.[1]

const missingVariable = (text: string): ErrorInfo | undefined => {
  const variable = /Missing environment variable: [`'"]?([A-Za-z_][A-Za-z0-9_]{0,127})/.exec(text)?.[1]
  if (variable === undefined) return undefined
  return errorInfo("AUTH_ENV_MISSING", {
    message: `Codex's configuration asks for the environment variable ${variable}, which the run was not given`,
    remedy: `Runs get an allowlisted environment: name it with \`--env ${variable}\` (or \`env\` in the request), and set it for the host.`,
    detail: { variable },
  })
}

const failure = (code: ErrorCode, text: string, detail: ErrorInfo["detail"] = {}): ErrorInfo => {
  const wait = retryAfter(text)
  const said = saidIn(text)
  return errorInfo(code, {
    message: said === "" ? errorTable[code].summary : `${errorTable[code].summary}: ${said}`,
    detail,
    ...(wait === undefined ? {} : { retryAfterMillis: wait }),
  })
}

/** The failure of a turn from its text. A text that says nothing known is `CLI_FAILED`. */
export const turnFailure = (whole: string): ErrorInfo => {
  const text = whole.slice(0, maxRead)
  const status = httpStatusIn(text)
  const code = codeOf(text, status) ?? "CLI_FAILED"
  return (
    missingVariable(text) ??
    failure(code, text, {
      ...(status === undefined ? {} : { httpStatus: status }),
      ...(code === "CLI_USAGE_LIMIT" ? resetDetail(text) : {}),
    })
  )
}

/** What Codex prints on stderr when it does not come to a turn. Anchored: a tracing line may quote anything. */
const atStart: ReadonlyArray<readonly [RegExp, ErrorCode]> = [
  [/^Not inside a trusted directory/, "CLI_NOT_A_REPOSITORY"],
  [/^No prompt provided/, "CLI_NO_PROMPT"],
  [/^Not logged in/, "AUTH_REQUIRED"],
  [/^Error loading (?:config|configuration)\b/, "CLI_CONFIG_INVALID"],
  [/^Error: Model provider .{1,120} not found/, "CLI_CONFIG_INVALID"],
  [/^Error: .{0,200}(?:is no longer supported|unknown (?:variant|field)|invalid configuration)/, "CLI_CONFIG_INVALID"],
  [/^Error finding codex home/, "CLI_CONFIG_INVALID"],
  [/^Failed to read output schema file/, "IO_FILE_UNREADABLE"],
  [/^Output schema file .{1,4096} is not valid JSON/, "CLI_USAGE"],
  [/^Failed to read image|^Error: .{0,200}image .{0,200}No such file/, "IO_FILE_UNREADABLE"],
  [
    /^Error: .{0,300}(?:no rollout found|thread not found|session not found|no saved session|thread\/resume failed)/i,
    "CLI_SESSION_NOT_FOUND",
  ],
  [/^Error: (?:No such file or directory|Permission denied)/, "IO_DIRECTORY_UNREADABLE"],
  [/^error: /, "CLI_USAGE"],
  [/^Error: stdin is not a terminal|^ERROR: TERM is set to/, "CLI_USAGE"],
  [/^thread '[^']{0,80}' (?:\(\d+\) )?panicked at/, "CLI_CRASHED"],
]

/** The start-up failure in a line of stderr, when it is one. */
export const startFailure = (whole: string): ErrorInfo | undefined => {
  const line = whole.slice(0, maxRead)
  const found = atStart.find(([pattern]) => pattern.test(line))
  if (found !== undefined) return failure(found[1], line)
  const said = /^Error: (.+)/.exec(line)?.[1]
  return said === undefined ? undefined : turnFailure(said)
}
