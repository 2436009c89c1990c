/** Answers what never becomes a request, on the socket itself. */
import { STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { problemOf, problemType, type Refusal, statusOf } from "../security/refusal.ts"
import { dataHeaders } from "../security/securityHeaders.ts"

/** Writes the whole answer and closes: what came before it on this connection cannot be told apart any more. */
export const refuseOn = (socket: Duplex, refused: Refusal): void => {
  if (socket.destroyed || !socket.writable) return void socket.destroy()
  const body = JSON.stringify(problemOf(refused))
  const status = statusOf(refused)
  const headers = {
    ...dataHeaders,
    ...refused.headers,
    "content-type": problemType,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n${body}`, () =>
    socket.destroy(),
  )
}
