/**
 * Clients of streams in one process, over sockets of their own, forked. Told where, it connects them all and answers; and
 * answers once more when each of them has seen all that was stamped.
 */
import * as net from "node:net"
import { quantile } from "../report.ts"

export interface ReadersRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly readers: number
  /** Stamped events that each of them waits for. */
  readonly messages: number
}

export interface ReadersReply {
  readonly connected?: true
  readonly delivered?: number
  /** Ages at arrival: p50, p95, p99, in ms. */
  readonly ages?: readonly [number, number, number]
}

const mark = '"text":"'

/** Calls `onStamp` with the age in ms of each event that begins with the time, and `onOpen` at the first bytes of the body. */
const read = ({ headers, url }: ReadersRequest, onOpen: () => void, onStamp: (age: number) => void): net.Socket => {
  const { hostname, host, pathname, port } = new URL(url)
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true })
  const lines = Object.entries({ host, accept: "text/event-stream", ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  socket.write(`GET ${pathname} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`)
  socket.setEncoding("latin1")
  let rest = ""
  let open = false
  socket.on("data", (part) => {
    const now = process.hrtime.bigint()
    rest += String(part)
    if (!open) {
      open = rest.includes(":\n\n")
      if (!open) return
      onOpen()
    }
    let from = 0
    for (;;) {
      const at = rest.indexOf(mark, from)
      const end = at < 0 ? -1 : rest.indexOf(" ", at + mark.length)
      if (end < 0) {
        rest = rest.slice(at < 0 ? Math.max(from, rest.length - mark.length) : at)
        return
      }
      const stamp = rest.slice(at + mark.length, end)
      from = end
      if (/^\d{6,}$/.test(stamp)) onStamp(Number(now - BigInt(stamp)) / 1e6)
    }
  })
  return socket
}

process.on("message", (request: ReadersRequest) => {
  const ages: Array<number> = []
  const sockets: Array<net.Socket> = []
  let opened = 0
  let unfinished = request.readers
  const reply = (message: ReadersReply) => process.send?.(message)
  const onOpen = () => {
    if (++opened === request.readers) reply({ connected: true })
  }
  for (let index = 0; index < request.readers; index++) {
    let seen = 0
    const onStamp = (age: number) => {
      ages.push(age)
      if (++seen < request.messages || --unfinished > 0) return
      for (const socket of sockets) socket.destroy()
      reply({ delivered: ages.length, ages: [quantile(ages, 0.5), quantile(ages, 0.95), quantile(ages, 0.99)] })
    }
    sockets.push(read(request, onOpen, onStamp))
  }
})
process.on("disconnect", () => process.exit(0))
