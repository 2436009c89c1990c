/** The schemas of Claude Code's stdout lines: what is read of them, and nothing else. */
import * as Schema from "effect/Schema"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const text = maybe(Schema.String)
const number = maybe(Schema.Finite)

/** What tells one kind of line from another. */
export const AnyLine = Schema.Struct({ type: Schema.String, subtype: text })

const TextBlock = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })
const ThinkingBlock = Schema.Struct({ type: Schema.Literal("thinking"), thinking: Schema.String })
export const ToolUseBlock = Schema.Struct({
  type: Schema.Literal("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: Schema.optionalKey(Schema.Json),
})
export type ToolUseBlock = typeof ToolUseBlock.Type
export const ToolResultBlock = Schema.Struct({
  type: Schema.Literal("tool_result"),
  tool_use_id: Schema.String,
  content: Schema.optionalKey(Schema.Unknown),
  is_error: maybe(Schema.Boolean),
})
export type ToolResultBlock = typeof ToolResultBlock.Type

/** The blocks that are read; others are passed over. */
export const Block = Schema.Union([TextBlock, ThinkingBlock, ToolUseBlock, ToolResultBlock])

/** One event per content block; `error` marks a message that the CLI itself made of a failed request. */
export const AssistantLine = Schema.Struct({
  message: Schema.Struct({
    id: text,
    content: Schema.Array(Schema.Unknown),
    stop_reason: text,
    usage: Schema.optionalKey(Schema.Unknown),
  }),
  parent_tool_use_id: text,
  error: text,
  api_error_status: number,
})

export const UserLine = Schema.Struct({
  message: Schema.Struct({ content: Schema.Union([Schema.String, Schema.Array(Schema.Unknown)]) }),
  parent_tool_use_id: text,
  tool_use_result: Schema.optionalKey(Schema.Unknown),
  tool_result_meta: Schema.optionalKey(Schema.Unknown),
})

/** Since 2.1.265: why a tool did not run. */
export const ToolResultMeta = Schema.Array(
  Schema.Struct({
    id: Schema.String,
    non_execution_kind: text,
    permission_decision: maybe(Schema.Struct({ decision: text })),
  }),
)

/** What a file tool did. */
export const FileResult = Schema.Struct({
  type: text,
  filePath: Schema.String,
  structuredPatch: maybe(
    Schema.Array(
      Schema.Struct({
        oldStart: Schema.Finite,
        oldLines: Schema.Finite,
        newStart: Schema.Finite,
        newLines: Schema.Finite,
        lines: Schema.Array(Schema.String),
      }),
    ),
  ),
})
export type FileResult = typeof FileResult.Type

export const InitLine = Schema.Struct({
  session_id: Schema.String,
  model: text,
  claude_code_version: text,
  permissionMode: text,
  tools: Schema.optionalKey(Schema.Array(Schema.String)),
  mcp_servers: Schema.optionalKey(Schema.Array(Schema.Struct({ name: Schema.String, status: text }))),
})

export const RetryLine = Schema.Struct({
  attempt: maybe(Schema.Natural),
  max_retries: maybe(Schema.Natural),
  retry_delay_ms: number,
  error_status: maybe(Schema.Int),
  error: text,
})

export const DeniedLine = Schema.Struct({ tool_name: Schema.String, tool_use_id: text, message: text })

export const TaskLine = Schema.Struct({
  task_id: Schema.String,
  status: text,
  description: text,
  summary: text,
  patch: maybe(Schema.Struct({ status: text })),
})

export const HookLine = Schema.Struct({ hook_id: Schema.String, hook_name: text, outcome: text })

/** `informational` and `model_*`: a notice in words. */
export const NoticeLine = Schema.Struct({ content: text, fallback_model: text })

export const RateLimitLine = Schema.Struct({
  rate_limit_info: Schema.Struct({ status: Schema.String, resetsAt: number, rateLimitType: text }),
})

/** The end of a turn. Since 2.1.265 its `type` is one of the last keys. */
export const ResultLine = Schema.Struct({
  subtype: Schema.String,
  is_error: maybe(Schema.Boolean),
  result: text,
  // Read apart from the line, so that a change in one of these does not lose how the run went.
  session_id: Schema.optionalKey(Schema.Unknown),
  errors: Schema.optionalKey(Schema.Unknown),
  num_turns: Schema.optionalKey(Schema.Unknown),
  stop_reason: Schema.optionalKey(Schema.Unknown),
  terminal_reason: Schema.optionalKey(Schema.Unknown),
  api_error_status: Schema.optionalKey(Schema.Unknown),
  total_cost_usd: Schema.optionalKey(Schema.Unknown),
  structured_output: Schema.optionalKey(Schema.Unknown),
  usage: Schema.optionalKey(Schema.Unknown),
  modelUsage: Schema.optionalKey(Schema.Unknown),
  model_usage_since_last_result: Schema.optionalKey(Schema.Unknown),
  permission_denials: Schema.optionalKey(Schema.Unknown),
})
export type ResultLine = typeof ResultLine.Type

export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
/** Counts and amounts are never negative. */
export const amountOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined
export const countOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined

export const ResultUsage = Schema.Struct({
  input_tokens: Schema.Natural,
  output_tokens: Schema.Natural,
  cache_read_input_tokens: maybe(Schema.Natural),
  cache_creation_input_tokens: maybe(Schema.Natural),
  output_tokens_details: maybe(Schema.Struct({ thinking_tokens: maybe(Schema.Natural) })),
})

export const ResultErrors = Schema.Array(Schema.String)
export const ResultDenials = Schema.Array(Schema.Struct({ tool_name: Schema.String, tool_use_id: text }))

export const TodoInput = Schema.Struct({
  todos: Schema.Array(
    Schema.Struct({ content: Schema.String, status: Schema.Literals(["pending", "in_progress", "completed"]) }),
  ),
})

/** The parts of a message that is still being written; only text is shown. */
export const StreamLine = Schema.Struct({
  type: Schema.Literal("stream_event"),
  parent_tool_use_id: text,
  event: Schema.Struct({
    type: Schema.String,
    index: number,
    message: maybe(Schema.Struct({ id: text })),
    delta: maybe(Schema.Struct({ type: text, text })),
  }),
})
