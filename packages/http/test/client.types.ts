/** What the client's types must say. Compiled, never run. */
import { createClient } from "../src/client/index.ts"

const client = createClient()

export const answers = async () => {
  const listed: { readonly runs: ReadonlyArray<{ readonly id: string }> } = await client.runs.list()
  await client.runs.list({ query: { state: ["running"], limit: 5 } })
  const metrics: string = await client.system.metrics()
  const nothing: void = await client.session.close()
  const checked = await client.runs.check({ payload: {} })
  const told = checked.ok ? checked.warnings.length : checked.problem.code
  const { flags } = await client.policy.explain({ query: { provider: "codex" } })
  const version: string | null | undefined = (await client.capabilities.list()).diagnoses[0]?.profile?.version
  await client.grants.revoke({ params: { id: "grant" }, query: { stopRuns: true } })
  for await (const frame of client.runs.events("run", { live: true })) {
    if (frame.kind === "run" && frame.event.type === "agent.message") return frame.event.payload.text
  }
  // @ts-expect-error a run has an id
  await client.runs.get()
  // @ts-expect-error a check has a body
  await client.runs.check()
  // @ts-expect-error a list is no number
  const wrong: number = await client.runs.list()
  return [listed, metrics, nothing, told, flags[0]?.shape?.kind, version, wrong]
}
