import { assert, describe, it } from "@effect/vitest"
import { failure, hang, say } from "../fake-model/Script.ts"
import { cases } from "./Clis.ts"
import { onStage } from "./Stage.ts"

const refusals = [
  { status: 401, message: "Invalid API key", state: "action_needed", code: "AUTH_REJECTED" },
  { status: 403, message: "This organisation may not use the model", state: "action_needed", code: "AUTH_FORBIDDEN" },
  {
    status: 404,
    message: "The model does not exist or you do not have access to it",
    state: "failed",
    code: "CLI_MODEL_NOT_FOUND",
  },
  { status: 429, message: "Slow down", state: "failed", code: "CLI_RATE_LIMITED" },
  { status: 500, message: "Internal server error", state: "failed", code: "CLI_SERVICE_ERROR" },
  { status: 529, message: "Overloaded", state: "failed", code: "CLI_OVERLOADED" },
] as const

describe.each(cases())("$name", ({ cli }) => {
  it.each(refusals)("ends as $state with $code when the model answers $status", ({ status, state, code, message }) =>
    onStage(cli, { script: () => failure(status, { message, retryAfterSeconds: 1 }) }, async ({ model, start }) => {
      const run = await (await start()).ended()
      assert.strictEqual(run.error?.code, code)
      assert.strictEqual(run.state, state)
      assert.isAtLeast(model.turns().length, 1)
    }),
  )

  it("succeeds when a repeated request of the CLI itself does", () =>
    onStage(cli, { script: [failure(500), say("At the second attempt.")], retries: 1 }, async ({ model, start }) => {
      const followed = await start()
      const run = await followed.ended()
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(run.finalMessage, "At the second attempt.")
      assert.lengthOf(model.turns(), 2)
      // Older versions of Claude Code repeat a request without a word.
      if (cli.provider === "codex" || cli.version.startsWith("2.1.")) {
        assert.lengthOf(followed.all("agent.retrying"), 1)
      }
    }))

  it("fails when the model's stream breaks off", () =>
    onStage(cli, { script: () => say("Never heard to its end.", { cut: "reset" }) }, async ({ start }) => {
      const run = await (await start()).ended()
      assert.strictEqual(run.state, "failed")
      assert.strictEqual(run.error?.class, "transient")
    }))

  it("fails, with nothing left alive, when the CLI is killed", () =>
    onStage(cli, { script: [hang()] }, async ({ model, start }) => {
      const followed = await start()
      const { pid } = (await followed.first("run.started")).payload
      await model.turn(1)
      process.kill(pid, "SIGKILL")
      const run = await followed.ended()
      assert.strictEqual(run.state, "failed")
      assert.include(["CLI_KILLED", "CLI_NO_RESULT"], run.error?.code)
    }))

  it("ends at its limit of time when the model never answers", () =>
    onStage(cli, { script: [hang()] }, async ({ model, start }) => {
      const followed = await start({ limits: { wallMillis: 4000 } })
      // On a busy machine the time is over before the CLI has asked.
      await Promise.race([model.turn(1), followed.ended()])
      const run = await followed.ended()
      assert.strictEqual(run.state, "timed_out")
      assert.strictEqual(run.error?.code, "CLI_TIMED_OUT")
    }))

  it("is diagnosed without a word to the model", () =>
    onStage(cli, {}, async ({ model, yard }) => {
      const found = (await yard.diagnose()).find(({ provider }) => provider === cli.provider)
      assert.strictEqual(found?.profile?.version, cli.version)
      assert.lengthOf(model.requests, 0)
    }))
})
