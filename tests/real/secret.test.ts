import { assert, describe, it } from "@effect/vitest"
import { readdir, readFile, writeFile } from "node:fs/promises"
import path from "node:path"
import { say, shell, type Step } from "../fake-model/Script.ts"
import { cases, nameOf } from "./Clis.ts"
import { fakeKeys } from "./environment.ts"
import { onStage } from "./Stage.ts"

/** Shaped like a token of a code host, and plainly none; put together here so that no scanner finds it in the file. */
const token = ["ghp", "FakeTokenForTests0000000000000000000"].join("_")

/** Everything that is on disk below a directory, as bytes. */
const contents = async (directory: string): Promise<string> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map((entry) => readFile(path.join(entry.parentPath, entry.name), "latin1")))
  return texts.join("\n")
}

describe.each(cases())("$name", ({ cli }) => {
  it("keeps no secret that a tool printed and the agent repeated", () =>
    onStage(
      cli,
      { script: [shell("cat token.txt"), say(`It is ${token}, as it seems.`, { pauseMillis: 2 })] },
      async ({ environment, model, yard, start }) => {
        await writeFile(path.join(environment.workspace, "token.txt"), `token: ${token}\n`)
        const followed = await start()
        const run = await followed.ended()
        assert.strictEqual(run.state, "succeeded")
        assert.include(JSON.stringify(model.turns()[1]?.body), token, "the CLI itself saw it")
        assert.notInclude(JSON.stringify(followed.log), token)
        assert.notInclude(JSON.stringify(run), token)
        assert.include(run.finalMessage, "[redacted:")
        assert.include(followed.all("agent.tool_completed")[0]?.payload.output, "[redacted:")
        assert.isAbove(run.redactionCount, 0)
        await yard.close()
        assert.notInclude(await contents(environment.data), token, "neither does the store hold it")
      },
    ))

  it("keeps none of its own keys when a tool prints the environment", () => {
    const script: Array<Step> = [shell("env; true"), say("Printed.")]
    return onStage(cli, { script }, async ({ environment, model, yard, start }) => {
      const key = cli.provider === "codex" ? fakeKeys.openai : fakeKeys.anthropic
      const followed = await start()
      assert.strictEqual((await followed.ended()).state, "succeeded")
      const told = JSON.stringify(model.turns()[1]?.body)
      assert.include(told, "RUNYARD_RUN=", "the tool saw the environment")
      // Codex 0.72 keeps variables with such names from its tools.
      assert.strictEqual(told.includes(key), nameOf(cli) !== "codex-0.72.0")
      assert.notInclude(JSON.stringify(followed.log), key)
      await yard.close()
      assert.notInclude(await contents(environment.data), key)
    })
  })
})
