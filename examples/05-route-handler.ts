/**
 * The same as a handler of web requests, as Next.js, Remix, SvelteKit and others take it: a function from `Request` to
 * `Response`. In Next.js this is `app/agents/[...path]/route.ts`.
 * `npx node --conditions=@runyard/source examples/05-route-handler.ts`
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createApp, hostNames, tokenAuth } from "@runyard/http"
import { createClient } from "@runyard/http/client"
import { appLayer } from "runyard"

const directory = await mkdtemp(join(tmpdir(), "runyard-example-"))
const token = "an-example-token-that-is-made-up-and-long-enough"

const agents = createApp({
  layer: appLayer({ directory, workspaces: [process.cwd()], adopt: true }),
  auth: tokenAuth({ token, scopes: ["runs:read", "runs:write"] }),
  // The names by which browsers know the app; requests for any other are refused.
  hosts: hostNames({ also: ["app.example"] }),
  basePath: "/agents",
  info: {
    version: "1.0.0",
    node: process.versions.node,
    platform: process.platform,
    pid: process.pid,
    startedAt: Date.now(),
    demo: false,
  },
})

const handle = (request: Request): Response | Promise<Response> => agents.fetch(request)
export { handle as DELETE, handle as GET, handle as PATCH, handle as POST }

/** What the framework does with a request, without the framework. */
const ask = async (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
  handle(new Request(input, init))

try {
  const client = createClient({ baseUrl: "https://app.example/agents", token, fetch: ask })
  const { run } = await client.runs.submit({
    payload: { provider: "scripted", prompt: "Say hello.", cwd: process.cwd(), title: "Example 5" },
  })
  let events = 0
  for await (const frame of client.runs.events(run.id)) if (frame.kind === "run") events++
  const { lastSeq, state } = await client.runs.get({ params: { id: run.id } })
  console.log(`${state}: ${events} of ${lastSeq} events`)

  const rebound = await ask("https://evil.example/agents/api/v1/runs", {
    headers: { authorization: `Bearer ${token}` },
  })
  console.log(`another name: ${rebound.status} ${((await rebound.json()) as { readonly code: string }).code}`)
  process.exitCode = state === "succeeded" && events === lastSeq ? 0 : 1
} finally {
  await agents.dispose()
  await rm(directory, { recursive: true, force: true })
}
