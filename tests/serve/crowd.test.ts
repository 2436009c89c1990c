/** Many clients that hold on to a real server: what they cost is bounded, goes when they go, and nobody else notices. */
import type { Socket } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { codexFlood } from "../../benchmarks/fakes.ts"
import { makeProgram } from "../cli/program.ts"
import { eventually } from "../support/eventually.ts"
import { serve } from "./Server.ts"

/** More of them take longer: RUNYARD_DRILL_CONNECTIONS=1000, RUNYARD_DRILL_READERS=500. */
const connections = Number(process.env["RUNYARD_DRILL_CONNECTIONS"] ?? 300)
const readers = Number(process.env["RUNYARD_DRILL_READERS"] ?? 100)

/** Waits for a text among the first that comes, and reads nothing more. */
const heard = (socket: Socket, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let all = ""
    socket.on("data", (part) => {
      all += String(part)
      if (!all.includes(text)) return
      socket.pause()
      resolve()
    })
    socket.on("close", () => reject(new Error(`closed before ${text}: ${all.slice(0, 200)}`)))
  })

describe.skipIf(process.platform !== "linux")("A crowd of clients", () => {
  it(
    `costs little memory while ${readers} of them have stopped to read, and others get everything`,
    { timeout: 180_000 },
    async () => {
      const program = makeProgram()
      try {
        const events = 4_000
        const { executable } = codexFlood(program.directory, 313, events)
        const server = await serve(program, [], { env: { RUNYARD_CODEX_PATH: executable } })
        const { client } = server
        const request = {
          provider: "codex",
          prompt: "warm",
          cwd: program.directory,
          options: { skipGitRepoCheck: true },
        }
        const follow = async (prompt: string) => {
          const { run } = await client.runs.submit({ payload: { ...request, prompt } })
          let next = 1
          for await (const frame of client.runs.events(run.id)) {
            if (frame.kind === "run") assert.strictEqual(frame.event.seq, next++)
          }
          const { state } = await client.runs.get({ params: { id: run.id } })
          assert.strictEqual(state, "succeeded")
        }
        await follow("flood")
        const before = server.resident()
        const stalled = Array.from({ length: readers }, () => server.ask("/api/v1/events"))
        const all = Promise.all(stalled.map((socket) => heard(socket, "event: run"))).then(() => true)
        // While they all read the log from its start, a short request waits for a page of one of them, not for all.
        for (let isDone = false; !isDone; isDone = await Promise.race([all, pause(200, false)])) {
          const worked = server.processorMillis()
          assert.strictEqual((await client.system.health()).status, "ok")
          assert.isBelow(server.processorMillis() - worked, 1_000)
        }
        await follow("flood")
        const worked = server.processorMillis()
        assert.lengthOf((await client.runs.list()).runs, 2)
        assert.isBelow(server.processorMillis() - worked, 1_000)
        // Each has at most one piece of 64 KiB; the rest is the heap's own.
        assert.isBelow(server.resident() - before, 80 + readers * 0.3)
        for (const socket of stalled) socket.destroy()
        const { code, stderr, stdout } = await server.stop()
        assert.strictEqual(code, 0, stderr + stdout)
      } finally {
        program.remove()
      }
    },
  )

  it(`leaves nothing behind when ${connections} have come and gone`, { timeout: 180_000 }, async () => {
    const program = makeProgram()
    try {
      const server = await serve(program)
      const { client } = server
      const request = { provider: "scripted", prompt: "hello", cwd: program.directory }
      const { run } = await client.runs.submit({ payload: request })
      for await (const frame of client.runs.events(run.id)) void frame
      const paths = [`/api/v1/runs/${run.id}/events?live=1`, "/api/v1/events", "/api/v1/runs", "/", "/api/v1/nothing"]
      const visit = async (index: number) => {
        const socket = server.ask(paths[index % paths.length] ?? "/")
        const end = new Promise((resolve) => socket.on("close", resolve))
        // Some leave before they are answered.
        if (index % 7 !== 0) await heard(socket, "HTTP/1.1")
        socket.destroy()
        await end
      }
      const visits = async (count: number) => {
        for (let from = 0; from < count; from += 25) {
          await Promise.all(Array.from({ length: 25 }, (_, index) => visit(from + index)))
          // The rate of one principal is bounded.
          await pause(150)
        }
      }
      const settled = () =>
        eventually(async () => {
          const open = /runyard_http_streams_open (\d+)/.exec(await client.system.metrics())?.[1]
          return open === "0" ? true : undefined
        })
      await visits(100)
      await settled()
      const descriptors = server.descriptors()
      await visits(connections)
      await settled()
      await eventually(() => (server.descriptors() <= descriptors + 2 ? true : undefined))
      const { code, stderr, stdout } = await server.stop()
      assert.strictEqual(code, 0, stderr + stdout)
    } finally {
      program.remove()
    }
  })
})
