/** What a line of Claude Code's stdout means in the common vocabulary. */
import type { Decoded, ProtocolRequest } from "@runyard/core/Adapter"
import type { AgentEvent } from "@runyard/core/AgentEvent"
import { guard } from "@runyard/core/SchemaGuard"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { requestFailure } from "./ClaudeFailure.ts"
import * as Line from "./ClaudeLine.ts"
import {
  openTool,
  type OpenTool,
  resultChanges,
  resultExitCode,
  resultStatus,
  resultText,
  toolName,
} from "./ClaudeTool.ts"
import { absorbMessage, absorbResult, billedOf, interimOf } from "./ClaudeUsage.ts"
import { type ClaudeFacts, countsConversation, emptyFacts, resultFailure, spent } from "./ClaudeVerdict.ts"
import { isAtLeast } from "./ClaudeVersion.ts"

// Checks, not decodes: nothing is transformed, so that a line that fits is used as it is.
const isAny = guard(Line.AnyLine)
const isAssistant = guard(Line.AssistantLine)
const isUser = guard(Line.UserLine)
const isInit = guard(Line.InitLine)
const isResult = guard(Line.ResultLine)
const isRetry = guard(Line.RetryLine)
const isDenied = guard(Line.DeniedLine)
const isTask = guard(Line.TaskLine)
const isHook = guard(Line.HookLine)
const isNotice = guard(Line.NoticeLine)
const isRateLimit = guard(Line.RateLimitLine)
const isBlock = guard(Line.Block)
const isTodo = guard(Line.TodoInput)
const readDenials = Schema.decodeUnknownOption(Line.ResultDenials)

type Events = ReadonlyArray<AgentEvent>
const none: Events = []

/** How many of the last messages are compared with a result. */
const maxSaid = 4

const interruption = /^\[Request interrupted by user/

/** What the reading of one attempt keeps in mind. */
export interface State {
  readonly facts: ClaudeFacts
  readonly request: ProtocolRequest
  /** The tools that have no result yet, by id. */
  readonly tools: Map<string, OpenTool>
  /** Ids of tool calls whose denial was reported. */
  readonly denied: Set<string>
  /** The agent's last messages. A result's text that is none of them is a message that only the result tells. */
  readonly said: Array<string>
  /** Whether this turn's failed request was reported. */
  failed: boolean
}

export const newState = (request: ProtocolRequest): State => ({
  facts: emptyFacts(),
  request,
  tools: new Map(),
  denied: new Set(),
  said: [],
  failed: false,
})

const toolStarted = (state: State, use: Line.ToolUseBlock, parent: string | undefined): Events => {
  const tool = openTool(use, parent)
  state.tools.set(use.id, tool)
  const started: AgentEvent = {
    type: "agent.tool_started",
    payload: { ...tool.fields, ...(use.input === undefined ? {} : { input: use.input }) },
  }
  if (use.name !== "TodoWrite" || !isTodo(use.input)) return [started]
  const items = use.input.todos.map(({ content, status }) => ({ text: content, status }))
  return [started, { type: "agent.plan", payload: { items } }]
}

const permissionDenied = (state: State, name: string, id: string | undefined, reason: string | undefined): Events => {
  if (id !== undefined && state.denied.has(id)) return none
  if (id !== undefined) state.denied.add(id)
  return [
    {
      type: "agent.permission_denied",
      payload: {
        toolName: toolName(name),
        ...(id === undefined ? {} : { toolId: id }),
        ...(reason === undefined ? {} : { reason }),
      },
    },
  ]
}

const toolCompleted = (state: State, block: Line.ToolResultBlock, line: typeof Line.UserLine.Type): Events => {
  const id = block.tool_use_id
  const { fields, vendorName } =
    state.tools.get(id) ?? openTool({ type: "tool_use", id, name: "unknown" }, line.parent_tool_use_id ?? undefined)
  state.tools.delete(id)
  const output = resultText(block)
  // Before 2.1.265 no field says why a tool did not run.
  const explains = isAtLeast(state.facts.version ?? state.request.version, "2.1.265")
  const status = state.denied.has(id)
    ? "denied"
    : resultStatus(block, { name: vendorName, text: output, meta: line.tool_result_meta, explains })
  const exitCode = status === "failed" ? resultExitCode(output) : undefined
  const changes = status === "completed" ? resultChanges(vendorName, line.tool_use_result) : undefined
  const completed: AgentEvent = {
    type: "agent.tool_completed",
    payload: {
      ...fields,
      status,
      ...(output === undefined ? {} : { output }),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(changes === undefined ? {} : { changes }),
    },
  }
  return status === "denied" ? [completed, ...permissionDenied(state, vendorName, id, output)] : [completed]
}

const say = ({ facts, said }: State, text: string): void => {
  facts.lastMessage = text
  said.push(text)
  if (said.length > maxSaid) said.shift()
}

const assistant = (state: State, line: typeof Line.AssistantLine.Type): Events => {
  const { facts } = state
  const parent = line.parent_tool_use_id ?? undefined
  if (parent === undefined) facts.turnOpen = true
  if (typeof line.error === "string") {
    if (parent === undefined) {
      facts.failureKind = line.error
      state.failed = true
    }
    const text = line.message.content
      .flatMap((block) => (isBlock(block) && block.type === "text" ? [block.text] : []))
      .join("\n")
    const error = requestFailure({
      text,
      status: line.api_error_status ?? undefined,
      kind: line.error,
      stopReason: line.message.stop_reason ?? undefined,
      resetsAt: facts.resetsAt,
    })
    return [{ type: "agent.error", payload: { error } }]
  }
  const messageId = line.message.id ?? undefined
  return [...content(state, line, messageId, parent), ...usedBy(state, line, messageId)]
}

/** What the request behind a message has used, once: its answer comes in several lines. */
const usedBy = ({ facts, request }: State, line: typeof Line.AssistantLine.Type, id: string | undefined): Events => {
  const before = facts.usage
  facts.usage = absorbMessage(before, id, line.message.usage)
  const usage = interimOf(facts.usage, !countsConversation(facts, request))
  if (facts.usage === before || usage === undefined) return none
  return [{ type: "run.usage", payload: { usage, interim: true } }]
}

const content = (
  state: State,
  line: typeof Line.AssistantLine.Type,
  messageId: string | undefined,
  parent: string | undefined,
): Events => {
  const origin = parent === undefined ? {} : { parentToolId: parent }
  return line.message.content.flatMap((block): Events => {
    if (!isBlock(block)) return none
    switch (block.type) {
      case "text": {
        if (block.text === "") return none
        if (parent === undefined) say(state, block.text)
        const id = messageId === undefined ? {} : { messageId }
        return [{ type: "agent.message", payload: { ...id, text: block.text, ...origin } }]
      }
      case "thinking":
        return block.thinking === ""
          ? none
          : [{ type: "agent.reasoning", payload: { text: block.thinking, ...origin } }]
      case "tool_use":
        return toolStarted(state, block, parent)
      default:
        return none
    }
  })
}

const user = (state: State, line: typeof Line.UserLine.Type): Events => {
  const { content } = line.message
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content
  return blocks.flatMap((block): Events => {
    if (!isBlock(block)) return none
    if (block.type === "tool_result") return toolCompleted(state, block, line)
    if (block.type === "text" && interruption.test(block.text)) state.facts.interrupted = true
    return none
  })
}

const session = (state: State, line: typeof Line.InitLine.Type): Events => {
  const { facts } = state
  const begun = facts.sessionId === line.session_id && facts.model !== undefined
  facts.sessionId = line.session_id
  facts.version = line.claude_code_version ?? facts.version
  facts.structuredAsked ||= line.tools?.includes("StructuredOutput") === true
  facts.turnOpen = true
  facts.interrupted = false
  state.failed = false
  const turn: AgentEvent = { type: "agent.turn_started", payload: {} }
  // One such line per turn, not per session.
  if (begun) return [turn]
  facts.model = line.model ?? facts.model
  const broken = (line.mcp_servers ?? []).filter(({ status }) => status === "failed")
  return [
    {
      type: "agent.session",
      payload: {
        sessionId: line.session_id,
        ...(typeof line.model === "string" ? { model: line.model } : {}),
        ...(typeof line.claude_code_version === "string" ? { version: line.claude_code_version } : {}),
        ...(typeof line.permissionMode === "string" ? { permissionMode: line.permissionMode } : {}),
        ...(line.tools === undefined ? {} : { tools: line.tools }),
      },
    },
    turn,
    ...broken.map(({ name }): AgentEvent => ({
      type: "agent.warning",
      payload: { text: `The MCP server "${name}" did not start` },
    })),
  ]
}

/** The end of a turn. The end of the run is the process's: a background task may bring another turn. */
const result = (state: State, line: Line.ResultLine): Events => {
  const { facts, request } = state
  const announced = facts.sessionId !== undefined
  facts.result = line
  facts.turnOpen = false
  if (line.structured_output !== undefined && line.structured_output !== null) facts.structured = line.structured_output
  // `num_turns` and `usage` tell what came since the last result; `total_cost_usd` grows, but is 0 after a crash.
  const turns = Line.countOf(line.num_turns)
  const usd = Line.amountOf(line.total_cost_usd)
  if (turns !== undefined) facts.turns = (facts.turns ?? 0) + turns
  if (usd !== undefined) facts.costUsd = Math.max(facts.costUsd ?? 0, usd)
  facts.usage = absorbResult(facts.usage, line)
  const error = resultFailure(line, facts)
  const status = error === undefined ? "completed" : error.code === "CLI_INTERRUPTED" ? "interrupted" : "failed"
  const text = line.result ?? ""
  // Results may come late, after messages of the next turn: hence not only the last message.
  const answer = error === undefined && text !== "" && !state.said.includes(text) ? text : undefined
  const denials = Option.getOrElse(readDenials(line.permission_denials), () => [])
  const reason = Line.textOf(line.terminal_reason) ?? (line.subtype === "success" ? undefined : line.subtype)
  // A failure before any turn, such as a session to resume that does not exist, comes with an id made up on the spot.
  const began = error === undefined || turns !== 0
  if (began) facts.sessionId ??= Line.textOf(line.session_id)
  const billed = billedOf(facts.usage, !countsConversation(facts, request))
  const events: Events = [
    // `--output-format json` has no line of its own for the session.
    ...(announced || facts.sessionId === undefined
      ? []
      : [{ type: "agent.session", payload: { sessionId: facts.sessionId } } as const]),
    ...(answer === undefined ? [] : [{ type: "agent.message", payload: { text: answer } } as const]),
    ...denials.flatMap((denial) =>
      permissionDenied(state, denial.tool_name, denial.tool_use_id ?? undefined, undefined),
    ),
    ...(error === undefined || state.failed || status === "interrupted"
      ? []
      : [{ type: "agent.error", payload: { error } } as const]),
    {
      type: "run.usage",
      payload: { ...spent(facts, request), ...(billed === undefined ? {} : { billed }) },
    },
    { type: "agent.turn_ended", payload: { status, ...(reason === undefined ? {} : { reason }) } },
  ]
  facts.failureKind = undefined
  state.failed = false
  return events
}

const task = (taskId: string, status: string | undefined, text: string | undefined): Events =>
  status === undefined
    ? none
    : [{ type: "agent.task", payload: { taskId, status, ...(text === undefined || text === "" ? {} : { text }) } }]

/** Lines that are understood and say nothing that the log wants. */
const quiet = new Set([
  "system/status",
  "system/thinking_tokens",
  "system/background_tasks_changed",
  "system/ui_invalidate",
  "command_lifecycle",
  "control_request",
  "control_response",
  "control_cancel_request",
  "stream_event",
])

/** The events of a `system` line; undefined when the line is not understood. */
const system = (state: State, name: string, line: unknown): Events | undefined => {
  switch (name) {
    case "system/init":
      return isInit(line) ? session(state, line) : undefined
    case "system/api_retry":
      if (!isRetry(line)) return undefined
      return [
        {
          type: "agent.retrying",
          payload: {
            text: `The request failed${line.error_status == null ? "" : ` with status ${line.error_status}`}${line.error == null ? "" : ` (${line.error})`}; trying again`,
            ...(typeof line.attempt === "number" ? { attempt: line.attempt } : {}),
            ...(typeof line.max_retries === "number" ? { maxAttempts: line.max_retries } : {}),
            ...(typeof line.retry_delay_ms === "number" ? { delayMillis: line.retry_delay_ms } : {}),
            ...(typeof line.error_status === "number" ? { httpStatus: line.error_status } : {}),
          },
        },
      ]
    case "system/permission_denied":
      return isDenied(line)
        ? permissionDenied(state, line.tool_name, line.tool_use_id ?? undefined, line.message ?? undefined)
        : undefined
    case "system/task_started":
      return isTask(line) ? task(line.task_id, "started", line.description ?? undefined) : undefined
    case "system/task_updated":
      return isTask(line) ? task(line.task_id, line.patch?.status ?? undefined, undefined) : undefined
    case "system/task_notification":
      return isTask(line) ? task(line.task_id, line.status ?? undefined, line.summary ?? undefined) : undefined
    case "system/hook_started":
      return isHook(line) ? task(line.hook_id, "started", line.hook_name ?? undefined) : undefined
    case "system/hook_response":
      return isHook(line) ? task(line.hook_id, line.outcome ?? "completed", line.hook_name ?? undefined) : undefined
    case "system/model_fallback":
    case "system/model_refusal_no_fallback":
    case "system/informational":
      if (!isNotice(line)) return undefined
      if (typeof line.fallback_model === "string") state.facts.model = line.fallback_model
      return line.content == null || line.content === ""
        ? none
        : [{ type: "agent.warning", payload: { text: line.content } }]
    default:
      return quiet.has(name) ? none : undefined
  }
}

const rateLimit = (state: State, line: typeof Line.RateLimitLine.Type): Events => {
  const { rateLimitType, resetsAt, status } = line.rate_limit_info
  const millis = typeof resetsAt === "number" ? resetsAt * 1000 : undefined
  state.facts.resetsAt = status === "rejected" ? millis : state.facts.resetsAt
  return [
    {
      type: "agent.rate_limit",
      payload: {
        status,
        ...(typeof rateLimitType === "string" ? { limit: rateLimitType } : {}),
        ...(millis === undefined ? {} : { resetsAt: millis }),
      },
    },
  ]
}

/** The events of a line; undefined when it is not understood. */
const events = (state: State, name: string, type: string, line: unknown): Events | undefined => {
  switch (type) {
    case "assistant":
      return isAssistant(line) ? assistant(state, line) : undefined
    case "user":
      return isUser(line) ? user(state, line) : undefined
    case "result":
      return isResult(line) ? result(state, line) : undefined
    case "rate_limit_event":
      return isRateLimit(line) ? rateLimit(state, line) : undefined
    default:
      return system(state, name, line)
  }
}

/** Reads one decoded line. The state goes on; all else is pure. */
export const decodeValue = (state: State, value: unknown): Decoded => {
  if (Array.isArray(value)) {
    // `--output-format json --verbose`: all events in one line.
    const all = value.map((element) => decodeValue(state, element))
    const understood = all.some(({ original }) => original === "line")
    return { name: "array", events: all.flatMap((one) => one.events), original: understood ? "line" : "unknown" }
  }
  if (!isAny(value)) return { name: "unknown", events: none, original: "unknown" }
  const { subtype, type } = value
  const name = type === "system" || type === "result" ? `${type}/${subtype ?? ""}` : type
  const found = events(state, name, type, value)
  return found === undefined ? { name, events: none, original: "unknown" } : { name, events: found, original: "line" }
}

/** What started and never ended. */
export const unfinished = ({ tools }: State): Events => {
  const left = [...tools.values()]
  tools.clear()
  return left.map(({ fields }) => ({ type: "agent.tool_completed", payload: { ...fields, status: "unfinished" } }))
}
