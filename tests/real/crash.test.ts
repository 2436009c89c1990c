/** kill -9 of a host while a real CLI runs a tool: a host that lives ends all of it, and lets the conversation go on. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, watch } from "node:fs"
import path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { say, shell } from "../fake-model/Script.ts"
import { processesOf } from "../support/processes.ts"
import { cases, programOf } from "./Clis.ts"
import { all, onStage, type Stage } from "./Stage.ts"

const fixture = fileURLToPath(new URL("fixtures/host.ts", import.meta.url))

/** Resolves when the file is there. */
const appears = (file: string): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const watcher = watch(path.dirname(file), () => existsSync(file) && resolve())
  if (existsSync(file)) resolve()
  return promise.finally(() => watcher.close())
}

/** Starts the run in another program, and kills that once the tool has begun. Gives the run's id. */
const crashInTool = async ({ cli, environment }: Stage, recovery: "interrupt" | "resume"): Promise<string> => {
  const options = {
    directory: environment.data,
    allowAnyWorkspace: true,
    env: environment.env,
    executables: { [cli.provider]: programOf(cli) },
    adopt: false,
  }
  const request = {
    provider: cli.provider,
    prompt: "Do as the script says.",
    cwd: environment.workspace,
    env: environment.providerEnv,
    recovery,
    ...(cli.provider === "codex" ? { sandbox: "workspace-write" } : { permissionMode: "acceptEdits" }),
  }
  const host = spawn(
    process.execPath,
    ["--conditions=@runyard/source", fixture, JSON.stringify({ options, request })],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  const exited = once(host, "exit")
  const [id] = (await once(createInterface({ input: host.stdout }), "line")) as [string]
  await appears(path.join(environment.workspace, "begun"))
  assert.isAtLeast((await processesOf(id)).length, 2)
  host.kill("SIGKILL")
  await exited
  return id
}

const script = [shell("touch begun; bash -c 'sleep 600; true'; true"), say("I went on where I stopped.")]

describe.each(cases())("$name", ({ cli }) => {
  it("is interrupted with its tools when its host dies, by a host that lives", () =>
    onStage(cli, { script }, async (stage) => {
      const id = await crashInTool(stage, "interrupt")
      const run = await stage.yard.run(id).result()
      assert.strictEqual(run.state, "interrupted")
      assert.strictEqual(run.error?.code, "QUEUE_HOST_DIED")
      // Some end by themselves as soon as nobody reads their output.
      assert.include(["alive", "gone"], run.error?.detail["found"])
      assert.deepStrictEqual(await processesOf(id), [])
    }))

  it("goes on with its conversation when its host dies, and is not told the prompt again", () =>
    onStage(cli, { script }, async (stage) => {
      const id = await crashInTool(stage, "resume")
      const handle = stage.yard.run(id)
      const run = await handle.result()
      assert.strictEqual(run.state, "succeeded", JSON.stringify(run.error))
      assert.strictEqual(run.finalMessage, "I went on where I stopped.")
      assert.deepStrictEqual(
        run.attempts.map(({ error }) => error?.code),
        ["QUEUE_HOST_DIED", undefined],
      )
      const sessions = (await all(handle.events({ follow: false }))).flatMap((event) =>
        event.type === "agent.session" ? [event.payload.sessionId] : [],
      )
      assert.strictEqual(new Set(sessions).size, 1)
      assert.isAtLeast(sessions.length, 2)
      assert.deepStrictEqual(await processesOf(id), [])
    }))
})
