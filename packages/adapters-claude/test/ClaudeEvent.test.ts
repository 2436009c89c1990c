import { assert, describe, it } from "@effect/vitest"
import { agentPayloads } from "@runyard/core/AgentEvent"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readdirSync } from "node:fs"
import { ofType, recorded, replay } from "./replay.ts"

const folder = new URL("recorded/", import.meta.url)
const versions = readdirSync(folder).filter((name) => name.startsWith("claude-"))
const allCases = versions.flatMap((version) =>
  readdirSync(new URL(`${version}/`, folder))
    .filter((file) => !file.startsWith("stdio-"))
    .map((file) => `${version.slice("claude-".length)}/${file.slice(0, -".ndjson".length)}`),
)

describe("ClaudeEvent", () => {
  it("understands every line of every recording, and makes payloads that fit their schemas", () => {
    assert.isAbove(allCases.length, 20)
    for (const name of allCases) {
      const { decoded, events } = replay(recorded(name))
      assert.deepStrictEqual([...new Set(decoded.map(({ original }) => original))], ["line"], name)
      for (const { payload, type } of events) {
        assert.isTrue(Schema.is(agentPayloads[type] as Schema.Top)(payload), `${name} ${type}`)
      }
    }
  })

  it("tells a whole turn with its file change and diff", () => {
    const run = replay(recorded("2.1.329/edit-file"))
    assert.deepStrictEqual(run.types, [
      "agent.session",
      "agent.turn_started",
      "agent.tool_started",
      "run.usage",
      "agent.tool_completed",
      "agent.tool_started",
      "run.usage",
      "agent.tool_completed",
      "agent.message",
      "run.usage",
      "run.usage",
      "agent.turn_ended",
    ])
    const [read, edit] = ofType(run, "agent.tool_completed")
    assert.strictEqual(read?.kind, "other")
    assert.isUndefined(read?.changes)
    const path = "/home/demo/claude-2.1.329-edit-file/ws/README.md"
    assert.deepStrictEqual(edit?.changes, [
      {
        path,
        kind: "update",
        diff: `--- ${path}\n+++ ${path}\n@@ -1,2 +1,2 @@\n # demo\n-hello world\n+hello moon\n`,
      },
    ])
    const [session] = ofType(run, "agent.session")
    assert.strictEqual(session?.version, "2.1.329")
    assert.strictEqual(session?.permissionMode, "acceptEdits")
    assert.include(session?.tools ?? [], "Bash")
  })

  it("keeps parallel tools apart by their ids", () => {
    const run = replay(recorded("2.0.69/parallel-tools"))
    const started = ofType(run, "agent.tool_started").map(({ command, toolId }) => [toolId, command])
    const completed = ofType(run, "agent.tool_completed").map(({ command, toolId }) => [toolId, command])
    assert.strictEqual(new Map(started.map(([id, command]) => [id, command])).size, 2)
    assert.sameDeepMembers(completed, started)
  })

  it("shows the text of an unfinished message, not its thinking, and never decodes those lines", () => {
    const run = replay(recorded("2.1.329/partial-messages"))
    assert.deepStrictEqual(
      run.live.map(({ text }) => text),
      ["Hello in ", "parts"],
    )
    const [message] = ofType(run, "agent.message")
    assert.strictEqual(message?.text, "Hello in parts")
    assert.isDefined(message?.messageId)
    for (const { messageId } of run.live) assert.isTrue(messageId.startsWith(`${message?.messageId}:`))
    assert.deepStrictEqual(
      ofType(run, "agent.reasoning").map(({ text }) => text),
      ["hmm let me see"],
    )
  })

  it("takes no line for a delta because its text speaks of one", () => {
    const line = JSON.stringify({
      type: "assistant",
      message: {
        id: "m",
        content: [
          { type: "text", text: 'say {"type":"stream_event"}' },
          { type: "tool_use", id: "t", name: "Bash", input: { type: "stream_event", event: { type: "x" } } },
        ],
      },
    })
    const run = replay([line])
    assert.deepStrictEqual(run.live, [])
    assert.deepStrictEqual(run.types.slice(0, 2), ["agent.message", "agent.tool_started"])
  })

  it("shows nothing of an inner agent's unfinished messages", () => {
    const lines = recorded("2.1.329/partial-messages").map((line) =>
      line.replace('"parent_tool_use_id":null', '"parent_tool_use_id":"toolu_1"'),
    )
    assert.deepStrictEqual(replay(lines).live, [])
  })

  it("leaves an unfinished delta line to the decoder", () => {
    const run = replay(['{"type":"stream_event","event":{"type":"content_block_de'])
    assert.deepStrictEqual(run.live, [])
    assert.strictEqual(run.decoded[0]?.original, "text")
  })

  for (const [version, order] of [
    ["2.1.100", ["agent.tool_completed", "agent.permission_denied"]],
    ["2.1.329", ["agent.permission_denied", "agent.tool_completed"]],
  ] as const) {
    it(`reports a denied tool once in ${version}`, () => {
      const run = replay(recorded(`${version}/permission-denied-bash`))
      assert.deepStrictEqual(run.types.filter((type) => type !== "run.usage").slice(3, 5), [...order])
      assert.strictEqual(ofType(run, "agent.permission_denied").length, 1)
      assert.strictEqual(ofType(run, "agent.tool_completed")[0]?.status, "denied")
      assert.strictEqual(run.verdict.outcome, "succeeded")
    })
  }

  it("tells the exit code of a command that failed", () => {
    const [tool] = ofType(replay(recorded("2.1.329/bash-fails")), "agent.tool_completed")
    assert.deepInclude(tool, { kind: "command", status: "failed", exitCode: 3, output: "Exit code 3\nout\nerr" })
  })

  it("names an MCP tool by its server", () => {
    const [tool] = ofType(replay(recorded("2.1.265/mcp-tool")), "agent.tool_started")
    assert.deepInclude(tool, { kind: "mcp", name: "demo/add" })
  })

  it("warns of an MCP server that did not start", () => {
    assert.strictEqual(ofType(replay(recorded("2.1.100/mcp-bad-server")), "agent.warning").length, 1)
  })

  it("tells the plan of TodoWrite", () => {
    assert.deepStrictEqual(ofType(replay(recorded("2.1.265/todo")), "agent.plan"), [
      {
        items: [
          { text: "first", status: "in_progress" },
          { text: "second", status: "pending" },
        ],
      },
    ])
  })

  it("tells the CLI's own retries with their status", () => {
    const retries = ofType(replay(recorded("2.1.100/error-429-then-ok")), "agent.retrying")
    assert.deepStrictEqual(
      retries.map(({ attempt, httpStatus, maxAttempts }) => [attempt, maxAttempts, httpStatus]),
      [
        [1, 10, 429],
        [2, 10, 429],
      ],
    )
  })

  it("says which message is an inner agent's", () => {
    const run = replay(recorded("2.1.329/subagent"))
    const [call] = ofType(run, "agent.tool_started")
    assert.strictEqual(call?.kind, "task")
    assert.deepStrictEqual(
      ofType(run, "agent.message").map(({ parentToolId, text }) => [text, parentToolId]),
      [
        ["ok", undefined],
        ["Hello from the fake model.", call?.toolId],
        ["Done.", undefined],
      ],
    )
  })

  it("tells background tasks, and each of the two turns that they make", () => {
    const run = replay(recorded("2.1.329/tool-bg-task-exit"))
    assert.deepStrictEqual(
      ofType(run, "agent.task").map(({ status }) => status),
      ["started", "completed", "completed"],
    )
    assert.strictEqual(ofType(run, "agent.session").length, 1)
    assert.strictEqual(ofType(run, "agent.turn_started").length, 2)
    assert.strictEqual(ofType(run, "agent.turn_ended").length, 2)
  })

  it("tells hooks as tasks", () => {
    assert.deepStrictEqual(
      ofType(replay(recorded("2.1.329/hooks")), "agent.task").map(({ status, text }) => [status, text]),
      [
        ["started", "SessionStart:startup"],
        ["success", "SessionStart:startup"],
      ],
    )
  })

  it("ends a tool that never ended as unfinished", () => {
    const run = replay(recorded("2.0.69/tool-sleep-sigint"))
    const [started] = ofType(run, "agent.tool_started")
    const [completed] = ofType(run, "agent.tool_completed")
    assert.strictEqual(completed?.status, "unfinished")
    assert.strictEqual(completed?.toolId, started?.toolId)
  })

  it("does not take a tool that was interrupted for one that was denied", () => {
    const run = replay(recorded("2.1.329/tool-sleep-sigint"))
    assert.strictEqual(ofType(run, "agent.tool_completed")[0]?.status, "failed")
    assert.deepStrictEqual(ofType(run, "agent.permission_denied"), [])
    assert.strictEqual(ofType(run, "agent.turn_ended")[0]?.status, "interrupted")
  })

  const statusOf = (name: string, version: string, content: string): string | undefined => {
    const begin = { type: "system", subtype: "init", session_id: "s", model: "m", claude_code_version: version }
    const use = { message: { content: [{ type: "tool_use", id: "t", name, input: {} }] } }
    const outcome = { message: { content: [{ type: "tool_result", tool_use_id: "t", is_error: true, content }] } }
    const lines = [begin, { type: "assistant", ...use }, { type: "user", ...outcome }]
    return ofType(replay(lines.map((line) => JSON.stringify(line))), "agent.tool_completed")[0]?.status
  }

  const refusals: ReadonlyArray<readonly [name: string, version: string, content: string, status: string]> = [
    ["ExitPlanMode", "2.0.69", "Exit plan mode?", "denied"],
    ["AskUserQuestion", "2.1.0", "Answer questions?", "denied"],
    ["Skill", "2.1.0", "Execute skill: review", "denied"],
    ["Bash", "2.0.69", "Command contains newlines that could separate multiple commands", "denied"],
    ["Bash", "2.1.100", "no rm", "denied"],
    ["Bash", "2.1.100", "Exit code 1\nno rm", "failed"],
    ["Bash", "2.1.100", "<tool_use_error>No such tool available: Bash</tool_use_error>", "failed"],
    ["Bash", "2.1.0", "The user doesn't want to take this action right now.", "failed"],
    ["Bash", "2.1.265", "no rm", "failed"],
    ["Read", "2.0.69", "File does not exist.", "failed"],
  ]
  for (const [name, version, content, status] of refusals) {
    it(`reads "${content.slice(0, 30)}" of ${name} in ${version} as ${status}`, () => {
      assert.strictEqual(statusOf(name, version, content), status)
    })
  }

  it("reports a failed request as an error and not as a message", () => {
    const run = replay(recorded("2.1.329/error-401"))
    assert.deepStrictEqual(ofType(run, "agent.message"), [])
    assert.deepStrictEqual(
      ofType(run, "agent.error").map(({ error }) => error.code),
      ["AUTH_REJECTED"],
    )
  })

  it("reads one line that holds all events", () => {
    const run = replay(recorded("2.0.69/hello-json-verbose"), { format: "json" })
    assert.strictEqual(run.decoded.length, 1)
    assert.deepStrictEqual(run.types, [
      "agent.session",
      "agent.turn_started",
      "agent.message",
      "run.usage",
      "run.usage",
      "agent.turn_ended",
    ])
  })

  it("makes the session and the message of a result that stands alone", () => {
    const run = replay(recorded("2.0.69/hello-json"), { format: "json" })
    assert.deepStrictEqual(run.types, ["agent.session", "agent.message", "run.usage", "agent.turn_ended"])
  })

  it("reads a rate limit with its end in milliseconds", () => {
    const line = {
      type: "rate_limit_event",
      rate_limit_info: { status: "rejected", resetsAt: 1_900_000_000, rateLimitType: "five_hour" },
    }
    assert.deepStrictEqual(ofType(replay([JSON.stringify(line)]), "agent.rate_limit"), [
      { status: "rejected", limit: "five_hour", resetsAt: 1_900_000_000_000 },
    ])
  })

  it("counts what it does not understand and goes on", () => {
    const lines = [
      { type: "brand_new" },
      { type: "system", subtype: "brand_new" },
      { type: "assistant", message: 7 },
      { no: "type" },
      7,
    ]
    const { decoded } = replay(lines.map((line) => JSON.stringify(line)))
    assert.deepStrictEqual(
      decoded.map(({ name, original }) => [name, original]),
      [
        ["brand_new", "unknown"],
        ["system/brand_new", "unknown"],
        ["assistant", "unknown"],
        ["unknown", "unknown"],
        ["unknown", "unknown"],
      ],
    )
  })

  it("keeps a text answer as one message, and the CLI's own words for a failure as text", () => {
    assert.deepStrictEqual(replay(["Hello", "", "world"], { format: "text" }).events, [
      { type: "agent.message", payload: { text: "Hello\n\nworld" } },
    ])
    assert.deepStrictEqual(replay(["API Error: 401 no"], { format: "text" }).events, [])
  })

  it.effect.prop("is total for any JSON, alone or in an array", { json: Schema.Json }, ({ json }) =>
    Effect.sync(() => {
      const lines = [json, { type: "system", subtype: json }, { type: "assistant", message: json }, [json]]
      const { decoded } = replay(lines.map((line) => JSON.stringify(line)))
      assert.strictEqual(decoded.length, 4)
    }),
  )
})
