/** What a request may ask of Claude Code alone. */
import { ToolRule } from "@runyard/core/ToolRule"
import * as Schema from "effect/Schema"

/** What Claude Code takes beside the common fields of a request. */
export const ClaudeOptions = Schema.Struct({
  /** How the CLI writes its output. Default: `stream-json`, the only one that tells what happens while it happens. */
  format: Schema.optionalKey(Schema.Literals(["stream-json", "json", "text"])),
  /** Model turns at most. */
  maxTurns: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
  /** Money at most, in US dollars; checked between requests, so that one expensive request may overshoot. */
  maxBudgetUsd: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
  /** Permission rules that need no question, such as `Bash(git log:*)`. */
  allowedTools: Schema.optionalKey(Schema.Array(ToolRule)),
  /** Permission rules that are always refused. */
  disallowedTools: Schema.optionalKey(Schema.Array(ToolRule)),
  /** Whether messages are shown while they are written. Default: true for `stream-json`. */
  partialMessages: Schema.optionalKey(Schema.Boolean),
  /** Text added to the CLI's own system prompt. */
  appendSystemPrompt: Schema.optionalKey(Schema.NonEmptyString),
})
export type ClaudeOptions = typeof ClaudeOptions.Type
