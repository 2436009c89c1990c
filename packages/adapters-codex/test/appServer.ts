/** A small protocol for `codex app-server`, to see that the contract carries a second transport. Not shipped. */
import {
  type AgentEvent,
  type Decoded,
  errorInfo,
  type MessageDelta,
  type Protocol,
  type ProtocolRequest,
  type SessionCommand,
  type Usage,
} from "@runyard/core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { turnFailure } from "../src/CodexFailure.ts"

const Item = Schema.Struct({
  type: Schema.String,
  id: Schema.String,
  text: Schema.optionalKey(Schema.String),
  command: Schema.optionalKey(Schema.String),
  aggregatedOutput: Schema.optionalKey(Schema.NullOr(Schema.String)),
  exitCode: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  status: Schema.optionalKey(Schema.String),
})
const isStarted = Schema.is(
  Schema.Struct({
    id: Schema.Int,
    result: Schema.Struct({ thread: Schema.Struct({ id: Schema.String }), model: Schema.String }),
  }),
)
const isInitialized = Schema.is(Schema.Struct({ id: Schema.Int, result: Schema.Struct({ userAgent: Schema.String }) }))
const isAnswer = Schema.is(Schema.Struct({ id: Schema.Int, result: Schema.Unknown }))
const isItem = Schema.is(Schema.Struct({ method: Schema.String, params: Schema.Struct({ item: Item }) }))
const isTurn = Schema.is(
  Schema.Struct({
    method: Schema.String,
    params: Schema.Struct({
      turn: Schema.Struct({
        id: Schema.String,
        status: Schema.String,
        error: Schema.optionalKey(Schema.NullOr(Schema.Struct({ message: Schema.String }))),
      }),
    }),
  }),
)
const isApproval = Schema.is(
  Schema.Struct({
    id: Schema.Int,
    method: Schema.Literal("item/commandExecution/requestApproval"),
    params: Schema.Struct({
      itemId: Schema.String,
      command: Schema.String,
      reason: Schema.optionalKey(Schema.NullOr(Schema.String)),
    }),
  }),
)
const isUsage = Schema.is(
  Schema.Struct({
    params: Schema.Struct({
      tokenUsage: Schema.Struct({
        total: Schema.Struct({
          inputTokens: Schema.Natural,
          cachedInputTokens: Schema.Natural,
          outputTokens: Schema.Natural,
        }),
      }),
    }),
  }),
)
const isDelta = Schema.is(
  Schema.fromJsonString(Schema.Struct({ params: Schema.Struct({ itemId: Schema.String, delta: Schema.String }) })).pipe(
    Schema.toType,
  ),
)
const isNotification = Schema.is(Schema.Struct({ method: Schema.String }))

export const appServerProtocol = (request: ProtocolRequest): Protocol => {
  let nextId = 1
  let thread: string | undefined
  let turn: string | undefined
  let model: string | undefined
  let lastMessage: string | undefined
  let usage: Usage | undefined
  let ended: { readonly status: string; readonly error: string | undefined } | undefined
  let turns = 0
  /** Messages that came before there was a thread. */
  let waiting: Array<string> = []

  const ask = (method: string, params: unknown): string => JSON.stringify({ id: nextId++, method, params })
  const startTurn = (text: string): string => ask("turn/start", { threadId: thread, input: [{ type: "text", text }] })

  const quiet = (name: string, more: Partial<Decoded> = {}): Decoded => ({
    events: [],
    name,
    original: "line",
    ...more,
  })

  const item = (method: string, value: typeof Item.Type): Decoded => {
    const name = `${method}/${value.type}`
    const tool = { toolId: value.id, kind: "command", name: "commandExecution" } as const
    const asked = value.command === undefined ? {} : { command: value.command }
    if (value.type === "agentMessage" && method === "item/completed") {
      lastMessage = value.text ?? ""
      return quiet(name, { events: [{ type: "agent.message", payload: { messageId: value.id, text: lastMessage } }] })
    }
    if (value.type !== "commandExecution") return quiet(name)
    if (method === "item/started")
      return quiet(name, { events: [{ type: "agent.tool_started", payload: { ...tool, ...asked } }] })
    const status = value.status === "completed" ? "completed" : value.status === "declined" ? "denied" : "failed"
    const exitCode = value.exitCode ?? undefined
    return quiet(name, {
      events: [
        {
          type: "agent.tool_completed",
          payload: {
            ...tool,
            ...asked,
            status,
            output: value.aggregatedOutput ?? "",
            ...(exitCode === undefined ? {} : { exitCode }),
          },
        },
      ],
    })
  }

  const turnEvents = (
    method: string,
    value: { readonly status: string; readonly error: string | undefined },
  ): ReadonlyArray<AgentEvent> => {
    if (method === "turn/started") {
      turns++
      ended = undefined
      return [{ type: "agent.turn_started", payload: {} }]
    }
    ended = value
    const status = value.status === "completed" || value.status === "interrupted" ? value.status : "failed"
    return [{ type: "agent.turn_ended", payload: { status } }]
  }

  const answered = (json: unknown): Decoded => {
    if (isInitialized(json)) {
      const send = [
        JSON.stringify({ method: "initialized" }),
        ask(
          request.sessionId === undefined ? "thread/start" : "thread/resume",
          request.sessionId === undefined ? {} : { threadId: request.sessionId },
        ),
      ]
      return quiet("initialize", { send })
    }
    if (!isStarted(json)) return quiet("answer")
    thread = json.result.thread.id
    model = json.result.model
    const send = waiting.map(startTurn)
    waiting = []
    return quiet("thread/start", { events: [{ type: "agent.session", payload: { sessionId: thread, model } }], send })
  }

  return {
    open: () => [
      JSON.stringify({ id: 0, method: "initialize", params: { clientInfo: { name: "x", title: null, version: "1" } } }),
    ],
    delta: (line): ReadonlyArray<MessageDelta> | undefined => {
      if (!line.startsWith('{"method":"item/agentMessage/delta"')) return undefined
      const json: unknown = JSON.parse(line)
      return isDelta(json) ? [{ messageId: json.params.itemId, text: json.params.delta }] : undefined
    },
    decode: ({ stream, json }) => {
      if (stream === "stderr") return { events: [], name: "stderr", original: "text" }
      // A request of the server has a method and an id, whatever the number: its ids overlap ours.
      if (isApproval(json)) {
        const { itemId: toolId, command, reason } = json.params
        return quiet(json.method, {
          events: [
            {
              type: "approval.requested",
              payload: {
                approvalId: String(json.id),
                toolName: "commandExecution",
                toolId,
                input: { command },
                ...(typeof reason === "string" ? { reason } : {}),
              },
            },
          ],
        })
      }
      if (isItem(json)) return item(json.method, json.params.item)
      if (isTurn(json) && (json.method === "turn/started" || json.method === "turn/completed")) {
        turn = json.method === "turn/started" ? json.params.turn.id : undefined
        const { status, error } = json.params.turn
        return quiet(json.method, { events: turnEvents(json.method, { status, error: error?.message }) })
      }
      if (isUsage(json)) {
        const { inputTokens, cachedInputTokens, outputTokens } = json.params.tokenUsage.total
        usage = { inputTokens, cachedInputTokens, outputTokens, cacheIncluded: true, basis: "session" }
        return quiet("thread/tokenUsage/updated", { events: [{ type: "run.usage", payload: { usage } }] })
      }
      if (isNotification(json)) return quiet(json.method)
      return isAnswer(json) ? answered(json) : { events: [], name: "unknown", original: "unknown" }
    },
    encode: (command: SessionCommand) => {
      switch (command.kind) {
        case "message":
          if (thread !== undefined) return Result.succeed([startTurn(command.text)])
          waiting.push(command.text)
          return Result.succeed([])
        case "interrupt":
          return Result.succeed(turn === undefined ? [] : [ask("turn/interrupt", { threadId: thread, turnId: turn })])
        case "answer":
          return Result.succeed([
            JSON.stringify({
              id: Number(command.approvalId),
              result: { decision: command.decision === "allow" ? "accept" : "decline" },
            }),
          ])
        case "close":
        default:
          return Result.succeed([])
      }
    },
    end: () => {
      const error =
        ended?.status === "completed"
          ? undefined
          : ended?.status === "interrupted"
            ? errorInfo("CLI_INTERRUPTED")
            : ended === undefined
              ? errorInfo("CLI_NO_RESULT")
              : turnFailure(ended.error ?? "")
      return {
        outcome: error === undefined ? "succeeded" : "failed",
        ...(error === undefined ? {} : { error }),
        ...(lastMessage === undefined ? {} : { finalMessage: lastMessage }),
        ...(thread === undefined ? {} : { sessionId: thread }),
        ...(model === undefined ? {} : { model }),
        ...(usage === undefined ? {} : { usage }),
        turns,
      }
    },
  }
}
