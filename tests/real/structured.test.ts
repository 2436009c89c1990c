import { assert, describe, it } from "@effect/vitest"
import { RunyardError } from "runyard"
import { answer, say } from "../fake-model/Script.ts"
import { cases, type Cli, nameOf } from "./Clis.ts"
import { onStage } from "./Stage.ts"

const outputSchema = {
  type: "object",
  properties: { colour: { type: "string" } },
  required: ["colour"],
  additionalProperties: false,
}

/** It asks a model that never gives the structured answer again and again, without end. */
const loops = (cli: Cli): boolean => nameOf(cli) === "claude-2.1.100"

describe.each(cases(loops))("$name", ({ cli }) => {
  it("refuses a schema, because the CLI might never end with one", () =>
    onStage(cli, {}, async ({ model, start }) => {
      const refusal = await start({ outputSchema }).then(
        () => undefined,
        (error: unknown) => error,
      )
      assert.instanceOf(refusal, RunyardError)
      assert.strictEqual(refusal.code, "CLI_VERSION_UNSUPPORTED")
      assert.lengthOf(model.requests, 0)
    }))
})

describe.each(cases((cli) => !loops(cli)))("$name", ({ cli }) => {
  it("gives the answer that fits its schema", () =>
    onStage(cli, { script: [answer({ colour: "green" }), say("Done.")] }, async ({ start }) => {
      const run = await (await start({ outputSchema })).ended()
      assert.strictEqual(run.state, "succeeded")
      assert.deepStrictEqual(run.structured, { colour: "green" })
    }))

  it("fails when the answer does not fit its schema, whatever the CLI's exit code", () =>
    onStage(cli, { script: () => answer({ shade: "green" }) }, async ({ start }) => {
      const run = await (await start({ outputSchema })).ended()
      assert.strictEqual(run.state, "failed")
      assert.strictEqual(run.error?.code, "CLI_STRUCTURED_OUTPUT")
      assert.isUndefined(run.structured)
    }))
})
