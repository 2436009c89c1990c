/**
 * What was decided about a request: one answer to each submit, with a code that stays and a sentence that is safe to show.
 *
 * The checks come in one order, and the first that refuses decides: schema, key that was sent before, directories and their
 * grants, policies, secrets in the request, the CLI and its version, what the adapter makes of it, secrets that the request
 * refers to, budgets, quotas, and whether the queue is full. What cannot be checked refuses. Pure.
 */
import * as Schema from "effect/Schema"
import { isTerminal, Run } from "./Run.ts"
import { RunExplanation, type WaitReason } from "./RunExplanation.ts"
import { ErrorInfo, type RunyardError } from "./RunyardError.ts"

export const Admission = Schema.Union([
  Schema.Struct({
    decision: Schema.Literal("admitted"),
    /** `KNOWN`: it was sent before, and is executed or has ended. */
    code: Schema.Literals(["STARTS", "KNOWN"]),
    run: Run,
    message: Schema.String,
  }),
  /** It waits for room or for its turn. */
  Schema.Struct({
    decision: Schema.Literal("queued"),
    code: Schema.Literals(["TURN", "LIMIT", "SESSION_BUSY", "NO_HOST"]),
    run: Run,
    /** Missing where more than 1,000 wait. */
    position: Schema.optionalKey(Schema.Natural),
    explanation: RunExplanation,
    message: Schema.String,
  }),
  /** It may not start yet, however much room there is. */
  Schema.Struct({
    decision: Schema.Literal("deferred"),
    code: Schema.Literals([
      "HELD",
      "NOT_BEFORE",
      "RETRY_WAIT",
      "QUEUE_PAUSED",
      "PROVIDER_PAUSED",
      "PROVIDER_DOWN",
      "ACTION_NEEDED",
    ]),
    run: Run,
    /** When that ends by itself, in milliseconds since the epoch. */
    until: Schema.optionalKey(Schema.Finite),
    explanation: RunExplanation,
    message: Schema.String,
  }),
  /** Nothing was stored. */
  Schema.Struct({
    decision: Schema.Literal("rejected"),
    code: ErrorInfo.fields.code,
    error: ErrorInfo,
    message: Schema.String,
  }),
]).annotate({ identifier: "Admission" })
export type Admission = typeof Admission.Type

type Deferral = Extract<
  WaitReason["code"],
  "HELD" | "NOT_BEFORE" | "RETRY_WAIT" | "QUEUE_PAUSED" | "PROVIDER_PAUSED" | "PROVIDER_DOWN"
>
const deferrals: ReadonlyArray<Deferral> = [
  "HELD",
  "QUEUE_PAUSED",
  "PROVIDER_PAUSED",
  "RETRY_WAIT",
  "NOT_BEFORE",
  "PROVIDER_DOWN",
]

/** The decision about a request that became this run. */
export const admissionOf = (run: Run, explanation: RunExplanation): Admission => {
  const { position, reasons, state, text: message } = explanation
  if (state === "action_needed") return { decision: "deferred", code: "ACTION_NEEDED", run, explanation, message }
  if (isTerminal(state) || state === "starting" || state === "running") {
    const isNew = run.state === "queued" && !isTerminal(state)
    return { decision: "admitted", code: isNew ? "STARTS" : "KNOWN", run, message }
  }
  const code = deferrals.find((deferral) => reasons.some((reason) => reason.code === deferral))
  if (code !== undefined) {
    const until = reasons.flatMap((reason) => ("until" in reason ? [reason.until] : []))
    const ends =
      code === "NOT_BEFORE" || code === "RETRY_WAIT" || code === "PROVIDER_DOWN" ? { until: Math.max(...until) } : {}
    return { decision: "deferred", code, run, ...ends, explanation, message }
  }
  const [first] = reasons
  if (first === undefined) return { decision: "admitted", code: "STARTS", run, message }
  const waits = first.code as Exclude<WaitReason["code"], Deferral>
  return {
    decision: "queued",
    code: waits,
    run,
    ...(position === undefined ? {} : { position }),
    explanation,
    message,
  }
}

/** The decision that an error of `submit` is; undefined for an error of the store or of Runyard itself. */
export const rejectionOf = ({
  info,
}: RunyardError): Extract<Admission, { readonly decision: "rejected" }> | undefined =>
  /^(?:STORE|INTERNAL)_/.test(info.code) && info.code !== "STORE_RUN_NOT_FOUND"
    ? undefined
    : { decision: "rejected", code: info.code, error: info, message: `${info.message} ${info.remedy}` }

/** What a request that would be taken is told before it is sent. Nothing was stored, and no agent was started. */
export const RunCheck = Schema.Struct({
  ok: Schema.Literal(true),
  /** Sentences for people: what does not keep it from running. */
  warnings: Schema.Array(Schema.String),
}).annotate({ identifier: "RunCheck" })
export type RunCheck = typeof RunCheck.Type
