/** Errors of the HTTP host. Data: `ErrorCode.ts` puts them together. */
import type { ErrorEntry } from "./errorEntry.ts"

export const http = {
  HTTP_HOST_REFUSED: {
    class: "policy",
    summary: "The request names a host that this server does not answer for",
    remedy: "Use the address that the server printed; a name behind a proxy is allowed with `--public-host`.",
  },
  HTTP_ORIGIN_REFUSED: {
    class: "policy",
    summary: "The request comes from a page of another origin",
    remedy: "Use the server's own page, or a client that is no browser.",
  },
  HTTP_UNAUTHENTICATED: {
    class: "auth",
    summary: "The request carries no valid token and no valid session",
    remedy: "Send `Authorization: Bearer` with the token, or open the link that `runyard serve` prints.",
  },
  HTTP_SCOPE_MISSING: {
    class: "permission",
    summary: "The token or session does not reach so far",
    remedy: "Use one that has the scope which the message names.",
  },
  HTTP_TOKEN_IN_URL: {
    class: "policy",
    summary: "The request has a credential in its address, where logs and histories keep it",
    remedy: "Send it as `Authorization: Bearer`, and replace the token if that address was written down anywhere.",
  },
  HTTP_CODE_REFUSED: {
    class: "auth",
    summary: "The one-time code is unknown, used or too old",
    remedy: "Ask for a new link: runyard serve link. A link works once, for some minutes.",
  },
  HTTP_BODY_TOO_LARGE: {
    class: "usage",
    summary: "The body of the request is too large",
    remedy: "Send less; the message names the bound.",
  },
  HTTP_BODY_INVALID: {
    class: "usage",
    summary: "The body of the request is not JSON that is read here",
    remedy: "Correct what the message names.",
  },
  HTTP_MEDIA_TYPE: {
    class: "usage",
    summary: "The body has a type that is not read here",
    remedy: "Send JSON, uncompressed, with `Content-Type: application/json`.",
  },
  HTTP_URL_TOO_LONG: {
    class: "usage",
    summary: "The address of the request is too long",
    remedy: "Send less in it.",
  },
  HTTP_HEADERS_TOO_LARGE: {
    class: "usage",
    summary: "The headers of the request are too large",
    remedy: "Send fewer or shorter headers; clear the cookies of this address in the browser.",
  },
  HTTP_METHOD_NOT_ALLOWED: {
    class: "usage",
    summary: "The route does not have this method",
    remedy: "Use one of those that the header `Allow` lists.",
  },
  HTTP_NOT_FOUND: {
    class: "usage",
    summary: "There is nothing at this address",
    remedy: "`/api/v1/openapi.json` describes every route.",
  },
  HTTP_RATE_LIMITED: {
    class: "transient",
    summary: "Too many requests, or too many at once",
    remedy: "Wait as long as the header `Retry-After` says, then send it again.",
  },
  HTTP_BUSY: {
    class: "transient",
    summary: "The server has as many connections or streams open as it may",
    remedy: "Close some, or wait as long as the header `Retry-After` says.",
  },
  HTTP_UPGRADE_REFUSED: {
    class: "usage",
    summary: "This server speaks HTTP/1.1 alone: no WebSocket, no h2c, no tunnel",
    remedy: "Send the request without `Upgrade`; events are streamed as server-sent events.",
  },
  HTTP_MALFORMED: {
    class: "usage",
    summary: "This is not a request of HTTP/1.1",
    remedy: "Look at the client, or at the proxy before this server.",
  },
  HTTP_TIMED_OUT: {
    class: "transient",
    summary: "The request took too long to arrive",
    remedy: "Send it again, faster.",
  },
  HTTP_SHUTTING_DOWN: {
    class: "transient",
    summary: "The server is shutting down",
    remedy: "Send it again once the server has been started again.",
  },
  HTTP_ADDRESS_IN_USE: {
    class: "usage",
    summary: "Another program listens at this address",
    remedy: "Choose another port, or `--port 0` for any that is free.",
  },
  HTTP_NO_SERVER: {
    class: "usage",
    summary: "No server is running on this store",
    remedy: "Start one: runyard serve.",
  },
  HTTP_BIND_REFUSED: {
    class: "policy",
    summary: "The server would be reached from other machines without protection",
    remedy:
      "Leave `--host` out, or give `--allow-remote` with `--tls-cert` and `--tls-key`, or `--behind-proxy` with `--public-host`.",
  },
} as const satisfies Record<string, ErrorEntry>
