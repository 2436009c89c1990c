/**
 * A server of events for the benchmarks of streams, forked: it sends a message when it is ready, and answers each with one.
 *
 * node sseServer.ts <bare|runyard> <executable> <directory>
 */
import { spawn } from "node:child_process"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import * as readline from "node:readline"
import { Runyard } from "@runyard/core"
import { createApp, serve, tokenAuth } from "@runyard/http/node"
import { appLayer } from "runyard"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { plainEnv } from "../fakes.ts"

/** Start an agent with a prompt, or tell the memory once that agent has ended and everything is stored. */
export type ServerRequest = { readonly start: string } | { readonly memory: true }

export interface ServerReply {
  /** Where the events of what was started are. */
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Resident, after a collection that gives back what the heap has spare, in MiB. */
  readonly resident?: number
  /** Resident at the highest, in MiB. */
  readonly peak?: number
}

interface Started {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly ended: Promise<unknown>
}
type Start = (prompt: string) => Promise<Started>

/** Relays lines as they come to everyone who asked. */
const bare = async (executable: string): Promise<Start> => {
  const readers = new Set<http.ServerResponse>()
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
    response.write(":\n\n")
    readers.add(response)
    response.on("close", () => readers.delete(response))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return (prompt) => {
    const child = spawn(executable, ["exec", "--json", "-"], { env: plainEnv, stdio: ["pipe", "pipe", "ignore"] })
    child.stdin.end(`${prompt}\n`)
    let seq = 0
    readline.createInterface({ input: child.stdout }).on("line", (line) => {
      const frame = Buffer.from(`id: ${++seq}\nevent: run\ndata: ${line}\n\n`)
      for (const reader of readers) reader.write(frame)
    })
    const ended = new Promise<void>((resolve) =>
      child.on("close", () => {
        for (const reader of readers) reader.end("event: end\ndata: {}\n\n")
        resolve()
      }),
    )
    return Promise.resolve({ url, headers: {}, ended })
  }
}

const runyard = async (executable: string, directory: string): Promise<Start> => {
  const token = "x".repeat(40)
  const runtime = ManagedRuntime.make(
    appLayer({
      directory: `${directory}/data`,
      workspaces: [directory],
      env: plainEnv,
      executables: { codex: executable },
    }),
  )
  const app = createApp({
    runtime,
    auth: tokenAuth({ token, scopes: "all" }),
    info: { version: "0", node: "0", platform: "bench", pid: process.pid, startedAt: 0, demo: false },
    limits: { streams: 4_096, rate: { burst: 4_096, perSecond: 4_096 } },
  })
  await app.ready()
  const { url } = await serve({ app, limits: { connectionsPerAddress: 4_096 } })
  const headers = { authorization: `Bearer ${token}` }
  return async (prompt) => {
    const body = { provider: "codex", prompt, cwd: directory, options: { skipGitRepoCheck: true } }
    const response = await fetch(`${url}/api/v1/runs`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    })
    const answer = await response.json()
    if (response.status !== 202) throw new Error(JSON.stringify(answer))
    const ended = runtime.runPromise(Runyard.use((yard) => yard.await(answer.run.id)))
    return { url: `${url}/api/v1/runs/${answer.run.id}/events`, headers, ended }
  }
}

const [mode = "", executable = "", directory = ""] = process.argv.slice(2)
const start = mode === "bare" ? await bare(executable) : await runyard(executable, directory)

let ended: Promise<unknown> = Promise.resolve()

const begin = async (prompt: string): Promise<ServerReply> => {
  const { ended: end, headers, url } = await start(prompt)
  ended = end
  return { url, headers }
}

const memory = async (): Promise<ServerReply> => {
  await ended
  // An ordinary collection keeps tens of free pages for later, more or fewer of them by chance: no client holds those.
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" })
  const mebibyte = 1024 * 1024
  return { resident: process.memoryUsage.rss() / mebibyte, peak: process.resourceUsage().maxRSS / 1024 }
}

process.on("message", (request: ServerRequest) => {
  const reply = "start" in request ? begin(request.start) : memory()
  void reply.then((answer) => process.send?.(answer))
})
process.on("disconnect", () => process.exit(0))
process.send?.({} satisfies ServerReply)
