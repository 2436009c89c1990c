/**
 * Watches a message while it is written, then cancels the run and looks at the proof that nothing of it is alive.
 * `npx node --conditions=@runyard/source examples/02-watch-and-cancel.ts [provider]`
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { open } from "runyard"

const provider = process.argv[2] ?? "scripted"
const directory = await mkdtemp(join(tmpdir(), "runyard-example-"))

try {
  await using yard = await open({ directory, workspaces: [process.cwd()] })
  const abort = new AbortController()
  const run = await yard.start({ provider, prompt: "Tell a long story.", title: "Example 2" }, { signal: abort.signal })

  // Live text comes in pieces and has no numbers; the log gets whole messages.
  for await (const { text } of run.liveText()) {
    process.stdout.write(text)
    abort.abort()
    break
  }
  console.log(" …")

  const { state } = await run.result()
  for await (const event of run.events()) {
    if (event.type !== "run.progress" || event.payload.phase !== "tree_gone") continue
    const { step, durationMillis, survivors } = event.payload.evidence
    console.log(`ended by ${step} in ${Math.round(durationMillis)} ms, ${survivors.length} survivors`)
  }
  console.log(state)
  process.exitCode = state === "canceled" ? 0 : 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
