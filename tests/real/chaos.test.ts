/** The real CLIs run a tool that leaves a tree of processes behind: whatever ends the run, nothing of the tree is alive. */
import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import type { RunHandle, StartRequest } from "runyard"
import { aftermath, clearAway } from "../chaos/Aftermath.ts"
import { building, standing, type TreeName } from "../chaos/Tree.ts"
import { hang, say, shell } from "../fake-model/Script.ts"
import { appears } from "../support/files.ts"
import { cases, type Cli } from "./Clis.ts"
import { all, type FollowedRun, onStage, type Stage } from "./Stage.ts"

/** None of them is a known limit of any containment. */
const trees: ReadonlyArray<TreeName> = ["child", "session", "daemon", "nohup", "stopped", "stoppedGroup"]

/** A tool that builds them; with `stays` it waits then, and one of them holds its pipe. */
const tool = (stays: boolean): { readonly script: (directory: string) => string; readonly step: string } => ({
  step: "sh build.sh",
  script: (directory) =>
    stays
      ? `${building([...trees, "pipe"], directory)}\ntouch built\nsleep 600\n`
      : // A CLI waits for whoever holds the pipe of its tool, and this end is one that it comes to by itself.
        `{\n${building(trees, directory)}\n} >/dev/null 2>&1\n`,
})

/** Sets the stage with the tool, and looks at what is left when the run is over. */
const withTool = (
  cli: Cli,
  stays: boolean,
  /** Ends the run, and gives it as it can be read then. */
  end: (stage: Stage, followed: FollowedRun) => Promise<RunHandle>,
  request: Partial<StartRequest> = {},
) => {
  const { script, step } = tool(stays)
  return onStage(cli, { script: [shell(step), stays ? hang() : say("Done.")] }, async (stage) => {
    const { workspace } = stage.environment
    const directory = path.join(workspace, "trees")
    mkdirSync(directory)
    writeFileSync(path.join(workspace, "build.sh"), script(directory))
    try {
      const followed = await stage.start(request)
      // A run that ends before its tool stands would be waited for in vain.
      if (stays) await Promise.race([appears(path.join(workspace, "built")), followed.handle.result()])
      const run = await end(stage, followed)
      assert.deepStrictEqual(await aftermath(run.id, directory), { alive: [], beating: [], zombies: [] })
      assert.deepStrictEqual(standing(directory, trees), trees, "all of them stood")
      assert.deepStrictEqual(await survivorsOf(run), [[]])
    } finally {
      await clearAway(directory)
    }
  })
}

/** Of each `tree_gone`: there is one. */
const survivorsOf = async (run: RunHandle) =>
  (await all(run.events({ follow: false }))).flatMap((event) =>
    event.type === "run.progress" && event.payload.phase === "tree_gone" ? [event.payload.evidence.survivors] : [],
  )

describe.each(cases())("$name, whose tool leaves a tree of processes", ({ cli }) => {
  it("ends by itself", () =>
    withTool(cli, false, async (_, followed) => {
      assert.strictEqual((await followed.ended()).state, "succeeded")
      return followed.handle
    }))

  it("is canceled", () =>
    withTool(cli, true, async (_, { handle }) => {
      assert.strictEqual((await handle.cancel({ by: "test" })).state, "canceled")
      return handle
    }))

  it("runs out of time", () =>
    withTool(
      cli,
      true,
      async (_, { handle }) => {
        assert.strictEqual((await handle.result()).state, "timed_out")
        return handle
      },
      // Longer than a CLI is silent while it starts on a busy machine.
      { limits: { idleMillis: 4_000 } },
    ))

  it("is shut down with its host", () =>
    withTool(cli, true, async (stage, { handle }) => {
      const run = (await stage.reopen()).run(handle.id)
      assert.strictEqual((await run.get()).state, "interrupted")
      return run
    }))
})
