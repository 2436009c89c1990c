/** A line of `codex exec --json` as agent events. What a newer version adds is not understood, never a failure. */
import type { AgentEvent, Decoded, ToolKind, Usage } from "@runyard/core"
import * as Schema from "effect/Schema"
import { httpStatusIn, millisIn, turnFailure } from "./CodexFailure.ts"

/** What a line says about the run beside its events. */
export type Signal =
  | { readonly kind: "session"; readonly id: string; readonly turnEvents: boolean }
  | { readonly kind: "turn-started" }
  | { readonly kind: "turn-completed"; readonly usage: Usage | undefined }
  | { readonly kind: "turn-failed"; readonly text: string }
  | { readonly kind: "error"; readonly text: string }
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "work" }

export interface Reading extends Pick<Decoded, "events" | "name" | "original"> {
  readonly signal?: Signal
}

const tokens = Schema.Natural
const VendorUsage = Schema.Struct({
  input_tokens: tokens,
  cached_input_tokens: Schema.optionalKey(tokens),
  cache_write_input_tokens: Schema.optionalKey(tokens),
  output_tokens: tokens,
  reasoning_output_tokens: Schema.optionalKey(tokens),
})
const isUsage = Schema.is(VendorUsage)

/** Codex counts cached tokens among the input. Undefined when the numbers are missing or make no sense. */
export const readUsage = (value: unknown, basis: Usage["basis"]): Usage | undefined =>
  isUsage(value)
    ? {
        inputTokens: value.input_tokens,
        cachedInputTokens: value.cached_input_tokens ?? 0,
        outputTokens: value.output_tokens,
        ...(value.cache_write_input_tokens === undefined ? {} : { cacheWriteTokens: value.cache_write_input_tokens }),
        ...(value.reasoning_output_tokens === undefined ? {} : { reasoningTokens: value.reasoning_output_tokens }),
        cacheIncluded: true,
        basis,
      }
    : undefined

/** The notice of a retry in an `error`: `Reconnecting... 2/5 (...)`, and in 0.42 `...; retrying 2/5 in 406ms…`. */
export const retryIn = (text: string): AgentEvent | undefined => {
  const found =
    /^Reconnecting\.\.\.(?: (\d{1,4})\/(\d{1,4}))?|; retrying (\d{1,4})\/(\d{1,4}) in ([\d.]{1,12}\s?[a-z]{1,12})/.exec(
      text,
    )
  if (found === null) return undefined
  const attempt = found[1] ?? found[3]
  const most = found[2] ?? found[4]
  const delay = found[5] === undefined ? undefined : millisIn(found[5])
  const status = httpStatusIn(text)
  return {
    type: "agent.retrying",
    payload: {
      text,
      ...(attempt === undefined ? {} : { attempt: Number(attempt) }),
      ...(most === undefined ? {} : { maxAttempts: Number(most) }),
      ...(delay === undefined ? {} : { delayMillis: delay }),
      ...(status === undefined ? {} : { httpStatus: status }),
    },
  }
}

type Phase = "started" | "updated" | "completed"
type ItemReading = { readonly events: ReadonlyArray<AgentEvent>; readonly signal?: Signal }
type ItemReader = (item: unknown, phase: Phase) => ItemReading | undefined

const nothing: ItemReading = { events: [] }
const worked: Signal = { kind: "work" }

/** A reader for items of one shape; undefined for what has another. */
const reader = <A>(schema: Schema.Codec<A, unknown>, read: (item: A, phase: Phase) => ItemReading): ItemReader => {
  const is = Schema.is(schema)
  return (item, phase) => (is(item) ? read(item, phase) : undefined)
}

type Tool = { readonly toolId: string; readonly kind: ToolKind; readonly name: string }

const started = (tool: Tool, asked: { readonly command?: string; readonly input?: Schema.Json } = {}): ItemReading => ({
  events: [{ type: "agent.tool_started", payload: { ...tool, ...asked } }],
  signal: worked,
})

const statusOf = (status: string): "completed" | "failed" | "denied" =>
  status === "completed" ? "completed" : status === "declined" ? "denied" : "failed"

const message = reader(Schema.Struct({ id: Schema.String, text: Schema.String }), (item, phase) =>
  phase === "completed"
    ? {
        events: [{ type: "agent.message", payload: { messageId: item.id, text: item.text } }],
        signal: { kind: "message", text: item.text },
      }
    : nothing,
)

const reasoning = reader(Schema.Struct({ text: Schema.String }), (item, phase) =>
  phase === "completed"
    ? { events: [{ type: "agent.reasoning", payload: { text: item.text } }], signal: worked }
    : nothing,
)

const command = reader(
  Schema.Struct({
    id: Schema.String,
    command: Schema.String,
    aggregated_output: Schema.optionalKey(Schema.NullOr(Schema.String)),
    exit_code: Schema.optionalKey(Schema.NullOr(Schema.Int)),
    status: Schema.String,
  }),
  (item, phase) => {
    const tool: Tool = { toolId: item.id, kind: "command", name: "command_execution" }
    if (phase === "started") return started(tool, { command: item.command })
    if (phase === "updated") return nothing
    return {
      events: [
        {
          type: "agent.tool_completed",
          payload: {
            ...tool,
            status: statusOf(item.status),
            command: item.command,
            output: item.aggregated_output ?? "",
            ...(item.exit_code === null || item.exit_code === undefined ? {} : { exitCode: item.exit_code }),
          },
        },
      ],
      signal: worked,
    }
  },
)

const changeKind = (kind: string): "add" | "update" | "delete" =>
  kind === "add" || kind === "delete" ? kind : "update"

const fileChange = reader(
  Schema.Struct({
    id: Schema.String,
    changes: Schema.Array(Schema.Struct({ path: Schema.String, kind: Schema.String })),
    status: Schema.String,
  }),
  (item, phase) => {
    const tool: Tool = { toolId: item.id, kind: "file_change", name: "file_change" }
    const changes = item.changes.map(({ path, kind }) => ({ path, kind: changeKind(kind) }))
    if (phase === "started") return started(tool, { input: changes })
    if (phase === "updated") return nothing
    return {
      events: [{ type: "agent.tool_completed", payload: { ...tool, status: statusOf(item.status), changes } }],
      signal: worked,
    }
  },
)

const isTextContent = Schema.is(Schema.Struct({ content: Schema.Array(Schema.Struct({ text: Schema.String })) }))

/** What an MCP tool gave back: its text, or its JSON where it is not text alone. */
const mcpOutput = (result: Schema.Json | undefined): string | undefined => {
  if (result === null || result === undefined) return undefined
  return isTextContent(result) ? result.content.map(({ text }) => text).join("\n") : JSON.stringify(result)
}

const mcpCall = reader(
  Schema.Struct({
    id: Schema.String,
    server: Schema.String,
    tool: Schema.String,
    arguments: Schema.optionalKey(Schema.Json),
    result: Schema.optionalKey(Schema.Json),
    error: Schema.optionalKey(Schema.NullOr(Schema.Struct({ message: Schema.String }))),
    status: Schema.String,
  }),
  (item, phase) => {
    const tool: Tool = { toolId: item.id, kind: "mcp", name: `${item.server}/${item.tool}` }
    if (phase === "started") return started(tool, item.arguments === undefined ? {} : { input: item.arguments })
    if (phase === "updated") return nothing
    const reason = item.error?.message
    // `exec` cannot ask a person: "user cancelled MCP tool call" up to 0.142, the approval policy since.
    const denied = reason !== undefined && /user cancelled|requires approval/i.test(reason)
    const output = reason ?? mcpOutput(item.result)
    return {
      events: [
        {
          type: "agent.tool_completed",
          payload: {
            ...tool,
            status: denied ? "denied" : reason === undefined ? statusOf(item.status) : "failed",
            ...(output === undefined ? {} : { output }),
          },
        },
        ...(denied
          ? [
              {
                type: "agent.permission_denied",
                payload: { toolName: tool.name, toolId: tool.toolId, reason },
              } as const,
            ]
          : []),
      ],
      signal: worked,
    }
  },
)

const webSearch = reader(
  Schema.Struct({ id: Schema.String, query: Schema.optionalKey(Schema.String) }),
  (item, phase) => {
    // Since 0.98 the line has the key `id` twice; JSON keeps the last, which is the same in both phases.
    const tool: Tool = { toolId: item.id, kind: "web", name: "web_search" }
    const asked = item.query === undefined ? {} : { command: item.query }
    if (phase === "started") return started(tool, asked)
    if (phase === "updated") return nothing
    return {
      events: [{ type: "agent.tool_completed", payload: { ...tool, status: "completed", ...asked } }],
      signal: worked,
    }
  },
)

const todoList = reader(
  Schema.Struct({ items: Schema.Array(Schema.Struct({ text: Schema.String, completed: Schema.Boolean })) }),
  (list) => ({
    events: [
      {
        type: "agent.plan",
        payload: {
          items: list.items.map(({ text, completed }) => ({ text, status: completed ? "completed" : "pending" })),
        },
      },
    ],
  }),
)

const warning = reader(Schema.Struct({ message: Schema.String }), (item, phase) =>
  phase === "completed" ? { events: [{ type: "agent.warning", payload: { text: item.message } }] } : nothing,
)

const items: ReadonlyMap<string, ItemReader> = new Map([
  ["agent_message", message],
  ["assistant_message", message],
  ["reasoning", reasoning],
  ["command_execution", command],
  ["file_change", fileChange],
  ["mcp_tool_call", mcpCall],
  ["web_search", webSearch],
  ["todo_list", todoList],
  ["error", warning],
])

const ItemLine = Schema.Struct({
  item: Schema.Struct({ type: Schema.optionalKey(Schema.String), item_type: Schema.optionalKey(Schema.String) }),
})
const isItemLine = Schema.is(ItemLine)

const phases: Readonly<Record<string, Phase>> = {
  "item.started": "started",
  "item.updated": "updated",
  "item.completed": "completed",
}

/** A name is for counting: a vendor's text in it is cut. */
const nameOf = (type: string, item = ""): string => (item === "" ? type.slice(0, 60) : `${type}/${item.slice(0, 60)}`)

const unknown = (name: string): Reading => ({ events: [], name, original: "unknown" })

const itemLine = (line: object, type: string, phase: Phase): Reading => {
  if (!isItemLine(line)) return unknown(type)
  // 0.42 says `item_type`.
  const kind = line.item.type ?? line.item.item_type ?? ""
  const name = nameOf(type, kind)
  const read = items.get(kind)?.(line.item, phase)
  return read === undefined ? unknown(name) : { ...read, name, original: "line" }
}

const isThreadStarted = Schema.is(Schema.Struct({ thread_id: Schema.String }))
const isSessionCreated = Schema.is(Schema.Struct({ session_id: Schema.String }))
const isErrorLine = Schema.is(Schema.Struct({ message: Schema.String }))
const isTurnFailed = Schema.is(Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))
const hasUsage = Schema.is(Schema.Struct({ usage: Schema.Unknown }))
const isLine = Schema.is(Schema.Struct({ type: Schema.String }))

const session = (id: string, name: string, turnEvents: boolean): Reading => ({
  events: [{ type: "agent.session", payload: { sessionId: id } }],
  name,
  original: "line",
  signal: { kind: "session", id, turnEvents },
})

const errorLine = (text: string): Reading => {
  const retry = retryIn(text)
  if (retry !== undefined) return { events: [retry], name: "error", original: "line" }
  return {
    events: [{ type: "agent.error", payload: { error: turnFailure(text) } }],
    name: "error",
    original: "line",
    signal: { kind: "error", text },
  }
}

/** Reads one decoded line; undefined when it is no line of this format. `basis` is what its usage numbers cover. */
export const readLine = (line: unknown, basis: Usage["basis"]): Reading | undefined => {
  if (!isLine(line)) return undefined
  const { type } = line
  const phase = phases[type]
  if (phase !== undefined) return itemLine(line, type, phase)
  switch (type) {
    case "thread.started":
      return isThreadStarted(line) ? session(line.thread_id, type, true) : unknown(type)
    case "session.created":
      return isSessionCreated(line) ? session(line.session_id, type, false) : unknown(type)
    case "turn.started":
      return {
        events: [{ type: "agent.turn_started", payload: {} }],
        name: type,
        original: "line",
        signal: { kind: "turn-started" },
      }
    case "turn.completed": {
      const usage = hasUsage(line) ? readUsage(line.usage, basis) : undefined
      return {
        events: [
          ...(usage === undefined ? [] : [{ type: "run.usage", payload: { usage } } as const]),
          { type: "agent.turn_ended", payload: { status: "completed" } },
        ],
        name: type,
        original: "line",
        signal: { kind: "turn-completed", usage },
      }
    }
    case "turn.failed": {
      const text = isTurnFailed(line) ? line.error.message : ""
      return {
        events: [{ type: "agent.turn_ended", payload: { status: "failed", ...(text === "" ? {} : { reason: text }) } }],
        name: type,
        original: "line",
        signal: { kind: "turn-failed", text },
      }
    }
    case "error":
      return isErrorLine(line) ? errorLine(line.message) : unknown(type)
    default:
      return unknown(nameOf(type))
  }
}
