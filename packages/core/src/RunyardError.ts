/** The one error that Runyard fails with: a stable code, a sentence, a remedy, and detail for machines. */
import * as Schema from "effect/Schema"
import { ErrorClass, ErrorCode, errorTable } from "./ErrorCode.ts"

/** An error as data: what a run's log keeps and what the wire carries. Never holds a prompt, arguments or raw output. */
export const ErrorInfo = Schema.Struct({
  code: ErrorCode,
  class: ErrorClass,
  message: Schema.String,
  remedy: Schema.String,
  /** Machine-readable facts, such as an HTTP status or a field's name. */
  detail: Schema.Record(Schema.String, Schema.Json),
  /** How long the vendor asked to wait, when it did. */
  retryAfterMillis: Schema.optionalKey(Schema.Finite),
}).annotate({ identifier: "ErrorInfo" })
export type ErrorInfo = typeof ErrorInfo.Type

interface ErrorOptions {
  readonly message?: string
  readonly remedy?: string
  readonly detail?: ErrorInfo["detail"]
  readonly retryAfterMillis?: number
}

/** Builds the data of an error; what is left out comes from the table. */
export const errorInfo = (code: ErrorCode, options: ErrorOptions = {}): ErrorInfo => ({
  code,
  class: errorTable[code].class,
  message: options.message ?? errorTable[code].summary,
  remedy: options.remedy ?? errorTable[code].remedy,
  detail: options.detail ?? {},
  ...(options.retryAfterMillis === undefined ? {} : { retryAfterMillis: options.retryAfterMillis }),
})

export class RunyardError extends Schema.TaggedError<RunyardError>()("RunyardError", {
  ...ErrorInfo.fields,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  /** The error as data, without its cause. */
  get info(): ErrorInfo {
    return errorInfo(this.code, this)
  }
}

/** Builds the error; what is left out comes from the table. */
export const runyardError = (
  code: ErrorCode,
  options: ErrorOptions & { readonly cause?: unknown } = {},
): RunyardError =>
  new RunyardError({ ...errorInfo(code, options), ...("cause" in options ? { cause: options.cause } : {}) })
