/**
 * Clients of a stream that lose their connection after any byte, again and again, while the run is executed: with the last
 * number that they saw whole they get exactly the log. `RUNYARD_DISCONNECTS=1000` for so many, and
 * `RUNYARD_DISCONNECTS_SEED` for the places of a run that failed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import * as http from "node:http"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, it } from "@effect/vitest"
import { createApp, serve, tokenAuth } from "@runyard/http/node"
import { Runyard, type RunEvent } from "@runyard/core"
import { appLayer } from "runyard"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import { codexClock, plainEnv } from "../../benchmarks/fakes.ts"

const disconnects = Number(process.env["RUNYARD_DISCONNECTS"] ?? "60")
const seed = Number(process.env["RUNYARD_DISCONNECTS_SEED"] ?? Date.now() % 1_000_000)
const clients = 4
const messages = 200
/** Most bytes of one connection, so that a log takes many. */
const longest = 3_000

/** The same numbers below one for the same seed. */
const numbersFrom = (start: number): (() => number) => {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Target {
  readonly url: string
  readonly token: string
}

/** What arrived of one connection that is cut after so many bytes. */
const connect = ({ token, url }: Target, after: number, bytes: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(after === 0 ? {} : { "last-event-id": String(after) }) }
    const request = http.get(url, { agent: false, headers }, (response) => {
      let text = ""
      const finish = () => resolve(text.slice(0, bytes))
      response.setEncoding("latin1")
      response.on("data", (part) => {
        text += String(part)
        if (text.length >= bytes) request.destroy()
      })
      response.on("close", finish)
      response.on("error", finish)
    })
    request.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNREFUSED" ? reject(error) : undefined))
  })

interface Tour {
  readonly data: ReadonlyArray<string>
  readonly connections: number
}

/** One log, over as many connections as it takes; once all cuts are made the last one is left alone. */
const tour = async (target: Target, random: () => number, cuts: number): Promise<Tour> => {
  const data: Array<string> = []
  let after = 0
  for (let connections = 1; ; connections++) {
    const bytes = connections > cuts ? Number.POSITIVE_INFINITY : Math.ceil(random() * longest)
    const frames = (await connect(target, after, bytes)).split("\n\n").slice(0, -1)
    for (const frame of frames) {
      const [, id, json] = /^id: (\d+)\nevent: run\ndata: (.*)$/.exec(frame) ?? []
      if (json !== undefined) {
        after = Number(id)
        data.push(json)
      } else if (frame.startsWith("event: end")) return { data, connections }
    }
  }
}

it(
  `gives exactly the log over ${disconnects} connections that break (seed ${seed})`,
  { timeout: 30_000 + disconnects * 50 },
  async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "runyard-streams-"))
    const token = "x".repeat(40)
    const executables = { codex: codexClock(directory, messages, { gated: true }) }
    const data = path.join(directory, "data")
    const runtime = ManagedRuntime.make(
      appLayer({ directory: data, workspaces: [directory], env: plainEnv, executables }),
    )
    const app = createApp({
      runtime,
      auth: tokenAuth({ token, scopes: ["runs:read"] }),
      info: { version: "0", node: "0", platform: "test", pid: 1, startedAt: 0, demo: false },
      limits: { rate: { burst: 10_000, perSecond: 10_000 } },
    })
    const server = await serve({ app })
    try {
      const gate = path.join(directory, "gate")
      const request = { provider: "codex", prompt: gate, cwd: directory, options: { skipGitRepoCheck: true } }
      const run = await runtime.runPromise(Runyard.use((yard) => yard.submit(request)))
      const target = { url: `${server.url}/api/v1/runs/${run.id}/events`, token }
      const random = numbersFrom(seed)
      const follow = async () => {
        const tours: Array<Tour> = []
        for (let left = Math.ceil(disconnects / clients); left > 0;) {
          const made = await tour(target, random, left)
          tours.push(made)
          left -= made.connections - 1
        }
        return tours
      }
      const following = Promise.all(Array.from({ length: clients }, follow))
      writeFileSync(gate, "")
      const tours = (await following).flat()
      const log: ReadonlyArray<RunEvent> = await runtime.runPromise(
        Runyard.use((yard) => Stream.runCollect(yard.events(run.id))),
      )
      assert.isAbove(log.length, messages)
      const stored = log.map((event) => JSON.stringify(event))
      for (const { data: got } of tours) assert.deepStrictEqual(got, stored)
      assert.isAtLeast(
        tours.reduce((sum, { connections }) => sum + connections - 1, 0),
        disconnects,
      )
    } finally {
      await server.close({ graceMillis: 500 })
      await app.dispose()
      await runtime.dispose()
      rmSync(directory, { recursive: true, force: true })
    }
  },
)
