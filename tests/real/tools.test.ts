import { assert, describe, it } from "@effect/vitest"
import { readFile } from "node:fs/promises"
import path from "node:path"
import { edit, reply, say, shell, type Step, write } from "../fake-model/Script.ts"
import { cases } from "./Clis.ts"
import { onStage } from "./Stage.ts"

describe.each(cases())("$name", ({ cli }) => {
  it("reports a command from its start to its end", () =>
    onStage(cli, { script: [shell("echo out-$((40+2)); exit 3"), say("It failed.")] }, async ({ model, start }) => {
      const followed = await start()
      const run = await followed.ended()
      assert.strictEqual(run.state, "succeeded")
      const started = await followed.first("agent.tool_started")
      const completed = await followed.first("agent.tool_completed")
      assert.strictEqual(started.payload.kind, "command")
      assert.include(started.payload.command, "echo out-$((40+2))")
      assert.strictEqual(completed.payload.toolId, started.payload.toolId)
      assert.strictEqual(completed.payload.status, "failed")
      assert.include(completed.payload.output, "out-42")
      if (cli.provider === "codex") assert.strictEqual(completed.payload.exitCode, 3)
      assert.lengthOf(model.turns(), 2)
    }))

  it("reports the files that were made and changed, and they are", () => {
    const script: Array<Step> = []
    return onStage(cli, { script }, async ({ environment, start }) => {
      const file = (name: string) => path.join(environment.workspace, name)
      script.push(write(file("new.txt"), "fresh\n"))
      // Claude Code edits only what it has read.
      if (cli.provider === "claude") {
        script.push(reply([{ tool: { name: "Read", input: { file_path: file("README.md") } } }]))
      }
      script.push(edit(file("README.md"), "A workspace.", "An edited workspace."), say("Both are done."))
      const followed = await start()
      const run = await followed.ended()
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(await readFile(file("new.txt"), "utf8"), "fresh\n")
      assert.strictEqual(await readFile(file("README.md"), "utf8"), "An edited workspace.\n")
      const changes = followed
        .all("agent.tool_completed")
        .filter(({ payload }) => payload.kind === "file_change" && payload.status === "completed")
        .flatMap(({ payload }) => payload.changes ?? [])
      assert.deepStrictEqual(
        changes.map((change) => [change.path, change.kind]),
        [
          [file("new.txt"), "add"],
          [file("README.md"), "update"],
        ],
      )
    })
  })
})
