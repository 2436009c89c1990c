/** Which HTTP status stands for an error of Runyard. */
import type { ErrorClass, ErrorCode } from "@runyard/core"

/** Every status that an error has. */
export const problemStatuses = [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503, 507] as const
export type ProblemStatus = (typeof problemStatuses)[number]

/** 401 is for callers that the server does not know, and for nothing that an agent's login lacks. */
const byClass: Readonly<Record<ErrorClass, ProblemStatus>> = {
  usage: 400,
  auth: 403,
  permission: 403,
  policy: 403,
  logic: 422,
  transient: 503,
  unknown: 500,
}

const byCode: { readonly [K in ErrorCode]?: ProblemStatus } = {
  HTTP_UNAUTHENTICATED: 401,
  HTTP_CODE_REFUSED: 401,
  HTTP_NOT_FOUND: 404,
  STORE_RUN_NOT_FOUND: 404,
  QUEUE_PROVIDER_UNKNOWN: 404,
  POLICY_GRANT_NOT_FOUND: 404,
  QUEUE_SCHEDULE_NOT_FOUND: 404,
  QUEUE_BUDGET_NOT_FOUND: 404,
  STORE_CONFLICT: 409,
  QUEUE_IDEMPOTENCY_CONFLICT: 409,
  QUEUE_NOT_WAITING: 409,
  QUEUE_SCHEDULE_CHANGED: 409,
  HTTP_BODY_TOO_LARGE: 413,
  HTTP_MEDIA_TYPE: 415,
  HTTP_RATE_LIMITED: 429,
  CLI_RATE_LIMITED: 429,
  CLI_USAGE_LIMIT: 429,
  STORE_UNAVAILABLE: 503,
  STORE_FULL: 507,
}

/** The status for an error: its code's own where it has one, otherwise that of its class. */
export const httpStatus = (error: { readonly code: ErrorCode; readonly class: ErrorClass }): ProblemStatus =>
  byCode[error.code] ?? byClass[error.class]
