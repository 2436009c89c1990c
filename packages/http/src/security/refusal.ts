/** How a request is refused: a problem document with one of Runyard's codes. */
import { type ErrorCode, errorTable } from "@runyard/core/ErrorCode"
import { httpStatus } from "../status.ts"

export interface Refusal {
  readonly code: ErrorCode
  /** What is said besides the code's own summary. Never anything of the request. */
  readonly detail?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export const refusal = (code: ErrorCode, detail?: string, headers?: Refusal["headers"]): Refusal => ({
  code,
  detail,
  headers,
})

/** Statuses of what is refused before a route is looked at, and by none. */
const before: { readonly [K in ErrorCode]?: number } = {
  HTTP_METHOD_NOT_ALLOWED: 405,
  HTTP_TIMED_OUT: 408,
  HTTP_URL_TOO_LONG: 414,
  HTTP_HOST_REFUSED: 421,
  HTTP_HEADERS_TOO_LARGE: 431,
}

export const statusOf = ({ code }: Refusal): number =>
  before[code] ?? httpStatus({ code, class: errorTable[code].class })

/** `application/problem+json`, as RFC 9457 has it. */
export const problemType = "application/problem+json"

export const problemOf = (refused: Refusal) => {
  const { code, detail } = refused
  const { class: errorClass, remedy, summary } = errorTable[code]
  return {
    type: `urn:runyard:error:${code}`,
    title: summary,
    status: statusOf(refused),
    detail: detail ?? summary,
    code,
    class: errorClass,
    remedy,
  }
}
