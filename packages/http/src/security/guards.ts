/** What is looked at before anything else of a request, in this order. Pure: headers and address alone. */
import type { HostNames } from "./HostNames.ts"
import { type Refusal, refusal } from "./refusal.ts"

/** A request's head, from whichever server it came. */
export interface RequestHead {
  readonly method: string
  /** As it was sent: a path, or what should not be one. */
  readonly target: string
  /** The one value of a header, in lower case; several lines of it are joined by a comma, as HTTP says. */
  readonly header: (name: string) => string | undefined
  /** How often a header was sent, where the server can tell. */
  readonly count?: ((name: string) => number) | undefined
  /** The port at which it arrived, where the server can tell. */
  readonly port?: number | undefined
}

export interface GuardOptions {
  readonly hosts: HostNames
  readonly maxUrlLength: number
  readonly maxBodyBytes: number
}

export const allowedMethods = ["GET", "HEAD", "POST", "PATCH", "DELETE"] as const
const allow = allowedMethods.join(", ")
export const apiPrefix = "/api/"

/** Parameters that would carry a credential. */
const credentialNames = /^(?:access_?token|api_?key|auth|authorization|bearer|code|key|password|secret|session|token)$/i

const hostGuard = ({ count, header, port, target }: RequestHead, { hosts }: GuardOptions): Refusal | undefined => {
  const host = header("host")
  if (host === undefined) return refusal("HTTP_HOST_REFUSED", "The request names no host")
  if ((count?.("host") ?? 1) !== 1) return refusal("HTTP_HOST_REFUSED", "The request names more than one host")
  if (!target.startsWith("/")) return refusal("HTTP_HOST_REFUSED", "The request has an address instead of a path")
  return hosts.allows(host, port) ? undefined : refusal("HTTP_HOST_REFUSED")
}

const methodGuard = ({ header, method }: RequestHead): Refusal | undefined => {
  if (!(allowedMethods as ReadonlyArray<string>).includes(method)) {
    return refusal("HTTP_METHOD_NOT_ALLOWED", undefined, { allow })
  }
  return header("upgrade") === undefined ? undefined : refusal("HTTP_UPGRADE_REFUSED")
}

/** A link on another page may lead to our page, which has no authority by itself; it may fetch nothing. */
const isVisit = ({ header, method, target }: RequestHead): boolean =>
  method === "GET" &&
  header("sec-fetch-mode") === "navigate" &&
  header("sec-fetch-dest") === "document" &&
  !target.startsWith(apiPrefix)

const originGuard = (head: RequestHead, { hosts }: GuardOptions): Refusal | undefined => {
  const origin = head.header("origin")
  if (origin !== undefined && !hosts.allowsOrigin(origin, head.port)) return refusal("HTTP_ORIGIN_REFUSED")
  const site = head.header("sec-fetch-site")
  return site === undefined || site === "same-origin" || site === "none" || isVisit(head)
    ? undefined
    : refusal("HTTP_ORIGIN_REFUSED")
}

const nameOf = (parameter: string): string => {
  const name = parameter.split("=", 1)[0] ?? ""
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

const targetGuard = ({ target }: RequestHead, { maxUrlLength }: GuardOptions): Refusal | undefined => {
  if (target.length > maxUrlLength) {
    return refusal("HTTP_URL_TOO_LONG", `An address has ${maxUrlLength} characters at most`)
  }
  const query = target.indexOf("?")
  const names =
    query < 0
      ? []
      : target
          .slice(query + 1)
          .split("&")
          .map(nameOf)
  return names.some((name) => credentialNames.test(name)) ? refusal("HTTP_TOKEN_IN_URL") : undefined
}

const bodyGuard = ({ count, header, method }: RequestHead, { maxBodyBytes }: GuardOptions): Refusal | undefined => {
  const length = header("content-length")
  const coding = header("transfer-encoding")
  if (length !== undefined && (coding !== undefined || (count?.("content-length") ?? 1) > 1)) {
    return refusal("HTTP_MALFORMED", "The request says twice how long it is")
  }
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return refusal("HTTP_MALFORMED", "The request is sent in a way that this server does not read")
  }
  const takesBody = method === "POST" || method === "PATCH"
  if (!takesBody) {
    const has = coding !== undefined || (length !== undefined && length !== "0")
    return has ? refusal("HTTP_BODY_INVALID", "This method takes no body") : undefined
  }
  if (length !== undefined && Number(length) > maxBodyBytes) {
    return refusal("HTTP_BODY_TOO_LARGE", `A body has ${maxBodyBytes} bytes at most`)
  }
  const packed = header("content-encoding")
  const type = header("content-type") ?? ""
  const isJson = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i.test(type)
  return isJson && (packed === undefined || packed === "identity") ? undefined : refusal("HTTP_MEDIA_TYPE")
}

/** The first that refuses decides; undefined when none does. */
export const guardHead = (head: RequestHead, options: GuardOptions): Refusal | undefined =>
  hostGuard(head, options) ??
  methodGuard(head) ??
  originGuard(head, options) ??
  targetGuard(head, options) ??
  bodyGuard(head, options)
