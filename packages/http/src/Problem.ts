/** How an error looks on the wire: RFC 9457, with the codes of Runyard. */
import { ErrorClass, ErrorCode, type ErrorInfo, errorTable } from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiSchema } from "effect/http-api"
import { httpStatus, type ProblemStatus } from "./status.ts"

/** One thing that is wrong with a request. The message never quotes what was sent. */
export const ProblemIssue = Schema.Struct({
  /** Where: `params`, `query`, `headers` or `payload`, then the fields. */
  path: Schema.Array(Schema.Union([Schema.String, Schema.Finite])),
  message: Schema.String,
})
export type ProblemIssue = typeof ProblemIssue.Type

const problem = <const Status extends ProblemStatus>(status: Status) =>
  Schema.Struct({
    type: Schema.String,
    /** What the code means. */
    title: Schema.String,
    status: Schema.Literal(status),
    /** What happened this time. */
    detail: Schema.String,
    code: ErrorCode,
    class: ErrorClass,
    /** What to do about it. */
    remedy: Schema.String,
    /** Machine-readable facts, such as a field's name. */
    detailData: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
    issues: Schema.optionalKey(Schema.Array(ProblemIssue)),
    retryAfterMillis: Schema.optionalKey(Schema.Finite),
  })
    .annotate({ identifier: `Problem${status}` })
    .pipe(HttpApiSchema.status(status), HttpApiSchema.asJson({ contentType: "application/problem+json" }))

/** One schema for each status that an error of Runyard has. */
export const problems = [
  problem(400),
  problem(401),
  problem(403),
  problem(404),
  problem(409),
  problem(413),
  problem(415),
  problem(422),
  problem(429),
  problem(500),
  problem(503),
  problem(507),
] as const

export const Problem = Schema.Union(problems).annotate({ identifier: "Problem" })
export type Problem = typeof Problem.Type

/** The error as a problem. @param status in place of the one that it usually has. */
export const problemOf = (
  error: ErrorInfo,
  options: { readonly issues?: ReadonlyArray<ProblemIssue>; readonly status?: ProblemStatus } = {},
): Problem => ({
  type: `urn:runyard:error:${error.code}`,
  title: errorTable[error.code].summary,
  status: options.status ?? httpStatus(error),
  detail: error.message,
  code: error.code,
  class: error.class,
  remedy: error.remedy,
  ...(Object.keys(error.detail).length === 0 ? {} : { detailData: error.detail }),
  ...(options.issues === undefined ? {} : { issues: options.issues }),
  ...(error.retryAfterMillis === undefined ? {} : { retryAfterMillis: error.retryAfterMillis }),
})
