/** Speaks to a server byte by byte: what clients of good manners would never send. */
import * as net from "node:net"

export interface RawAnswer {
  /** 0 when it closed without a word. */
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** All that came. */
  readonly text: string
}

const parse = (text: string): RawAnswer => {
  const [head = "", ...rest] = text.split("\r\n\r\n")
  const [first = "", ...lines] = head.split("\r\n")
  const headers = new Map(
    lines.map((line) => {
      const at = line.indexOf(":")
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const
    }),
  )
  const body = rest.join("\r\n\r\n")
  const start = body.indexOf("{")
  const chunked = headers.get("transfer-encoding") === "chunked"
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0),
    headers,
    body: chunked ? body.slice(start, body.lastIndexOf("}") + 1) : body,
    text,
  }
}

/** Sends the bytes and waits until the server closes. Send `Connection: close`, or what makes it close. */
export const sendRaw = (port: number, ...parts: ReadonlyArray<string | Uint8Array>): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: "127.0.0.1" })
    const received: Array<Buffer> = []
    socket.on("data", (part) => received.push(Buffer.from(part)))
    // A server that has refused closes while we still write.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error)
    })
    socket.on("close", () => resolve(parse(Buffer.concat(received).toString("latin1"))))
    socket.on("connect", () => {
      for (const part of parts) socket.write(part)
    })
  })

export interface RawRequest {
  readonly method?: string
  readonly target?: string
  /** Each as it is sent; those of a usual request are added unless they are named here. */
  readonly headers?: ReadonlyArray<readonly [string, string]>
  /** Of the usual headers, those that are left out, in lower case. */
  readonly without?: ReadonlyArray<string>
  readonly body?: string | Uint8Array
}

export interface RawTarget {
  readonly port: number
  readonly token: string
}

/** A request as text, right in all that is not asked to be wrong. */
export const requestText = ({ port, token }: RawTarget, request: RawRequest): Buffer => {
  const { body, headers = [], method = "GET", target = "/api/v1/runs", without = [] } = request
  const usual: ReadonlyArray<readonly [string, string]> = [
    ["Host", `127.0.0.1:${port}`],
    ["Authorization", `Bearer ${token}`],
    ["Connection", "close"],
    ...(body === undefined
      ? []
      : [["Content-Type", "application/json"] as const, ["Content-Length", String(Buffer.byteLength(body))] as const]),
  ]
  const named = new Set([...without, ...headers.map(([name]) => name.toLowerCase())])
  const lines = [...usual.filter(([name]) => !named.has(name.toLowerCase())), ...headers]
  const head = [`${method} ${target} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), "", ""]
  return Buffer.concat([
    Buffer.from(head.join("\r\n"), "latin1"),
    typeof body === "string" ? Buffer.from(body) : (body ?? Buffer.alloc(0)),
  ])
}

export const attack = (target: RawTarget, request: RawRequest): Promise<RawAnswer> =>
  sendRaw(target.port, requestText(target, request))

/** The code of a problem; what is no problem document gives its status. */
export const codeOf = ({ body, headers, status }: RawAnswer): string => {
  if (headers.get("content-type") !== "application/problem+json") return String(status)
  const problem = JSON.parse(body) as { readonly code: string; readonly status: number }
  return problem.status === status ? problem.code : `${problem.code} with ${status}`
}
