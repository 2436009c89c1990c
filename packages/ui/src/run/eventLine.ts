/** One line for each event, for the list of all of them. Pure. */
import type { RunEvent } from "../api/types.ts"

const maxLength = 400

const oneLine = (text: string): string => {
  const start = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  return start.trim().replaceAll(/\s*\n\s*/g, " ⏎ ")
}

const counted = (text: string): string =>
  text.length > maxLength ? ` · ${text.length.toLocaleString("en-US")} characters` : ""
const sized = (text: string): string => `${oneLine(text)}${counted(text)}`

const textOf = (event: RunEvent): string | undefined => {
  switch (event.type) {
    case "run.queued":
      return event.payload.request.prompt
    case "run.started":
      return [event.payload.executable, ...event.payload.args].join(" ")
    case "agent.session":
      return [event.payload.model, event.payload.permissionMode, event.payload.sessionId].filter(Boolean).join(" · ")
    case "agent.turn_ended":
      return [event.payload.status, event.payload.reason].filter(Boolean).join(" · ")
    case "agent.message":
    case "agent.message_partial":
    case "agent.reasoning":
    case "agent.warning":
    case "agent.retrying":
    case "agent.tool_output":
    case "run.chunk.stdout":
    case "run.chunk.stderr":
      return event.payload.text
    case "agent.tool_started":
      return [event.payload.name, event.payload.command ?? jsonOf(event.payload.input)].join(" ")
    case "agent.tool_completed": {
      const { changes, exitCode, name, output, status } = event.payload
      const files = (changes ?? []).map(({ kind, path }) => `${kind} ${path}`).join(", ")
      return [`${name} ${status}`, exitCode === undefined ? "" : `exit ${exitCode}`, files, output ?? ""]
        .filter(Boolean)
        .join(" · ")
    }
    case "agent.plan": {
      const { items } = event.payload
      return `${items.filter(({ status }) => status === "completed").length} of ${items.length} done`
    }
    case "agent.diff":
      return event.payload.diff
    case "agent.permission_denied":
    case "approval.requested":
      return [event.payload.toolName, event.payload.reason].filter(Boolean).join(" · ")
    case "agent.error":
    case "run.failed":
    case "run.timed_out":
    case "run.interrupted":
    case "run.action_needed":
    case "run.policy_denied":
    case "run.retry_scheduled":
      return `${event.payload.error.code}: ${event.payload.error.message}`
    case "run.usage": {
      const { cost, totalTokens, usage } = event.payload
      const tokens = usage === undefined ? totalTokens : usage.inputTokens + usage.outputTokens
      return [
        tokens === undefined ? "" : `${tokens.toLocaleString("en-US")} tokens`,
        cost === undefined ? "" : `$${cost.usd.toFixed(4)}`,
      ]
        .filter(Boolean)
        .join(" · ")
    }
    case "run.redacted":
      return `${event.payload.total} masked`
    case "run.progress":
      return event.payload.phase === "process_ended"
        ? "The process has ended"
        : `The process tree is gone (${event.payload.evidence.step})`
    case "run.compatibility_warning":
      return event.payload.message
    case "policy.applied":
      return event.payload.message ?? event.payload.decision
    case "run.completed":
      return event.payload.finalMessage
    case "run.canceled":
    case "audit.cancel_requested":
    case "queue.requeued":
    case "queue.changed":
    case "approval.resolved":
      return [`by ${event.payload.by}`, event.payload.reason].filter(Boolean).join(" · ")
    default:
      return undefined
  }
}

const jsonOf = (value: unknown): string => (value === undefined ? "" : JSON.stringify(value))

/** What the event says, in one line of bounded length; what has no line of its own is shown as it is. */
export const eventLine = (event: RunEvent): string => sized(textOf(event) ?? jsonOf(event.payload))
