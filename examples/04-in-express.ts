/**
 * Runyard's API inside an Express app, which says by itself who is who.
 * `npx node --conditions=@runyard/source examples/04-in-express.ts`
 */
import { mkdtemp, rm } from "node:fs/promises"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { getRequestListener } from "@hono/node-server"
import { Runyard } from "@runyard/core"
import { ApiScope, createApp } from "@runyard/http"
import { createClient } from "@runyard/http/client"
import { ManagedRuntime } from "effect"
import express from "express"
import { appLayer } from "runyard"

const directory = await mkdtemp(join(tmpdir(), "runyard-example-"))
const runtime = ManagedRuntime.make(appLayer({ directory, workspaces: [process.cwd()], adopt: true }))
// Once at the start of a host: ends what a crashed program left behind.
await runtime.runPromise(Runyard.use((yard) => yard.recover))

/** Stands for the logins of your app: anything that looks at a request and knows who sends it. */
const people: Readonly<Record<string, string>> = { "Bearer the-session-of-ana": "ana" }

const agents = createApp({
  runtime,
  auth: {
    authenticate: ({ authorization = "" }) => {
      const name = people[authorization]
      return name === undefined ? undefined : { name, scopes: ApiScope.literals }
    },
  },
  info: {
    version: "1.0.0",
    node: process.versions.node,
    platform: process.platform,
    pid: process.pid,
    startedAt: Date.now(),
    demo: false,
  },
})

const app = express()
app.get("/", (_request, response) => void response.send("the app itself"))
app.use("/agents", getRequestListener(agents.fetch, { overrideGlobalObjects: false }))
const server = app.listen(0, "127.0.0.1")
await new Promise((resolve) => server.once("listening", resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

try {
  console.log(await (await fetch(url)).text())
  console.log(`a stranger: ${(await fetch(`${url}/agents/api/v1/runs`)).status}`)

  const client = createClient({ baseUrl: `${url}/agents`, token: "the-session-of-ana" })
  const { run } = await client.runs.submit({
    payload: { provider: "scripted", prompt: "Say hello.", cwd: process.cwd(), title: "Example 4" },
  })
  for await (const frame of client.runs.events(run.id)) {
    if (frame.kind === "run" && frame.event.type === "agent.message") console.log(frame.event.payload.text)
  }
  const { state } = await client.runs.get({ params: { id: run.id } })
  console.log(`ana's run: ${state}`)
  process.exitCode = state === "succeeded" ? 0 : 1
} finally {
  await agents.dispose()
  server.close()
  server.closeAllConnections()
  await runtime.dispose()
  await rm(directory, { recursive: true, force: true })
}
