/** Events before they have a time and a number: with the channel and severity of their type. */
import type { AgentEvent } from "./AgentEvent.ts"
import type { EventChannel, EventDraft, EventType, RedactionCount, Severity } from "./RunEvent.ts"

/** An event without its time. */
export type TimelessDraft = {
  [K in EventType]: Omit<Extract<EventDraft, { readonly type: K }>, "at" | "mono" | "attempt">
}[EventType]

const severities: { readonly [K in EventType]?: Severity } = {
  "agent.warning": "warning",
  "agent.retrying": "warning",
  "agent.permission_denied": "warning",
  "agent.error": "error",
  "run.compatibility_warning": "warning",
  "run.failed": "error",
  "run.timed_out": "error",
  "run.interrupted": "error",
  "run.policy_denied": "error",
  "run.action_needed": "warning",
  "run.retry_scheduled": "warning",
  "run.canceled": "warning",
  "run.chunk.stderr": "info",
}

const channels: { readonly [K in EventType]?: EventChannel } = {
  "agent.message": "transcript",
  "agent.message_partial": "transcript",
  "agent.reasoning": "transcript",
  "agent.tool_started": "transcript",
  "agent.tool_output": "transcript",
  "agent.tool_completed": "transcript",
  "agent.plan": "transcript",
  "agent.diff": "transcript",
  "run.chunk.stdout": "diagnostic",
  "run.chunk.stderr": "diagnostic",
  "agent.warning": "diagnostic",
  "agent.retrying": "diagnostic",
  "agent.error": "diagnostic",
  "run.compatibility_warning": "diagnostic",
  "run.usage": "telemetry",
  "run.progress": "telemetry",
  "run.redacted": "telemetry",
  "agent.task": "debug",
}

/** A draft with the channel and severity of its type. */
export const draft = <K extends EventType>(
  type: K,
  payload: Extract<EventDraft, { readonly type: K }>["payload"],
  extra: Partial<Pick<EventDraft, "correlation" | "redactions" | "source" | "channel" | "severity">> = {},
): TimelessDraft =>
  ({
    type,
    channel: extra.channel ?? channels[type] ?? "ui",
    severity: extra.severity ?? severities[type] ?? "info",
    correlation: extra.correlation ?? none,
    redactions: extra.redactions ?? noRedactions,
    payload,
    ...(extra.source === undefined ? undefined : { source: extra.source }),
  }) as TimelessDraft

const none = {}
export const noRedactions: ReadonlyArray<RedactionCount> = []

/** The ids that tie an agent's event to others. */
export const correlationOf = (event: AgentEvent): EventDraft["correlation"] => {
  switch (event.type) {
    case "agent.tool_started":
    case "agent.tool_output":
    case "agent.tool_completed":
      return { toolId: event.payload.toolId }
    case "agent.session":
      return { sessionId: event.payload.sessionId }
    case "approval.requested":
      return { approvalId: event.payload.approvalId }
    default:
      return none
  }
}
