/**
 * Runs an agent once and shows what it does. `npx node --conditions=@runyard/source examples/01-run-once.ts [provider]`
 *
 * The provider is `scripted` by default: a real child process that asks no model. Try `codex` or `claude`.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { open } from "runyard"

const provider = process.argv[2] ?? "scripted"
// Without `directory`, runs are kept in the platform's data directory, where `runyard ls` finds them.
const directory = await mkdtemp(join(tmpdir(), "runyard-example-"))

try {
  // Runs may work only where somebody allowed it: here, this program, while it lives.
  await using yard = await open({ directory, workspaces: [process.cwd()] })
  const run = await yard.start({
    provider,
    prompt: "Say what kind of project this is, in one sentence. Change nothing.",
    title: "Example 1",
  })

  for await (const event of run.events()) {
    if (event.type === "agent.message") console.log(event.payload.text)
    else if (event.type === "agent.tool_started") console.log(`> ${event.payload.name}`)
    else if (event.type === "run.redacted") console.log(`> ${event.payload.total} secrets were masked`)
  }

  // The log is stored: reading it again gives the same events, from any number on.
  let again = 0
  for await (const event of run.events({ after: 1 })) if (event.seq > 1) again++

  const { state, error, lastSeq } = await run.result()
  console.log(`${state}: ${lastSeq} events, ${again} of them read again`)
  if (error !== undefined) console.log(`${error.code}: ${error.message}\n${error.remedy}`)
  process.exitCode = state === "succeeded" ? 0 : 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
