import { assert, describe, it } from "@effect/vitest"
import { request as ask } from "node:http"
import { type FakeModel, type FakeModelOptions, startFakeModel } from "./FakeModel.ts"
import { answer, failure, hang, parseScript, reply, say, shell, write } from "./Script.ts"

const using = async (options: FakeModelOptions, body: (model: FakeModel) => Promise<void>) => {
  const model = await startFakeModel(options)
  try {
    await body(model)
  } finally {
    await model.close()
  }
}

const post = (model: FakeModel, path: string, body: unknown) =>
  fetch(model.url + path, { method: "POST", body: JSON.stringify(body) })

const bash = { name: "Bash", input_schema: {} }
const messages = (prompt: string, more: object = {}) => ({
  model: "claude-test",
  stream: true,
  tools: [bash],
  messages: [{ role: "user", content: prompt }],
  ...more,
})
const responses = (prompt: string, tools: ReadonlyArray<object> = []) => ({
  model: "gpt-test",
  stream: true,
  tools,
  input: [
    {
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: "<environment_context>\n</environment_context>" }],
    },
    { type: "message", role: "user", content: [{ type: "input_text", text: prompt }] },
  ],
})

/** The data of each event of a stream. */
const events = async (response: Response) =>
  (await response.text())
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => JSON.parse(block.slice(block.indexOf("data: ") + 6)))

describe("FakeModel", () => {
  it("streams a text in pieces to the Messages API, with the numbers of the script", () =>
    using(
      { script: [say("A sentence of some length.", { usage: { input: 100, output: 7, cached: 3 } })] },
      async (model) => {
        const got = await events(await post(model, "/v1/messages", messages("Hi")))
        assert.strictEqual(got[0]?.["type"], "message_start")
        assert.strictEqual(got.at(-1)?.["type"], "message_stop")
        const deltas = got
          .filter((event) => event["type"] === "content_block_delta")
          .map((event) => event["delta"]["text"])
        assert.isAbove(deltas.length, 1)
        assert.strictEqual(deltas.join(""), "A sentence of some length.")
        assert.deepInclude(got[0]?.["message"]["usage"], { input_tokens: 100, cache_read_input_tokens: 3 })
        assert.deepStrictEqual(got.at(-2)?.["usage"], { output_tokens: 7 })
      },
    ))

  it("streams a text in pieces to the Responses API, cached tokens counted among those read", () =>
    using(
      { script: [say("A sentence of some length.", { usage: { input: 100, output: 7, cached: 3 } })] },
      async (model) => {
        const got = await events(await post(model, "/v1/responses", responses("Hi")))
        assert.strictEqual(got[0]?.["type"], "response.created")
        const deltas = got
          .filter((event) => event["type"] === "response.output_text.delta")
          .map((event) => event["delta"])
        assert.isAbove(deltas.length, 1)
        assert.strictEqual(deltas.join(""), "A sentence of some length.")
        const usage = got.at(-1)?.["response"]["usage"]
        assert.deepInclude(usage, { input_tokens: 103, output_tokens: 7, total_tokens: 110 })
        assert.deepStrictEqual(model.requests[0]?.prompt, "Hi")
      },
    ))

  it("answers with one object when no stream is asked for", () =>
    using({ script: [say("Whole.")] }, async (model) => {
      const whole = await (await post(model, "/v1/messages", messages("Hi", { stream: false }))).json()
      assert.deepStrictEqual(whole.content, [{ type: "text", text: "Whole." }])
    }))

  it.each([
    { offered: { type: "function", name: "exec_command" }, calls: "exec_command", holds: '"cmd":"ls"' },
    { offered: { type: "function", name: "shell_command" }, calls: "shell_command", holds: '"command":"ls"' },
    { offered: { type: "function", name: "shell" }, calls: "shell", holds: '["bash","-lc","ls"]' },
    { offered: { type: "custom", name: "exec" }, calls: "exec", holds: 'tools.exec_command({"cmd":"ls"})' },
  ])("calls the shell by the name $calls when that is offered", ({ offered, calls, holds }) =>
    using({ script: [shell("ls")] }, async (model) => {
      const got = await events(await post(model, "/v1/responses", responses("Hi", [offered])))
      const item = got.at(-1)?.["response"]["output"][0]
      assert.strictEqual(item["name"], calls)
      assert.include(item["arguments"] ?? item["input"], holds)
    }),
  )

  it("writes a file through the patch tool where there is one, and through the shell otherwise", () =>
    using({ script: () => write("/tmp/a", "one\ntwo\n") }, async (model) => {
      const item = async (tool: object) =>
        (await events(await post(model, "/v1/responses", responses("Hi", [tool])))).at(-1)?.["response"]["output"][0]
      const patch = "*** Begin Patch\n*** Add File: /tmp/a\n+one\n+two\n*** End Patch"
      assert.strictEqual((await item({ type: "custom", name: "apply_patch" }))["input"], patch)
      assert.include(
        (await item({ type: "function", name: "shell_command" }))["arguments"],
        JSON.stringify(patch).slice(1, -1),
      )
    }))

  it("gives a structured answer by the tool that Claude Code offers for it", () =>
    using({ script: () => answer({ colour: "red" }) }, async (model) => {
      const content = async (tools: ReadonlyArray<object>) =>
        (await (await post(model, "/v1/messages", messages("Hi", { stream: false, tools }))).json()).content[0]
      assert.deepInclude(await content([bash, { name: "StructuredOutput" }]), {
        type: "tool_use",
        input: { colour: "red" },
      })
      assert.deepInclude(await content([bash]), { type: "text", text: '{"colour":"red"}' })
    }))

  it("takes no step for a title or a warm-up", () =>
    using({ script: [say("The step.")] }, async (model) => {
      await (await post(model, "/v1/messages", messages("Name it", { tools: [] }))).text()
      await (await post(model, "/v1/messages", messages("Warmup"))).text()
      const text = await (await post(model, "/v1/messages", messages("Hi", { stream: false }))).text()
      assert.include(text, "The step.")
      assert.deepStrictEqual(
        model.requests.map((request) => request.auxiliary),
        [true, true, false],
      )
      assert.strictEqual((await model.turn(1)).prompt, "Hi")
    }))

  it("sees the words of the user through the notes that Claude Code adds", () =>
    using({ script: ({ prompt }) => say(prompt) }, async (model) => {
      const note = "<system-reminder>\nMind the style.\n</system-reminder>"
      const content = [
        { type: "text", text: "Ask" },
        { type: "text", text: note },
      ]
      await (await post(model, "/v1/messages", messages("", { messages: [{ role: "user", content }] }))).text()
      assert.strictEqual(model.requests[0]?.prompt, "Ask")
    }))

  it.each([401, 403, 404, 429, 500, 529])("fails with %i in the shape of either API", (status) =>
    using({ script: () => failure(status, { retryAfterSeconds: 2 }) }, async (model) => {
      const messagesAnswer = await post(model, "/v1/messages", messages("Hi"))
      const responsesAnswer = await post(model, "/v1/responses", responses("Hi"))
      assert.deepStrictEqual([messagesAnswer.status, responsesAnswer.status], [status, status])
      assert.strictEqual(messagesAnswer.headers.get("retry-after"), "2")
      assert.strictEqual((await messagesAnswer.json()).type, "error")
      assert.isString((await responsesAnswer.json()).error.code)
    }),
  )

  it("breaks off a stream after a part of the text", () =>
    using(
      { script: [say("Never seen whole.", { cut: "end" }), say("Never seen whole.", { cut: "reset" })] },
      async (model) => {
        const polite = await events(await post(model, "/v1/messages", messages("Hi")))
        assert.isTrue(polite.some((event) => event["type"] === "content_block_delta"))
        assert.isFalse(polite.some((event) => event["type"] === "message_stop"))
        const rude = await post(model, "/v1/messages", messages("Hi"))
        const outcome = await rude.text().then(
          () => "ended",
          () => "broken",
        )
        assert.strictEqual(outcome, "broken")
      },
    ))

  it("ends a request that hangs when it closes", async () => {
    const model = await startFakeModel({ script: [hang()] })
    const broken = new Promise<boolean>((resolve) => {
      const pending = ask(`${model.url}/v1/messages`, { method: "POST" }, () => resolve(false))
      pending.on("error", () => resolve(true))
      pending.end(JSON.stringify(messages("Hi")))
    })
    await model.turn(1)
    await model.close()
    assert.isTrue(await broken)
  })

  it("keeps the headers of a request, and so its key, to itself", () =>
    using({ script: [say("Hi.")] }, async (model) => {
      const headers = { authorization: "Bearer sk-fake-never-kept", "x-api-key": "sk-ant-fake-never-kept" }
      const body = JSON.stringify(messages("Hi"))
      await (await fetch(`${model.url}/v1/messages`, { method: "POST", body, headers })).text()
      assert.notInclude(JSON.stringify(model.requests), "never-kept")
    }))

  it("goes on with a remark when the script is used up", () =>
    using({ script: [] }, async (model) => {
      const text = await (await post(model, "/v1/messages", messages("Hi", { stream: false }))).text()
      assert.include(text, "Nothing is left of the script.")
    }))

  it("reads a script from JSON, and names the step that it does not know", () => {
    assert.deepStrictEqual(parseScript('[{"reply":[{"text":"a"}]},{"status":429},{"hang":"in-stream"}]'), [
      reply([{ text: "a" }]),
      failure(429),
      hang("in-stream"),
    ])
    assert.throws(() => parseScript('[{"status":500},{"say":"a"}]'), "Step 2")
    assert.throws(() => parseScript('[{"reply":[{"words":"a"}]}]'), "Step 1")
  })
})
