/** A line of `codex exec --json` as agent events. What a newer version adds is not understood, never a failure. */
import type { AgentEvent, Decoded, Usage } from "@runyard/core"
import { guard } from "@runyard/core/SchemaGuard"
import * as Schema from "effect/Schema"
import { httpStatusIn, millisIn, turnFailure } from "./CodexFailure.ts"
import { type ItemSignal, type Phase, readItem } from "./CodexItem.ts"

/** What a line says about the run beside its events. */
export type Signal =
  | { readonly kind: "session"; readonly id: string; readonly turnEvents: boolean }
  | { readonly kind: "turn-started" }
  | { readonly kind: "turn-completed"; readonly usage: Usage | undefined }
  | { readonly kind: "turn-failed"; readonly text: string }
  | { readonly kind: "error"; readonly text: string }
  | ItemSignal

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
const isUsage = guard(VendorUsage)

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

const ItemLine = Schema.Struct({
  item: Schema.Struct({ type: Schema.optionalKey(Schema.String), item_type: Schema.optionalKey(Schema.String) }),
})
const isItemLine = guard(ItemLine)

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
  const read = readItem(kind, line.item, phase)
  return read === undefined ? unknown(name) : { ...read, name, original: "line" }
}

const isThreadStarted = guard(Schema.Struct({ thread_id: Schema.String }))
const isSessionCreated = guard(Schema.Struct({ session_id: Schema.String }))
const isErrorLine = guard(Schema.Struct({ message: Schema.String }))
const isTurnFailed = guard(Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))
const hasUsage = guard(Schema.Struct({ usage: Schema.Unknown }))
const isLine = guard(Schema.Struct({ type: Schema.String }))

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
