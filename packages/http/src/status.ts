/** Which HTTP status stands for an error of Runyard. */
import type { ErrorClass, ErrorCode } from "@runyard/core"

const byClass: Readonly<Record<ErrorClass, number>> = {
  usage: 400,
  auth: 401,
  permission: 403,
  policy: 403,
  logic: 422,
  transient: 503,
  unknown: 500,
}

const byCode: { readonly [K in ErrorCode]?: number } = {
  STORE_RUN_NOT_FOUND: 404,
  QUEUE_PROVIDER_UNKNOWN: 404,
  STORE_CONFLICT: 409,
  CLI_RATE_LIMITED: 429,
  CLI_USAGE_LIMIT: 429,
  STORE_FULL: 507,
}

/** The status for an error: its code's own where it has one, otherwise that of its class. */
export const httpStatus = (error: { readonly code: ErrorCode; readonly class: ErrorClass }): number =>
  byCode[error.code] ?? byClass[error.class]
