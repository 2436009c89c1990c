import { assert, describe, it } from "@effect/vitest"
import { totalInputTokens } from "@runyard/core"
import { existsSync } from "node:fs"
import { reply, say, shell, type Step } from "../fake-model/Script.ts"
import { cases } from "./Clis.ts"
import { all, onStage } from "./Stage.ts"

describe.each(cases())("$name", ({ cli }) => {
  it("says hello, and reports the outcome, the tokens and the money", () =>
    onStage(
      cli,
      {
        script: [
          reply([{ thinking: "A greeting." }, { text: "Hello from the script." }], {
            usage: { input: 1200, cached: 300, output: 45 },
            pauseMillis: 15,
          }),
        ],
      },
      async ({ model, start }) => {
        const followed = await start()
        const run = await followed.ended()
        assert.strictEqual(run.state, "succeeded")
        assert.isUndefined(run.error)
        assert.strictEqual(run.finalMessage, "Hello from the script.")
        assert.deepStrictEqual(
          followed.all("agent.message").map(({ payload }) => payload.text),
          ["Hello from the script."],
        )
        assert.strictEqual(followed.all("agent.reasoning")[0]?.payload.text, "A greeting.")
        assert.strictEqual(run.usage && totalInputTokens(run.usage), 1500)
        assert.strictEqual(run.usage?.cachedInputTokens, 300)
        assert.strictEqual(run.usage?.outputTokens, 45)
        if (cli.provider === "claude") assert.isAbove(run.cost?.usd ?? 0, 0)
        else assert.isUndefined(run.cost)
        assert.strictEqual((await followed.first("run.started")).payload.version, cli.version)
        assert.strictEqual(run.sessionId, (await followed.first("agent.session")).payload.sessionId)
        assert.lengthOf(model.turns(), 1)
      },
    ))

  it("shows what the agent does while the CLI is still running", async () => {
    const seen = Promise.withResolvers<void>()
    let asked = 0
    await onStage(
      cli,
      {
        script: async (): Promise<Step> => {
          if (++asked === 1) return shell("echo halfway")
          // The model says nothing more until the test has seen what the tool did.
          await seen.promise
          return say("Finished.")
        },
      },
      async ({ start }) => {
        const followed = await start()
        const { pid } = (await followed.first("run.started")).payload
        const completed = await followed.first("agent.tool_completed")
        assert.include(completed.payload.output, "halfway")
        assert.isTrue(existsSync(`/proc/${pid}`))
        assert.lengthOf(followed.all("run.progress"), 0)
        seen.resolve()
        assert.strictEqual((await followed.ended()).finalMessage, "Finished.")
      },
    ).finally(seen.resolve)
  })

  it("goes on with an earlier conversation under the same id", () =>
    onStage(cli, { script: [say("The first answer."), say("The second answer.")] }, async ({ model, start }) => {
      const first = await (await start({ prompt: "The first question." })).ended()
      assert.strictEqual(first.state, "succeeded")
      const id = first.sessionId ?? ""
      assert.isNotEmpty(id)
      const second = await (await start({ prompt: "The second question.", session: { kind: "resume", id } })).ended()
      assert.strictEqual(second.state, "succeeded")
      assert.strictEqual(second.sessionId, id)
      assert.strictEqual(second.finalMessage, "The second answer.")
      const remembered = JSON.stringify(model.turns()[1]?.body)
      assert.include(remembered, "The first question.")
      assert.include(remembered, "The first answer.")
    }))

  it("replays the log as it was seen live, also from a store that was closed", () =>
    onStage(cli, { script: [shell("echo noted"), say("Noted.")] }, async ({ yard, reopen, start }) => {
      const followed = await start()
      const { id } = await followed.ended()
      assert.deepStrictEqual(await all(yard.run(id).events()), followed.log)
      const reopened = await reopen()
      assert.deepStrictEqual(await all(reopened.run(id).events()), followed.log)
      const middle = Math.floor(followed.log.length / 2)
      assert.deepStrictEqual(await all(reopened.run(id).events({ after: middle })), followed.log.slice(middle))
    }))
})

// Up to 2.1.100 Claude Code ends before its pipe is drained, and what is missing is no longer anywhere.
describe.each(cases((cli) => cli.provider === "codex" || cli.version === "2.1.329"))("$name", ({ cli }) => {
  it("keeps a long answer whole", () => {
    const long = Array.from({ length: 20_000 }, (_, index) => `word ${index}`).join(" ")
    return onStage(cli, { script: [say(long)] }, async ({ start }) => {
      const followed = await start()
      assert.strictEqual((await followed.ended()).state, "succeeded")
      assert.strictEqual(followed.all("agent.message").at(-1)?.payload.text, long)
    })
  })
})

// Codex prints a message when it is finished.
describe.each(cases((cli) => cli.provider === "claude"))("$name", ({ cli }) => {
  it("shows a message while it is written", () =>
    onStage(
      cli,
      { script: [say("Word after word, until the sentence is whole.", { pauseMillis: 60 })] },
      async ({ start }) => {
        const followed = await start()
        const frames = await all(followed.handle.liveText())
        assert.strictEqual((await followed.ended()).state, "succeeded")
        assert.isAbove(frames.length, 1)
      },
    ))
})

// 2.0.69 leaves the command behind and ends.
describe.each(cases((cli) => cli.provider === "claude" && cli.version !== "2.0.69"))("$name", ({ cli }) => {
  it("waits for the turn that begins when a command in the background ends", () => {
    const input = { command: "sleep 1; echo late", description: "Later", run_in_background: true }
    const script = [reply([{ tool: { name: "Bash", input } }]), say("It is started."), say("It has ended.")]
    return onStage(cli, { script }, async ({ start }) => {
      const followed = await start()
      const run = await followed.ended()
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(run.finalMessage, "It has ended.")
      assert.lengthOf(followed.all("agent.turn_ended"), 2)
    })
  })
})
