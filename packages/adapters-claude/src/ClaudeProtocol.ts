/** How Claude Code's output is read in each of its formats. Holds the state of one attempt; no effects. */
import type { Decoded, Protocol, ProtocolRequest, VendorLine } from "@runyard/core/Adapter"
import type { AgentEvent, MessageDelta } from "@runyard/core/AgentEvent"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decodeValue, newState, unfinished } from "./ClaudeEvent.ts"
import { isProseFailure, proseEnding } from "./ClaudeFailure.ts"
import { StreamLine } from "./ClaudeLine.ts"
import { type ClaudeFacts, emptyFacts, jsonVerdict, textVerdict } from "./ClaudeVerdict.ts"

const none: ReadonlyArray<AgentEvent> = []
const isStream = Schema.is(StreamLine)

/** A stderr that never ends must not fill the memory: the last lines, each cut. */
const maxErrorLines = 100
const maxErrorLine = 1000
const maxProse = 1024 * 1024

const stderrLine = (facts: ClaudeFacts, text: string): Decoded => {
  facts.stderr.push(text.slice(0, maxErrorLine))
  if (facts.stderr.length > maxErrorLines) facts.stderr.shift()
  return { name: "stderr", events: none, original: "text" }
}

/** `stream_event` never stands unescaped inside a JSON string, so that this finds no text that only speaks of it. */
const streamMark = '"type":"stream_event"'
const parse = (text: string) => Result.try((): unknown => JSON.parse(text))

/** The text deltas of the agent itself; those of agents inside it, and of thinking and arguments, are not shown. */
const deltas = () => {
  let current = ""
  return (text: string): ReadonlyArray<MessageDelta> | undefined => {
    if (!text.includes(streamMark)) return undefined
    const parsed = parse(text)
    if (Result.isFailure(parsed) || !isStream(parsed.success)) return undefined
    const { event, parent_tool_use_id: parent } = parsed.success
    if (parent !== undefined && parent !== null) return []
    if (event.type === "message_start") current = event.message?.id ?? ""
    if (event.type !== "content_block_delta" || event.delta?.type !== "text_delta") return []
    return [{ messageId: `${current}:${event.index ?? 0}`, text: event.delta.text ?? "" }]
  }
}

/** Whether stdout, so far, ends in a line that is not whole. A broken line may have its end further on. */
const endsCut = (text: string, before: boolean): boolean => /^\s*[[{]/.test(text) || (before && !/[\]}]\s*$/.test(text))

/** Reads `stream-json`, `json` and verbose `json`: one JSON value a line. */
export const jsonProtocol = (request: ProtocolRequest): Protocol => {
  const state = newState(request)
  return {
    decode: (line: VendorLine): Decoded => {
      if (line.stream === "stderr") return stderrLine(state.facts, line.text)
      if (line.json === undefined) {
        state.facts.cut = endsCut(line.text, state.facts.cut)
        return { name: "text", events: none, original: "text" }
      }
      state.facts.cut = false
      return decodeValue(state, line.json)
    },
    delta: deltas(),
    drain: () => unfinished(state),
    end: (exit) => jsonVerdict(state.facts, request, exit),
  }
}

/** Reads `text`: the last message, or what the CLI says in its place. */
export const textProtocol = (request: ProtocolRequest): Protocol => {
  const facts = emptyFacts()
  let size = 0
  return {
    decode: (line: VendorLine): Decoded => {
      if (line.stream === "stderr") return stderrLine(facts, line.text)
      if (size < maxProse) facts.prose.push(line.text.slice(0, maxProse - size))
      size += line.text.length + 1
      return { name: "text", events: none, original: "hold" }
    },
    drain: () => {
      const text = facts.prose.join("\n").trim()
      // Without the exit code these words may be a failure: they stay what they are, a chunk of text.
      if (text === "" || proseEnding(text) !== undefined || isProseFailure(text)) return none
      return [{ type: "agent.message", payload: { text } }]
    },
    end: (exit) => textVerdict(facts, request, exit),
  }
}
