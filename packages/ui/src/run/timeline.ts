/** From the events of a log to the conversation that a person reads. Pure: the same events give the same blocks. */
import type { RunEvent } from "../api/types.ts"
import type { Bare, EndBlock, NoticeTone, ToolBlock } from "./Block.ts"
import { addText, emptyText, longText } from "./longText.ts"
import {
  addPiece,
  change,
  closeOpen,
  type Draft,
  draftOf,
  finishMessage,
  openBlock,
  push,
  putLive,
  takeLive,
  type LiveFrame,
  type Timeline,
  timelineOf,
} from "./timelineDraft.ts"

export type { LiveFrame, Timeline } from "./timelineDraft.ts"

export const emptyTimeline: Timeline = {
  blocks: [],
  live: 0,
  open: new Map(),
  lastSeq: 0,
  firstError: undefined,
  interim: undefined,
}

const notice = (
  draft: Draft,
  event: RunEvent,
  tone: NoticeTone,
  title: string,
  text?: string,
  error?: EndBlock["error"],
) => push(draft, event, { kind: "notice", tone, title, text, error })

/** What an agent said last is not said again where the attempt ended by it. */
const forgetTold = ({ blocks }: Draft, error: EndBlock["error"]) => {
  const last = blocks.at(-1)
  const isTold = last?.kind === "notice" && last.error !== undefined && error !== undefined
  if (isTold && last.error.code === error.code && last.error.message === error.message) blocks.pop()
}

const end = (
  draft: Draft,
  event: RunEvent,
  state: EndBlock["state"],
  more: Partial<Pick<EndBlock, "error" | "note" | "next" | "structured" | "exit" | "evidence">>,
) => {
  closeOpen(draft, true)
  forgetTold(draft, more.error)
  for (const name of ["plan", "diff"]) draft.open.delete(name)
  draft.interim = undefined
  push(draft, event, {
    kind: "end",
    state,
    error: undefined,
    note: undefined,
    next: undefined,
    structured: undefined,
    exit: undefined,
    evidence: undefined,
    ...more,
  })
}

const noTool: Omit<Bare<ToolBlock>, "toolId" | "tool" | "name"> = {
  kind: "tool",
  command: undefined,
  input: undefined,
  output: emptyText,
  state: "running",
  exitCode: undefined,
  changes: [],
  durationMillis: undefined,
}

const toolName = (id: string) => `tool ${id}`

const addOutput = (
  draft: Draft,
  event: Extract<RunEvent, { readonly type: "run.chunk.stdout" | "run.chunk.stderr" }>,
) => {
  const { reason, text } = event.payload
  if (reason === "quiet") return
  const stream = event.type === "run.chunk.stdout" ? "stdout" : "stderr"
  const last = draft.blocks.at(-1)
  if (last?.kind === "output" && last.stream === stream) {
    draft.blocks[draft.blocks.length - 1] = { ...last, text: addText(last.text, `${text}\n`) }
  } else push(draft, event, { kind: "output", stream, text: longText(`${text}\n`) })
}

const actorText = ({ by, reason }: { readonly by: string; readonly reason?: string | undefined }): string =>
  reason === undefined ? `By ${by}` : `By ${by}: ${reason}`

const queueChangeText = (event: Extract<RunEvent, { readonly type: "queue.changed" }>): string => {
  const { held, notBefore, priority } = event.payload
  return [
    ...(priority === undefined ? [] : [`priority ${priority}`]),
    ...(held === undefined ? [] : [held ? "held" : "let go on"]),
    ...(notBefore === undefined ? [] : [`not before ${new Date(notBefore).toLocaleString()}`]),
  ].join(", ")
}

const apply = (draft: Draft, event: RunEvent): void => {
  switch (event.type) {
    case "run.queued":
      return push(draft, event, { kind: "prompt", text: event.payload.request.prompt })
    case "run.started": {
      const { executable, pid, resumed, version } = event.payload
      draft.open.set("attempt", draft.blocks.length)
      return push(draft, event, {
        kind: "attempt",
        number: event.attempt,
        executable,
        version,
        pid,
        resumed,
        model: undefined,
      })
    }
    case "agent.session": {
      const found = openBlock(draft, "attempt", "attempt")
      if (found !== undefined) draft.blocks[found.index] = { ...found.block, model: event.payload.model }
      return
    }
    case "agent.message":
      return finishMessage(draft, event)
    case "agent.message_partial":
      return addPiece(draft, event, event.payload, true)
    case "agent.reasoning":
      return push(draft, event, { kind: "reasoning", text: event.payload.text, parent: event.payload.parentToolId })
    case "agent.tool_started": {
      const { command, input, kind, name, parentToolId, toolId } = event.payload
      return change(draft, toolName(toolId), event, "tool", (found) => ({
        ...noTool,
        ...found,
        toolId,
        tool: kind,
        name,
        command,
        input,
        parent: parentToolId,
      }))
    }
    case "agent.tool_output": {
      const { text, toolId } = event.payload
      return change(draft, toolName(toolId), event, "tool", (found) => ({
        ...noTool,
        toolId,
        tool: "other",
        name: "tool",
        ...found,
        output: addText(found?.output ?? emptyText, text),
      }))
    }
    case "agent.tool_completed": {
      const { changes, command, durationMillis, exitCode, kind, name, output, parentToolId, status, toolId } =
        event.payload
      change(draft, toolName(toolId), event, "tool", (found) => ({
        ...noTool,
        ...found,
        toolId,
        tool: kind,
        name,
        command: command ?? found?.command,
        output: output === undefined ? (found?.output ?? emptyText) : longText(output),
        state: status,
        exitCode,
        changes: changes ?? [],
        durationMillis: durationMillis ?? (found === undefined ? undefined : event.at - found.at),
        parent: parentToolId ?? found?.parent,
      }))
      draft.open.delete(toolName(toolId))
      return
    }
    case "agent.plan":
      return change(draft, "plan", event, "plan", () => ({ kind: "plan", items: event.payload.items }))
    case "agent.diff":
      return change(draft, "diff", event, "diff", () => ({ kind: "diff", diff: event.payload.diff }))
    case "agent.turn_ended":
      closeOpen(draft, false)
      if (event.payload.status !== "completed") {
        notice(
          draft,
          event,
          "attention",
          `The turn was ${event.payload.status === "failed" ? "not finished" : "interrupted"}`,
          event.payload.reason,
        )
      }
      return
    case "agent.warning":
      return notice(draft, event, "attention", event.payload.text)
    case "agent.retrying": {
      const { attempt, maxAttempts, text } = event.payload
      const count = attempt === undefined ? "" : ` (${attempt}${maxAttempts === undefined ? "" : ` of ${maxAttempts}`})`
      return notice(draft, event, "attention", `The CLI tries again${count}`, text)
    }
    case "agent.permission_denied":
      return notice(draft, event, "attention", `${event.payload.toolName} was not permitted`, event.payload.reason)
    case "agent.rate_limit":
      return event.payload.status === "allowed"
        ? undefined
        : notice(draft, event, "attention", `Usage limit: ${event.payload.status}`, event.payload.limit)
    case "agent.error":
      return notice(draft, event, "bad", event.payload.error.message, undefined, event.payload.error)
    case "approval.requested": {
      const { approvalId, input, reason, toolName } = event.payload
      return change(draft, `approval ${approvalId}`, event, "approval", (found) => ({
        kind: "approval",
        approvalId,
        toolName,
        reason,
        input,
        decision: found?.decision,
      }))
    }
    case "approval.resolved": {
      const { approvalId, by, decision } = event.payload
      return change(draft, `approval ${approvalId}`, event, "approval", (found) => ({
        kind: "approval",
        approvalId,
        toolName: found?.toolName ?? "A tool",
        reason: found?.reason,
        input: found?.input,
        decision: { what: decision, by },
      }))
    }
    case "run.usage":
      draft.interim = event.payload.interim === true ? event.payload.usage : undefined
      return
    case "run.chunk.stdout":
    case "run.chunk.stderr":
      return addOutput(draft, event)
    case "run.redacted":
      return notice(
        draft,
        event,
        "quiet",
        event.payload.total === 1 ? "1 secret was masked" : `${event.payload.total} secrets were masked`,
        [...new Set(event.payload.rules.map(({ rule }) => rule))].join(", "),
      )
    case "run.artifact":
      return notice(draft, event, "quiet", event.payload.name, event.payload.kind)
    case "run.compatibility_warning":
      return notice(draft, event, "attention", event.payload.message)
    case "policy.applied":
      return event.payload.message === undefined ? undefined : notice(draft, event, "attention", event.payload.message)
    case "run.budgets_changed":
      return notice(draft, event, "quiet", "The budgets that it counts for were changed")
    case "queue.requeued":
      closeOpen(draft, true)
      return notice(draft, event, "attention", "Back in the queue", actorText(event.payload), event.payload.error)
    case "queue.changed":
      return notice(draft, event, "quiet", `In the queue: ${queueChangeText(event)}`, actorText(event.payload))
    case "queue.released":
      return notice(draft, event, "quiet", "Its host shut down before its turn; any host may take it over")
    case "audit.cancel_requested":
      return notice(
        draft,
        event,
        "attention",
        event.payload.force ? "It is to be killed" : "It is to be canceled",
        actorText(event.payload),
      )
    case "run.retry_scheduled": {
      const { at, error, retry, ...rest } = event.payload
      return end(draft, event, "retry_wait", {
        error,
        note: retry?.sentence,
        next: at,
        exit: rest.exit,
        evidence: rest.evidence,
      })
    }
    case "run.action_needed":
    case "run.failed": {
      const { error, evidence, exit, retry } = event.payload
      const state = event.type === "run.failed" ? "failed" : "action_needed"
      return end(draft, event, state, { error, note: retry?.sentence, exit, evidence })
    }
    case "run.timed_out":
    case "run.interrupted": {
      const { error, evidence, exit } = event.payload
      return end(draft, event, event.type === "run.timed_out" ? "timed_out" : "interrupted", { error, exit, evidence })
    }
    case "run.policy_denied":
      return end(draft, event, "rejected", { error: event.payload.error })
    case "run.canceled":
      return end(draft, event, "canceled", {
        note: actorText(event.payload),
        exit: event.payload.exit,
        evidence: event.payload.evidence,
      })
    case "run.completed": {
      const { evidence, exit, structured } = event.payload
      return end(draft, event, "succeeded", { structured, exit, evidence })
    }
    case "agent.turn_started":
    case "agent.task":
    case "queue.claimed":
    case "run.progress":
    case "session.opened":
    case "session.input_accepted":
    case "session.closed":
      return
    default:
      // A server that is newer than this page: what it tells is in the list of events.
      event satisfies never
  }
}

/** The timeline with these events, which follow its last one. Those that it has already change nothing. */
export const extendTimeline = (timeline: Timeline, events: ReadonlyArray<RunEvent>): Timeline => {
  if (events.length === 0) return timeline
  const draft = draftOf(timeline)
  takeLive(draft)
  for (const event of events) {
    if (event.seq <= draft.lastSeq) continue
    if (event.severity === "error") draft.firstError ??= event.seq
    apply(draft, event)
    draft.lastSeq = event.seq
  }
  putLive(draft)
  return timelineOf(draft)
}

/** The timeline with what the live view tells of messages that are being written. */
export const withLive = (timeline: Timeline, frames: ReadonlyArray<LiveFrame>, at: number): Timeline => {
  if (frames.length === 0) return timeline
  const draft = draftOf(timeline)
  for (const frame of frames) {
    const { length } = draft.blocks
    addPiece(draft, { seq: draft.lastSeq, at }, frame, false)
    draft.live += draft.blocks.length - length
  }
  return timelineOf(draft)
}
