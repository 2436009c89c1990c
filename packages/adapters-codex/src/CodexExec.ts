/** Reads `codex exec --json`: both dialects of 0.42 and the one of every later version. Takes no input. */
import {
  type AgentEvent,
  type Decoded,
  type ErrorInfo,
  type OutputFormat,
  type Protocol,
  type ProtocolRequest,
  type Usage,
  type VendorLine,
} from "@runyard/core"
import { type Reading, readLine, type Signal } from "./CodexEvent.ts"
import { startFailure, turnFailure } from "./CodexFailure.ts"
import { readLegacyLine } from "./CodexLegacyEvent.ts"
import { emptyOutcome, hasStrayed, type Outcome, verdict } from "./CodexVerdict.ts"
import { countsConversation } from "./CodexVersion.ts"

/** How many tools that never complete are remembered; the oldest is forgotten first. */
const maxOpenTools = 1024

type Started = Extract<AgentEvent, { readonly type: "agent.tool_started" }>["payload"]

const quietText = (name: string): Decoded => ({ events: [], name, original: "text" })

/** A failure whose reason stands on the line after: of a panic, and of a headline that ends in a colon. */
const goesOn = (error: ErrorInfo): boolean => error.code === "CLI_CRASHED" || error.message.endsWith(":")

const withReason = (error: ErrorInfo, line: string): ErrorInfo => ({
  ...error,
  message: `${error.message.replace(/:$/, "")}: ${line.trim().slice(0, 300)}`,
})

/** Takes in a line of stderr: what it says counts only when the turn's end is never told. */
export const readStderr = (outcome: Outcome, text: string): Decoded => {
  if (outcome.reasonDue !== undefined && text.trim() !== "") {
    const error = outcome[outcome.reasonDue]
    if (error !== undefined) outcome[outcome.reasonDue] = withReason(error, text)
    outcome.reasonDue = undefined
    return quietText("stderr")
  }
  const found = startFailure(text)
  if (found === undefined) return quietText("stderr")
  const place = found.code === "CLI_CRASHED" ? "crash" : "startError"
  if (outcome[place] === undefined) {
    outcome[place] = found
    if (goesOn(found)) outcome.reasonDue = place
  }
  return quietText("stderr")
}

/** Takes in what a line says about the run. */
const note = (outcome: Outcome, signal: Signal): void => {
  switch (signal.kind) {
    case "session":
      outcome.sessionId = signal.id
      outcome.turnEvents = signal.turnEvents
      return
    case "turn-started":
      outcome.turns++
      outcome.terminal = undefined
      return
    case "turn-completed":
      outcome.terminal = { kind: "completed" }
      outcome.usage = signal.usage ?? outcome.usage
      return
    case "turn-failed":
      outcome.terminal = { kind: "failed", text: signal.text }
      return
    case "error":
      outcome.errorText = signal.text
      outcome.answered = false
      return
    case "message":
      outcome.lastMessage = signal.text
      outcome.answered = true
      return
    case "work":
      outcome.answered = false
      return
  }
}

/** Tools that began and did not complete, so that the end of the output can say so. */
const openTools = () => {
  const open = new Map<string, Started>()
  return {
    note: (event: AgentEvent): void => {
      if (event.type === "agent.tool_started") {
        const oldest = open.size >= maxOpenTools ? open.keys().next().value : undefined
        if (oldest !== undefined) open.delete(oldest)
        open.set(event.payload.toolId, event.payload)
      } else if (event.type === "agent.tool_completed") {
        open.delete(event.payload.toolId)
      }
    },
    drain: (): ReadonlyArray<AgentEvent> => {
      const events = [...open.values()].map(({ toolId, kind, name, command }): AgentEvent => ({
        type: "agent.tool_completed",
        payload: { toolId, kind, name, status: "unfinished", ...(command === undefined ? {} : { command }) },
      }))
      open.clear()
      return events
    },
  }
}

export const execProtocol = (request: ProtocolRequest): Protocol => {
  const outcome = emptyOutcome()
  const tools = openTools()
  const goneOn = request.resumed === true && countsConversation(request.version)
  /** A conversation that was begun in place of the one asked for has nothing but this run in it. */
  const basis = (): Usage["basis"] => (goneOn && !hasStrayed(outcome, request) ? "session" : "run")

  const take = (reading: Reading): Decoded => {
    const { signal, name, original } = reading
    let { events } = reading
    // An `error` with the same text comes before; where it did not, the failure is told here.
    if (signal?.kind === "turn-failed" && signal.text !== outcome.errorText) {
      events = [{ type: "agent.error", payload: { error: turnFailure(signal.text) } }, ...events]
    }
    if (signal !== undefined) note(outcome, signal)
    for (const event of events) {
      tools.note(event)
      if (event.type === "agent.retrying") outcome.retryText = event.payload.text
      if (event.type === "run.usage") outcome.usage = event.payload.usage ?? outcome.usage
    }
    return { events, name, original }
  }

  const decode = ({ stream, text, json }: VendorLine): Decoded => {
    if (stream === "stderr") return readStderr(outcome, text)
    const line = readLine(json, basis())
    if (line !== undefined) {
      outcome.cut = false
      return take(line)
    }
    const legacy = readLegacyLine(json)
    if (legacy !== undefined) {
      outcome.turnEvents = false
      return take(legacy)
    }
    outcome.cut = json === undefined && text.startsWith("{")
    return { events: [], name: "unknown", original: "unknown" }
  }

  return { decode, drain: tools.drain, end: (exit) => verdict(outcome, exit, request) }
}

export const execFormat: OutputFormat = { framing: "json-lines", protocol: execProtocol }
