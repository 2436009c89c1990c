/** `runyard serve` as a process of its own, and what tests ask of it from outside. */
import { readdirSync, readFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { createClient } from "@runyard/http/client"
import type { Program, Started, StartOptions } from "../cli/program.ts"
import { eventually } from "../support/eventually.ts"

export interface Ready {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly link: string
  readonly tokenFile: string
}

export interface Server {
  readonly started: Started
  readonly ready: Ready
  readonly token: string
  readonly client: ReturnType<typeof createClient>
  /** A connection of its own on which a request was sent with the token. */
  readonly ask: (path: string, headers?: Readonly<Record<string, string>>) => Socket
  /** Ends it as a service manager does. */
  readonly stop: () => Started["finished"]
  readonly kill: () => Promise<void>
  /** Files and sockets that it has open; Linux. */
  readonly descriptors: () => number
  /** Resident memory in MiB; Linux. */
  readonly resident: () => number
  /** Time on a processor since its start, in milliseconds; Linux. Unlike other times it does not grow with the load of others. */
  readonly processorMillis: () => number
}

/** Starts it at a port of its own, and waits until it says that it is ready. */
export const serve = async (
  program: Program,
  args: ReadonlyArray<string> = [],
  options: StartOptions = {},
): Promise<Server> => {
  const all = ["serve", "--json", ...(args.includes("--port") ? [] : ["--port", "0"]), ...args]
  const started = program.start(all, { stdin: null, ...options })
  let text = ""
  started.child.stdout?.on("data", (part) => (text += String(part)))
  const line = await Promise.race([
    eventually(() => /^\{.*"ready":true.*\}$/m.exec(text)?.[0]),
    started.finished.then(({ code, stderr }) => Promise.reject(new Error(`it ended with ${code}: ${stderr}`))),
  ])
  const ready = JSON.parse(line) as Ready
  const token = readFileSync(ready.tokenFile, "utf8").trim()
  const { pid, port, url } = ready
  return {
    started,
    ready,
    token,
    client: createClient({ baseUrl: url, token }),
    ask: (path, headers = {}) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true })
      socket.on("error", () => undefined)
      const lines = Object.entries({ host: `127.0.0.1:${port}`, authorization: `Bearer ${token}`, ...headers })
      socket.write(`GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n`)
      return socket
    },
    stop: () => {
      started.child.kill("SIGTERM")
      return started.finished
    },
    kill: async () => {
      started.child.kill("SIGKILL")
      await started.finished
    },
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    processorMillis: () => {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ")
      return (Number(fields[11]) + Number(fields[12])) * 10
    },
    resident: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
  }
}
