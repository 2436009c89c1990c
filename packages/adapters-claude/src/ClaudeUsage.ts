/**
 * The tokens of one process of Claude Code, from its results. `usage` of a result tells its turn alone, and leaves out the
 * last request of a turn that a budget ended, and requests of the CLI's own; what is billed by model tells all. Pure.
 */
import type { Usage } from "@runyard/core/Usage"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type ResultLine, ResultUsage } from "./ClaudeLine.ts"

export interface ClaudeUsage {
  /** The sum of the turns. */
  readonly turns: Usage | undefined
  /** The sum of what results say was billed since the one before: 2.1.329 and later. */
  readonly since: Usage | undefined
  /** What was billed in all, as the last result says. Covers the whole conversation where results also tell `since`. */
  readonly billed: Usage | undefined
  /** What went into the requests since the last result. What came out of them is told only then. */
  readonly open: Usage | undefined
  /** The last of these requests. Each of its blocks is a line of its own, with the same usage. */
  readonly request: string | undefined
}

export const noUsage: ClaudeUsage = {
  turns: undefined,
  since: undefined,
  billed: undefined,
  open: undefined,
  request: undefined,
}

const ByModel = Schema.Record(
  Schema.String,
  Schema.Struct({
    inputTokens: Schema.Natural,
    outputTokens: Schema.Natural,
    cacheReadInputTokens: Schema.optionalKey(Schema.Natural),
    cacheCreationInputTokens: Schema.optionalKey(Schema.Natural),
    thinkingTokens: Schema.optionalKey(Schema.Natural),
  }),
)

const readByModel = Schema.decodeUnknownOption(ByModel)
const readTurn = Schema.decodeUnknownOption(ResultUsage)

const added = (one: Usage | undefined, other: Usage | undefined): Usage | undefined => {
  if (one === undefined || other === undefined) return one ?? other
  const sum = (key: "cacheWriteTokens" | "reasoningTokens") =>
    one[key] === undefined && other[key] === undefined ? {} : { [key]: (one[key] ?? 0) + (other[key] ?? 0) }
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cachedInputTokens: one.cachedInputTokens + other.cachedInputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    ...sum("cacheWriteTokens"),
    ...sum("reasoningTokens"),
    cacheIncluded: false,
    basis: "run",
  }
}

const turnOf = (raw: unknown): Usage | undefined => {
  const turn = Option.getOrUndefined(readTurn(raw))
  if (turn === undefined) return undefined
  const reasoning = turn.output_tokens_details?.thinking_tokens ?? undefined
  const written = turn.cache_creation_input_tokens ?? undefined
  return {
    inputTokens: turn.input_tokens,
    cachedInputTokens: turn.cache_read_input_tokens ?? 0,
    outputTokens: turn.output_tokens,
    ...(written === undefined ? {} : { cacheWriteTokens: written }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
    cacheIncluded: false,
    basis: "run",
  }
}

const billOf = (raw: unknown): Usage | undefined => {
  let sum: Usage | undefined
  for (const model of Object.values(Option.getOrElse(readByModel(raw), () => ({})))) {
    sum = added(sum, {
      inputTokens: model.inputTokens,
      cachedInputTokens: model.cacheReadInputTokens ?? 0,
      outputTokens: model.outputTokens,
      ...(model.cacheCreationInputTokens === undefined ? {} : { cacheWriteTokens: model.cacheCreationInputTokens }),
      ...(model.thinkingTokens === undefined ? {} : { reasoningTokens: model.thinkingTokens }),
      cacheIncluded: false,
      basis: "run",
    })
  }
  return sum
}

const total = (usage: Usage): number =>
  usage.inputTokens + usage.cachedInputTokens + (usage.cacheWriteTokens ?? 0) + usage.outputTokens

const larger = (one: Usage | undefined, other: Usage | undefined): Usage | undefined => {
  if (one === undefined || other === undefined) return one ?? other
  return total(one) > total(other) ? one : other
}

export const absorbResult = (known: ClaudeUsage, line: ResultLine): ClaudeUsage => ({
  turns: added(known.turns, turnOf(line.usage)),
  since: added(known.since, billOf(line.model_usage_since_last_result)),
  // It is empty after a crash.
  billed: larger(billOf(line.modelUsage), known.billed),
  open: undefined,
  request: known.request,
})

/** Takes the usage of an assistant's message; the same again when it tells nothing new. */
export const absorbMessage = (known: ClaudeUsage, id: string | undefined, raw: unknown): ClaudeUsage => {
  const told = turnOf(raw)
  if (id === undefined || id === known.request || told === undefined) return known
  const { reasoningTokens: _, ...counted } = told
  // The number of its output is a placeholder.
  const read = { ...counted, outputTokens: 0 }
  // Messages that the CLI makes up have no request behind them.
  return total(read) === 0 ? known : { ...known, open: added(known.open, read), request: id }
}

/** What the process used at least, in the middle of a turn. */
export const interimOf = (usage: ClaudeUsage, alone: boolean): Usage | undefined =>
  added(billedOf(usage, alone) ?? usage.turns, usage.open)

/**
 * All that the process is billed for so far, where that is more than its turns.
 * @param alone whether what is billed in all is this process's alone.
 */
export const billedOf = ({ billed, since, turns }: ClaudeUsage, alone: boolean): Usage | undefined => {
  const bill = since ?? (alone ? billed : undefined)
  return bill === undefined || (turns !== undefined && total(bill) <= total(turns)) ? undefined : bill
}
