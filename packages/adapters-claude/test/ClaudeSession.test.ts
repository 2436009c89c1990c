/** A sketch of the second transport, stdio: it shows that the contract has all that a session needs. */
import { assert, describe, it } from "@effect/vitest"
import { type Protocol, type ProtocolRequest, runyardError, type SessionCommand } from "@runyard/core"
import type { AgentEvent } from "@runyard/core/AgentEvent"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { jsonProtocol } from "../src/ClaudeProtocol.ts"
import { recorded } from "./replay.ts"

const CanUseTool = Schema.Struct({
  type: Schema.Literal("control_request"),
  request_id: Schema.String,
  request: Schema.Struct({
    subtype: Schema.Literal("can_use_tool"),
    tool_name: Schema.String,
    tool_use_id: Schema.optionalKey(Schema.String),
    input: Schema.Json,
    decision_reason: Schema.optionalKey(Schema.String),
  }),
})
const isCanUseTool = Schema.is(CanUseTool)

const sessionProtocol = (request: ProtocolRequest): Protocol => {
  const print = jsonProtocol(request)
  const waiting = new Map<string, Schema.Json>()
  let asked = 0
  const control = (subtype: string, fields: object = {}): string =>
    JSON.stringify({ type: "control_request", request_id: `runyard-${++asked}`, request: { subtype, ...fields } })

  const answer = (command: Extract<SessionCommand, { readonly kind: "answer" }>) => {
    const asked = waiting.get(command.approvalId)
    if (asked === undefined) return Result.fail(runyardError("QUEUE_REQUEST_INVALID"))
    waiting.delete(command.approvalId)
    // `allow` must carry the input, changed or not.
    const response =
      command.decision === "allow"
        ? { behavior: "allow", updatedInput: command.input ?? asked }
        : { behavior: "deny", message: command.message ?? "Denied" }
    return Result.succeed([
      JSON.stringify({
        type: "control_response",
        response: { subtype: "success", request_id: command.approvalId, response },
      }),
    ])
  }

  return {
    ...print,
    open: () => [control("initialize", { hooks: null })],
    decode: (line) => {
      if (!isCanUseTool(line.json)) return print.decode(line)
      const { request, request_id: approvalId } = line.json
      waiting.set(approvalId, request.input)
      return {
        name: "control_request/can_use_tool",
        original: "line",
        events: [
          {
            type: "approval.requested",
            payload: {
              approvalId,
              toolName: request.tool_name,
              input: request.input,
              ...(request.tool_use_id === undefined ? {} : { toolId: request.tool_use_id }),
              ...(request.decision_reason === undefined ? {} : { reason: request.decision_reason }),
            },
          },
        ],
      }
    },
    encode: (command) => {
      switch (command.kind) {
        case "message":
          return Result.succeed([
            JSON.stringify({
              type: "user",
              message: { role: "user", content: command.text },
              parent_tool_use_id: null,
              session_id: "",
            }),
          ])
        case "interrupt":
          return Result.succeed([control("interrupt")])
        case "answer":
          return answer(command)
        default:
          return Result.succeed([])
      }
    },
  }
}

const Step = Schema.fromJsonString(
  Schema.Struct({ dir: Schema.Literals(["in", "out"]), line: Schema.fromJsonString(Schema.Json) }),
)
const readStep = Schema.decodeUnknownSync(Step)

const User = Schema.Struct({ type: Schema.Literal("user"), message: Schema.Struct({ content: Schema.String }) })
const Answer = Schema.Struct({
  type: Schema.Literal("control_response"),
  response: Schema.Struct({
    request_id: Schema.String,
    response: Schema.Struct({ behavior: Schema.String, message: Schema.optionalKey(Schema.String) }),
  }),
})

/** The command that a host would have given for a line that was written to the CLI; undefined for the opening. */
const commandOf = (line: Schema.Json): SessionCommand | undefined => {
  if (Schema.is(User)(line)) return { kind: "message", text: line.message.content }
  if (Schema.is(Answer)(line)) {
    const { request_id: approvalId, response } = line.response
    const decision = response.behavior === "allow" ? "allow" : "deny"
    return {
      kind: "answer",
      approvalId,
      decision,
      ...(response.message === undefined ? {} : { message: response.message }),
    }
  }
  return JSON.stringify(line).includes('"interrupt"') ? { kind: "interrupt" } : undefined
}

/** Our own request ids are ours to choose; those of the CLI must be given back. */
const withoutOwnId = (line: Schema.Json): unknown =>
  typeof line === "object" && line !== null
    ? Object.fromEntries(Object.entries(line).filter(([key]) => key !== "request_id"))
    : line

const play = (name: string) => {
  const protocol = sessionProtocol({})
  const events: Array<AgentEvent> = []
  for (const { dir, line } of recorded(name).map((text) => readStep(text))) {
    if (dir === "out") {
      const decoded = protocol.decode({ stream: "stdout", text: JSON.stringify(line), json: line })
      assert.strictEqual(decoded.original, "line", decoded.name)
      events.push(...decoded.events)
      continue
    }
    const command = commandOf(line)
    const written =
      command === undefined
        ? protocol.open?.()
        : Result.getOrThrow(protocol.encode?.(command) ?? Result.fail(runyardError("QUEUE_OPTION_UNSUPPORTED")))
    assert.deepStrictEqual(
      written?.map((text) => withoutOwnId(JSON.parse(text) as Schema.Json)),
      [withoutOwnId(line)],
    )
  }
  return { events, protocol }
}

describe("a session over stdio", () => {
  it("asks the host for permission and gives its answers to the CLI, byte for byte as recorded", () => {
    const { events, protocol } = play("2.1.0/stdio-permission")
    const approvals = events.filter(({ type }) => type === "approval.requested")
    assert.deepStrictEqual(
      approvals.map(({ payload }) => "toolName" in payload && payload.toolName),
      ["Bash", "Bash"],
    )
    const tools = events.flatMap((event) => (event.type === "agent.tool_completed" ? [event.payload] : []))
    assert.deepStrictEqual(
      tools.map(({ output, status }) => [status, output]),
      [
        ["completed", ""],
        ["denied", "Not today."],
      ],
    )
    assert.strictEqual(events.filter(({ type }) => type === "agent.permission_denied").length, 1)
    const verdict = protocol.end({ code: 0, signal: null })
    assert.deepStrictEqual([verdict.outcome, verdict.finalMessage], ["succeeded", "after deny"])
  })

  it("interrupts a turn and goes on with the next", () => {
    const { events, protocol } = play("2.0.69/stdio-interrupt-tool")
    assert.deepStrictEqual(
      events.flatMap((event) => (event.type === "agent.turn_ended" ? [event.payload.status] : [])),
      ["interrupted", "completed"],
    )
    assert.strictEqual(protocol.end({ code: 0, signal: null }).outcome, "succeeded")
  })

  it("refuses an answer that nobody waits for", () => {
    const answered = sessionProtocol({}).encode?.({ kind: "answer", approvalId: "none", decision: "allow" })
    assert.isTrue(answered !== undefined && Result.isFailure(answered))
  })
})
