/** What an agent reports, in one vocabulary for every provider. An adapter makes these; the log keeps them as they are. */
import * as Schema from "effect/Schema"
import { ErrorInfo } from "./RunyardError.ts"
import { Cost, Usage } from "./Usage.ts"

export const ToolKind = Schema.Literals(["command", "file_change", "mcp", "web", "task", "other"])
export type ToolKind = typeof ToolKind.Type

export const FileChange = Schema.Struct({
  path: Schema.String,
  kind: Schema.Literals(["add", "update", "delete"]),
  /** Unified diff, where the CLI tells it. */
  diff: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "FileChange" })
export type FileChange = typeof FileChange.Type

const tool = {
  toolId: Schema.String,
  kind: ToolKind,
  /** The CLI's own name of the tool: `Bash`, `command_execution`, `server/tool` for MCP. */
  name: Schema.String,
  /** The agent inside the agent that called it, where the CLI tells. */
  parentToolId: Schema.optionalKey(Schema.String),
}

/** Payloads by event type. Ids inside are the vendor's own. */
export const agentPayloads = {
  "agent.session": Schema.Struct({
    sessionId: Schema.String,
    model: Schema.optionalKey(Schema.String),
    version: Schema.optionalKey(Schema.String),
    permissionMode: Schema.optionalKey(Schema.String),
    sandbox: Schema.optionalKey(Schema.String),
    tools: Schema.optionalKey(Schema.Array(Schema.String)),
  }),
  "agent.turn_started": Schema.Struct({}),
  /** The protocol says that the turn is over. The process and its tools may live on. */
  "agent.turn_ended": Schema.Struct({
    status: Schema.Literals(["completed", "failed", "interrupted"]),
    reason: Schema.optionalKey(Schema.String),
  }),
  /** A finished message of the agent. */
  "agent.message": Schema.Struct({
    messageId: Schema.optionalKey(Schema.String),
    text: Schema.String,
    /** The call of the agent inside the agent that wrote it. */
    parentToolId: Schema.optionalKey(Schema.String),
  }),
  /** The part of an unfinished message that came since the last checkpoint. The finished message repeats it whole. */
  "agent.message_partial": Schema.Struct({
    messageId: Schema.String,
    offset: Schema.Natural,
    text: Schema.String,
  }),
  "agent.reasoning": Schema.Struct({ text: Schema.String, parentToolId: Schema.optionalKey(Schema.String) }),
  "agent.tool_started": Schema.Struct({
    ...tool,
    /** What was asked of it: a command line, a path, or its arguments. */
    command: Schema.optionalKey(Schema.String),
    input: Schema.optionalKey(Schema.Json),
  }),
  "agent.tool_output": Schema.Struct({ toolId: Schema.String, text: Schema.String }),
  "agent.tool_completed": Schema.Struct({
    ...tool,
    status: Schema.Literals(["completed", "failed", "denied", "unfinished"]),
    command: Schema.optionalKey(Schema.String),
    output: Schema.optionalKey(Schema.String),
    exitCode: Schema.optionalKey(Schema.Int),
    changes: Schema.optionalKey(Schema.Array(FileChange)),
    durationMillis: Schema.optionalKey(Schema.Finite),
  }),
  "agent.plan": Schema.Struct({
    items: Schema.Array(
      Schema.Struct({ text: Schema.String, status: Schema.Literals(["pending", "in_progress", "completed"]) }),
    ),
  }),
  /** A warning that ends nothing. */
  "agent.warning": Schema.Struct({ text: Schema.String }),
  /** The CLI itself tries again; not a retry of ours. */
  "agent.retrying": Schema.Struct({
    text: Schema.String,
    attempt: Schema.optionalKey(Schema.Natural),
    maxAttempts: Schema.optionalKey(Schema.Natural),
    delayMillis: Schema.optionalKey(Schema.Finite),
    httpStatus: Schema.optionalKey(Schema.Int),
  }),
  "agent.permission_denied": Schema.Struct({
    toolName: Schema.String,
    toolId: Schema.optionalKey(Schema.String),
    reason: Schema.optionalKey(Schema.String),
  }),
  "agent.rate_limit": Schema.Struct({
    status: Schema.String,
    limit: Schema.optionalKey(Schema.String),
    resetsAt: Schema.optionalKey(Schema.Finite),
  }),
  /** The whole change since the start, where the CLI tells it again and again; the last one counts. */
  "agent.diff": Schema.Struct({ diff: Schema.String }),
  /**
   * A hook, a background task or a sub-agent changed state. `started`, `running` and `pending` mean that it goes on and
   * may bring another turn; any other status is its end.
   */
  "agent.task": Schema.Struct({
    taskId: Schema.String,
    status: Schema.String,
    text: Schema.optionalKey(Schema.String),
  }),
  /** The agent's own report of a failure. Whether the run failed is for the verdict. */
  "agent.error": Schema.Struct({ error: ErrorInfo }),
  "run.usage": Schema.Struct({
    usage: Schema.optionalKey(Usage),
    cost: Schema.optionalKey(Cost),
    /** All tokens as one sum, from an output that tells nothing finer. */
    totalTokens: Schema.optionalKey(Schema.Natural),
    /** All that is billed, where `usage` leaves something out: requests of the CLI's own, a turn that was cut short. */
    billed: Schema.optionalKey(Usage),
    /** The turn goes on: so much was used at least, as far as is told by now. Says nothing of the cost. */
    interim: Schema.optionalKey(Schema.Boolean),
  }),
  /** The CLI waits for an answer (structured sessions). */
  "approval.requested": Schema.Struct({
    approvalId: Schema.String,
    toolName: Schema.String,
    toolId: Schema.optionalKey(Schema.String),
    input: Schema.optionalKey(Schema.Json),
    reason: Schema.optionalKey(Schema.String),
  }),
} as const

type Payloads = { readonly [K in keyof typeof agentPayloads]: (typeof agentPayloads)[K]["Type"] }
export type AgentEventType = keyof Payloads
export type AgentEvent = { [K in AgentEventType]: { readonly type: K; readonly payload: Payloads[K] } }[AgentEventType]

/** A piece of a message that is still being written: for the live view only, never for the log. */
export interface MessageDelta {
  readonly messageId: string
  readonly text: string
}
