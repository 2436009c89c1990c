/** Servers that are stopped, frozen or killed: how long that takes, and what their clients and runs have of it. */
import type { Socket } from "node:net"
import { existsSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { type Program, withProgram } from "../cli/program.ts"
import { eventually } from "../support/eventually.ts"
import { processesOf } from "../support/processes.ts"
import { serve, type Server } from "./Server.ts"

const slow = { env: { RUNYARD_SCRIPT_DELAY_MS: "200" } }

const started = async ({ client }: Server, program: Program): Promise<string> => {
  const payload = { provider: "scripted", prompt: "hello", cwd: program.directory }
  const { run } = await client.runs.submit({ payload })
  for await (const frame of client.runs.events(run.id)) {
    if (frame.kind === "run" && frame.event.type === "run.started") break
  }
  return run.id
}

/** What comes, until it is closed; and that something has come. */
const listen = (socket: Socket): { readonly opened: Promise<void>; readonly text: Promise<string> } => {
  const opened = new Promise<void>((resolve) => socket.once("data", () => resolve()))
  const text = new Promise<string>((resolve) => {
    let all = ""
    socket.on("data", (part) => (all += String(part)))
    socket.on("close", () => resolve(all))
  })
  return { opened, text }
}

/** A client that follows a run over all servers at one port; gives the numbers that it saw. */
const follow = ({ client }: Server, id: string) => {
  const seqs: Array<number> = []
  const states: Array<string> = []
  const done = (async () => {
    for await (const frame of client.runs.events(id, { onState: (state) => states.push(state) })) {
      if (frame.kind === "run") seqs.push(frame.event.seq)
    }
  })()
  return { seqs, states, done }
}

const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe("A server", () => {
  it("that is told to stop ends streams with a hint and runs with a reason, in seconds", { timeout: 120_000 }, () =>
    withProgram(async (program) => {
      const server = await serve(program, [], slow)
      const id = await started(server, program)
      const streams = [1, 2, 3].map(() => listen(server.ask(`/api/v1/runs/${id}/events`)))
      const deaf = server.ask("/api/v1/events")
      await Promise.all(streams.map(({ opened }) => opened))
      await new Promise<void>((resolve) =>
        deaf.once("data", () => {
          deaf.pause()
          resolve()
        }),
      )
      const asked = performance.now()
      const { code, stderr } = await server.stop()
      assert.isBelow(performance.now() - asked, 15_000)
      assert.strictEqual(code, 0, stderr)
      for (const { text } of streams) assert.match(await text, /retry: 1000\n\n/)
      if (existsSync("/proc")) assert.deepStrictEqual(await processesOf(id), [])
      const { stdout } = await program.run(["show", id, "--json"])
      assert.match(stdout, /"state": ?"interrupted"/)
      deaf.destroy()
    }),
  )

  it("that is killed and started again has its clients go on where they were", { timeout: 120_000 }, () =>
    withProgram(async (program) => {
      const first = await serve(program, [], slow)
      const id = await started(first, program)
      const [runs, all] = [follow(first, id), follow(first, id)]
      await eventually(() => (runs.seqs.length > 5 ? true : undefined))
      await first.kill()
      const second = await serve(program, ["--port", String(first.ready.port)], slow)
      await Promise.all([runs.done, all.done])
      const { lastSeq, state } = await second.client.runs.get({ params: { id } })
      assert.strictEqual(state, "interrupted")
      for (const { seqs, states } of [runs, all]) {
        assert.deepStrictEqual(seqs, oneTo(lastSeq))
        assert.include(states, "reconnecting")
      }
      if (existsSync("/proc")) assert.deepStrictEqual(await processesOf(id), [])
      await second.stop()
    }),
  )

  it.skipIf(process.platform === "win32")(
    "that is frozen for a while goes on with its runs, its streams and its clients",
    { timeout: 120_000 },
    () =>
      withProgram(async (program) => {
        const server = await serve(program, [], slow)
        const id = await started(server, program)
        const { done, seqs } = follow(server, id)
        await eventually(() => (seqs.length > 3 ? true : undefined))
        server.started.child.kill("SIGSTOP")
        await pause(5_000)
        server.started.child.kill("SIGCONT")
        await done
        const { lastSeq, state } = await server.client.runs.get({ params: { id } })
        assert.strictEqual(state, "succeeded")
        assert.deepStrictEqual(seqs, oneTo(lastSeq))
        await server.stop()
      }),
  )
})
