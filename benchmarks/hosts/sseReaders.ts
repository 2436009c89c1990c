/**
 * Clients of streams in one process, over sockets of their own, forked. Told where, it connects them all and answers; and
 * answers once more when each of them has seen all that was stamped. Or one client that stops to read when it is
 * connected, until it is told to go on; it answers again at the end of the stream.
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

export interface StallRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly stall: true
}

export interface ResumeRequest {
  readonly resume: true
}

export interface ReadersReply {
  readonly connected?: true
  /** How many numbered events there were. */
  readonly events?: number
  /** Whether they were numbered from 1 on, without a gap or a repeat. */
  readonly inOrder?: boolean
  readonly delivered?: number
  /** Ages at arrival: p50, p95, p99, in ms. */
  readonly ages?: readonly [number, number, number]
}

const mark = '"text":"'

const open = ({ headers, url }: Pick<ReadersRequest, "headers" | "url">): net.Socket => {
  const { hostname, host, pathname, port } = new URL(url)
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true })
  const lines = Object.entries({ host, accept: "text/event-stream", ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  socket.write(`GET ${pathname} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`)
  socket.setEncoding("latin1")
  return socket
}

/** Calls `onStamp` with the age in ms of each event that begins with the time, and `onOpen` at the first bytes of the body. */
const read = (request: ReadersRequest, onOpen: () => void, onStamp: (age: number) => void): net.Socket => {
  const socket = open(request)
  let rest = ""
  let isOpen = false
  socket.on("data", (part) => {
    const now = process.hrtime.bigint()
    rest += String(part)
    if (!isOpen) {
      isOpen = rest.includes(":\n\n")
      if (!isOpen) return
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

const reply = (message: ReadersReply) => process.send?.(message)

const follow = (request: ReadersRequest): void => {
  const ages: Array<number> = []
  const sockets: Array<net.Socket> = []
  let opened = 0
  let unfinished = request.readers
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
}

let goOn: () => void = () => undefined

const stall = (request: StallRequest): void => {
  const socket = open(request)
  goOn = () => void socket.resume()
  let rest = ""
  let events = 0
  let inOrder = true
  let isPaused = false
  socket.on("data", (part) => {
    rest += String(part)
    if (!isPaused && rest.includes(":\n\n")) {
      isPaused = true
      socket.pause()
      reply({ connected: true })
    }
    const frames = rest.split("\n\n")
    rest = frames.pop() ?? ""
    for (const frame of frames) {
      const [, id] = /(?:^|\n)id: (\d+)\nevent: run\n/.exec(frame) ?? []
      if (id !== undefined) inOrder &&= Number(id) === ++events
      else if (frame.includes("event: end\n")) {
        socket.destroy()
        reply({ events, inOrder })
      }
    }
  })
}

process.on("message", (request: ReadersRequest | StallRequest | ResumeRequest) => {
  if ("resume" in request) goOn()
  else if ("stall" in request) stall(request)
  else follow(request)
})
process.on("disconnect", () => process.exit(0))
