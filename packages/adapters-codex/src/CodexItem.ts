/** The items of a turn as agent events: messages, thoughts, tools, plans, warnings. */
import type { AgentEvent, ToolKind } from "@runyard/core"
import { guard } from "@runyard/core/SchemaGuard"
import * as Schema from "effect/Schema"

/** What an item says about the run beside its events. */
export type ItemSignal = { readonly kind: "message"; readonly text: string } | { readonly kind: "work" }

export type Phase = "started" | "updated" | "completed"
export type ItemReading = { readonly events: ReadonlyArray<AgentEvent>; readonly signal?: ItemSignal }
type ItemReader = (item: unknown, phase: Phase) => ItemReading | undefined

const nothing: ItemReading = { events: [] }
const worked: ItemSignal = { kind: "work" }

/** A reader for items of one shape; undefined for what has another. */
const reader = <A>(schema: Schema.Codec<A, unknown>, read: (item: A, phase: Phase) => ItemReading): ItemReader => {
  const is = guard(schema)
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

const isTextContent = guard(Schema.Struct({ content: Schema.Array(Schema.Struct({ text: Schema.String })) }))

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

const readers: ReadonlyMap<string, ItemReader> = new Map([
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

/** Reads an item of this kind; undefined when the kind, or its shape, is not known. */
export const readItem = (kind: string, item: unknown, phase: Phase): ItemReading | undefined =>
  readers.get(kind)?.(item, phase)
