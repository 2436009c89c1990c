/** The deprecated `--json` dialect of Codex 0.42: two lines of configuration, then `{ id, msg }`. */
import * as Schema from "effect/Schema"
import { type Reading, readUsage, retryIn } from "./CodexEvent.ts"
import { turnFailure } from "./CodexFailure.ts"

const isConfiguration = Schema.is(
  Schema.Struct({ model: Schema.String, provider: Schema.String, workdir: Schema.String }),
)
const isPrompt = Schema.is(Schema.Struct({ prompt: Schema.String }))
const isMessage = Schema.is(Schema.Struct({ id: Schema.String, msg: Schema.Struct({ type: Schema.String }) }))
const isText = Schema.is(Schema.Struct({ message: Schema.String }))
const isTokenCount = Schema.is(
  Schema.Struct({ info: Schema.NullOr(Schema.Struct({ total_token_usage: Schema.Unknown })) }),
)

const quiet = (name: string): Reading => ({ events: [], name, original: "line" })

/** Reads one decoded line; undefined when it is no line of this format. Kinds that no recording shows are not understood. */
export const readLegacyLine = (line: unknown): Reading | undefined => {
  if (isConfiguration(line)) return quiet("legacy/configuration")
  if (isPrompt(line)) return quiet("legacy/prompt")
  if (!isMessage(line)) return undefined
  const { msg } = line
  const name = `legacy/${msg.type.slice(0, 60)}`
  const unknown: Reading = { events: [], name, original: "unknown" }
  switch (msg.type) {
    case "task_started":
      return {
        events: [{ type: "agent.turn_started", payload: {} }],
        name,
        original: "line",
        signal: { kind: "turn-started" },
      }
    case "agent_message":
      if (!isText(msg)) return unknown
      return {
        events: [{ type: "agent.message", payload: { text: msg.message } }],
        name,
        original: "line",
        signal: { kind: "message", text: msg.message },
      }
    case "token_count": {
      if (!isTokenCount(msg)) return unknown
      const usage = readUsage(msg.info?.total_token_usage, "run")
      return usage === undefined ? quiet(name) : { ...quiet(name), events: [{ type: "run.usage", payload: { usage } }] }
    }
    case "error":
    case "stream_error": {
      if (!isText(msg)) return unknown
      const retry = retryIn(msg.message)
      if (retry !== undefined) return { events: [retry], name, original: "line" }
      return {
        events: [{ type: "agent.error", payload: { error: turnFailure(msg.message) } }],
        name,
        original: "line",
        signal: { kind: "error", text: msg.message },
      }
    }
    default:
      return unknown
  }
}
