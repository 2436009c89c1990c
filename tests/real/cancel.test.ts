import { assert, describe, it } from "@effect/vitest"
import path from "node:path"
import { hang, shell } from "../fake-model/Script.ts"
import { cases } from "./Clis.ts"
import { appears } from "../support/files.ts"
import { processesOf } from "../support/processes.ts"
import { onStage } from "./Stage.ts"

describe.each(cases())("$name", ({ cli }) => {
  it("is canceled while it waits for the model", () =>
    onStage(cli, { script: [hang()] }, async ({ model, start }) => {
      const followed = await start()
      await model.turn(1)
      assert.isNotEmpty(await processesOf(followed.handle.id))
      const run = await followed.handle.cancel({ by: "test" })
      // What is alive is counted at once, not after the log has been read.
      assert.deepStrictEqual(await processesOf(run.id), [])
      assert.strictEqual(run.state, "canceled")
      await followed.ended()
      const last = await followed.first("run.canceled")
      assert.strictEqual(last.payload.by, "test")
      assert.deepStrictEqual(last.payload.evidence?.survivors, [])
    }))

  it("is canceled in the middle of a tool, and ends the tool's own children", () =>
    onStage(
      cli,
      { script: [shell("touch begun; bash -c 'sleep 600; true'; true")] },
      async ({ environment, start }) => {
        const followed = await start()
        await appears(path.join(environment.workspace, "begun"))
        const before = await processesOf(followed.handle.id)
        assert.isTrue(
          before.some(({ command }) => command.includes("sleep 600")),
          `the tool runs: ${before.map(({ command }) => command.slice(0, 80)).join(" | ")}`,
        )
        const run = await followed.handle.cancel({ by: "test" })
        assert.deepStrictEqual(await processesOf(run.id), [])
        assert.strictEqual(run.state, "canceled")
        await followed.ended()
        const { payload } = await followed.first("run.canceled")
        assert.deepStrictEqual(payload.evidence?.survivors, [])
        assert.isAbove(payload.evidence?.descendants ?? 0, 0)
      },
    ))
})
