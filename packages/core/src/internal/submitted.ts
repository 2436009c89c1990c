/** A request as somebody has sent it: what it must be before anything is asked about it, and how it may be stored. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { HostSettings } from "../HostSettings.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import { type InputIssue, inputIssues } from "../InputIssue.ts"
import { type QueuePlace, RunRequest } from "../Run.ts"
import { type RedactionCount, redactionsByRule } from "../RunEvent.ts"
import { type ErrorInfo, type RunyardError, runyardError } from "../RunyardError.ts"
import { isHostSecret } from "../SecretReference.ts"
import { timeLimits } from "../TimeLimits.ts"
import type { RunSession } from "./runSession.ts"

const decodeRequest = Schema.decodeUnknownResult(RunRequest, { errors: "all", onExcessProperty: "error" })

/** Says of the masked request what is wrong with it: the schema quotes values, without the names that tell what they are. */
const invalidRequest = (redaction: RedactionSession, input: unknown): RunyardError => {
  const decoded = decodeRequest(redaction.json(input).value)
  if (Result.isSuccess(decoded)) return refusedRequest("it holds a secret")
  const issues = redaction.json(inputIssues(decoded.failure)).value as ReadonlyArray<InputIssue>
  return refusedRequest(redaction.text(decoded.failure.message).value, { issues })
}

const refusedRequest = (problem: string, detail: ErrorInfo["detail"] = {}): RunyardError =>
  runyardError("QUEUE_REQUEST_INVALID", {
    message: `The request is not valid: ${problem.replaceAll(/\s+/g, " ").slice(0, 400)}`,
    detail,
  })

/** What is wrong with the variables that a request names; undefined when nothing is. */
const variableProblem = ({ env = [], secrets = {} }: RunRequest): string | undefined => {
  const reserved = env.find(isHostSecret)
  if (reserved !== undefined) return `${reserved} belongs to the host's secrets; refer to one with "secrets"`
  const twice = env.find((name) => Object.hasOwn(secrets, name))
  return twice === undefined ? undefined : `${twice} is named in "env" and in "secrets"`
}

/**
 * Fails with `QUEUE_REQUEST_INVALID`, whose detail has the `issues` of a request that is none, and `CLI_NO_PROMPT`; neither
 * repeats a secret of the host.
 */
export const readRequest = (hostSecrets: RedactionSession, input: unknown): Result.Result<RunRequest, RunyardError> => {
  const decoded = decodeRequest(input)
  if (Result.isFailure(decoded)) return Result.fail(invalidRequest(hostSecrets, input))
  if (decoded.success.prompt.trim() === "") {
    return Result.fail(runyardError("CLI_NO_PROMPT", { message: "The prompt is empty" }))
  }
  const unfit = variableProblem(decoded.success)
  return unfit === undefined
    ? Result.succeed(decoded.success)
    : Result.fail(refusedRequest(hostSecrets.text(unfit).value))
}

const rulesOf = (redactions: ReadonlyArray<RedactionCount>): ReadonlyArray<string> =>
  redactionsByRule(redactions).map(({ rule }) => rule)

const warned = (redactions: ReadonlyArray<RedactionCount>): string =>
  `The request holds something that looks like a secret (${rulesOf(redactions).join(", ")}); the agent gets it as it is`

/** Says that a run goes ahead although its request holds a secret. */
export const secretInPrompt = (redactions: ReadonlyArray<RedactionCount>): TimelessDraft =>
  draft(
    "policy.applied",
    { policy: "promptSecrets", decision: "warn", message: warned(redactions) },
    { severity: "warning" },
  )

/** What the request is told that has to do with its secrets. */
export const secretWarnings = (
  { redactions }: MaskedRequest,
  { promptSecrets }: Pick<HostSettings, "promptSecrets">,
): ReadonlyArray<string> => (redactions.length > 0 && promptSecrets === "warn" ? [warned(redactions)] : [])

export interface MaskedRequest {
  readonly value: RunRequest
  readonly redactions: ReadonlyArray<RedactionCount>
}

/** The request as it may be stored. Fails with `POLICY_SECRET_IN_PROMPT` for one that may not be. */
export const maskedRequest = (
  { maskReferences, maskRequest }: Pick<RunSession, "maskReferences" | "maskRequest">,
  request: RunRequest,
  { promptSecrets }: Pick<HostSettings, "promptSecrets">,
): Result.Result<MaskedRequest, RunyardError> => {
  const masked = maskRequest(request)
  // A reference that is masked would refer to nothing, and a key to another request.
  const isKeyMasked = masked.value.idempotencyKey !== request.idempotencyKey
  const unusable = [...maskReferences(request), ...(isKeyMasked ? masked.redactions : [])]
  if (unusable.length === 0 && (masked.redactions.length === 0 || promptSecrets !== "block")) {
    return Result.succeed(masked)
  }
  const found = rulesOf([...masked.redactions, ...unusable])
  return Result.fail(
    runyardError("POLICY_SECRET_IN_PROMPT", {
      message: `The request holds something that looks like a secret (${found.join(", ")})`,
      detail: { rules: found },
    }),
  )
}

/** How the run waits; undefined for one that waits like most. */
export const placeOf = (request: RunRequest, settings: HostSettings, now: number): QueuePlace | undefined => {
  const { notBefore, priority, weight } = request
  const { queueMillis } = timeLimits(request.limits, settings.limits)
  const place: QueuePlace = {
    priority: priority ?? "normal",
    ...(weight === undefined ? {} : { weight }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(queueMillis > 0 ? { expiresAt: Math.max(now, notBefore ?? now) + queueMillis } : {}),
    ...(settings.shared ? { shared: true } : {}),
  }
  return Object.keys(place).length === 1 && priority === undefined ? undefined : place
}
