/** Two servers on one store: one page is as good as the other. */
import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { makeProgram } from "../cli/program.ts"
import { eventually } from "../support/eventually.ts"
import { processesOf } from "../support/processes.ts"
import { serve, type Server } from "./Server.ts"

/** What a client has seen of the log of all runs, as it comes. */
const watch = ({ client }: Server) => {
  const seen: Array<string> = []
  const over = new AbortController()
  const done = (async () => {
    for await (const { cursor, event } of client.events.all({ signal: over.signal })) {
      seen.push(`${cursor} ${event.runId} ${event.seq} ${event.type}`)
    }
  })()
  return {
    seen,
    stop: async () => {
      over.abort()
      await done
    },
  }
}

describe("Two servers on one store", () => {
  it("show all runs, stream each other's events, and cancel each other's runs", { timeout: 60_000 }, async () => {
    const program = makeProgram()
    try {
      const options = { env: { RUNYARD_SCRIPT_DELAY_MS: "400" } }
      const servers = await Promise.all([serve(program, [], options), serve(program, [], options)])
      const [one, two] = servers
      assert.notStrictEqual(one.ready.port, two.ready.port)
      assert.strictEqual(one.token, two.token)
      const watches = servers.map(watch)
      const request = { provider: "scripted", prompt: "hello", cwd: program.directory }
      const { run } = await one.client.runs.submit({ payload: request })
      const other = await two.client.runs.submit({ payload: { ...request, prompt: "other" } })
      for (const { client } of servers) {
        const { runs } = await client.runs.list()
        assert.deepStrictEqual(
          runs.map(({ id }) => id),
          [other.run.id, run.id],
        )
      }
      await eventually(() =>
        watches.every(({ seen }) => seen.some((line) => line.includes("run.started"))) ? true : undefined,
      )
      const live = (await one.client.runs.get({ params: { id: run.id } })).state === "running" ? run.id : other.run.id
      if (existsSync("/proc")) assert.isNotEmpty(await processesOf(live))
      // Each by the server that does not execute it, or has it waiting.
      const canceled = await two.client.runs.cancel({ params: { id: run.id }, payload: { reason: "enough" } })
      assert.strictEqual(canceled.state, "canceled")
      assert.strictEqual(
        (await one.client.runs.cancel({ params: { id: other.run.id }, payload: {} })).state,
        "canceled",
      )
      if (existsSync("/proc")) assert.deepStrictEqual(await processesOf(live), [])
      const both = () => watches.map(({ seen }) => seen.filter((line) => line.endsWith("run.canceled")).length)
      await eventually(() => (both().every((count) => count === 2) ? true : undefined))
      for (const each of watches) await each.stop()
      assert.deepStrictEqual(watches[0]?.seen, watches[1]?.seen)
      for (const server of servers) assert.strictEqual((await server.stop()).code, 0)
    } finally {
      program.remove()
    }
  })

  it("cannot listen at one port, and the second one leaves the first alone", { timeout: 60_000 }, async () => {
    const program = makeProgram()
    try {
      const first = await serve(program)
      const { code, stderr } = await program.run(["serve", "--port", String(first.ready.port)])
      assert.include(stderr, "HTTP_ADDRESS_IN_USE")
      assert.strictEqual(code, 2)
      assert.strictEqual((await first.client.system.health()).status, "ok")
      const link = await program.run(["serve", "link"])
      assert.include(link.stdout, `:${first.ready.port}/`)
      await first.stop()
    } finally {
      program.remove()
    }
  })
})
