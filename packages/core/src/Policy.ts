/** Which flags of a CLI a run may use: data that an adapter brings, and how a command line is read by it. Pure. */
import * as Schema from "effect/Schema"
import { describeValue, type FlagValue, isFlagValue } from "./FlagValue.ts"

/**
 * `allowed`: curated, any request may lead to it. `advanced`: takes away a limit of the agent, so that the administrator of
 * the host must have allowed such things. `denied`: no request leads to it.
 */
export const FlagDecision = Schema.Literals(["allowed", "advanced", "denied"])
export type FlagDecision = typeof FlagDecision.Type

export interface FlagRule {
  readonly decision: FlagDecision
  /** Which field of a request gives it, or why it is not to be had. */
  readonly reason: string
  /** What its value must be. Missing, which only a flag that is denied may have: nothing is a value of it. */
  readonly value?: FlagValue
  /** Values that are `advanced` though the flag is allowed. A regular expression is for values with a key before them. */
  readonly advancedValues?: RegExp
}

/** By the long name of the flag. What is not in it is denied. */
export type FlagRules = Readonly<Record<string, FlagRule>>

/** A decision with its reason, for people. */
export interface Decided {
  readonly flag: string
  readonly decision: FlagDecision
  readonly reason: string
}

const unknown = "This version of Runyard does not know it"

const ruleOf = (rules: FlagRules, flag: string): FlagRule | undefined =>
  Object.hasOwn(rules, flag) ? rules[flag] : undefined

/** What becomes of a flag, whatever its value may be. */
export const decideFlag = (rules: FlagRules, flag: string): Decided => {
  const rule = ruleOf(rules, flag)
  return rule === undefined
    ? { flag, decision: "denied", reason: unknown }
    : { flag, decision: rule.decision, reason: rule.reason }
}

/** A flag on a command line; without a value where it stands alone. */
export interface UsedFlag {
  readonly flag: string
  readonly value?: string
}

/** What becomes of a flag with the value that it has on a command line. */
export const decideUse = (rules: FlagRules, { flag, value }: UsedFlag): Decided => {
  const rule = ruleOf(rules, flag)
  const decided = decideFlag(rules, flag)
  if (rule === undefined || rule.decision === "denied") return decided
  if (value !== undefined && rule.advancedValues?.test(value) === true) {
    return { flag, decision: "advanced", reason: "This value takes away a limit of the agent" }
  }
  const schema = rule.value ?? { kind: "none" }
  if (isFlagValue(schema, value)) return decided
  return { flag, decision: "denied", reason: `It takes ${describeValue(schema)}` }
}

export interface CommandLine {
  readonly flags: ReadonlyArray<UsedFlag>
  /** What stands for itself: a subcommand, a session id, a lone dash for stdin. */
  readonly words: ReadonlyArray<string>
}

/**
 * Reads a command line as its CLI would: a value stands behind `=`, or as the next argument of a flag that takes one. What
 * begins with a dash is never such a value: CLIs differ in what they take it for. Behind `--` are words alone.
 */
export const readCommandLine = (rules: FlagRules, args: ReadonlyArray<string>): CommandLine => {
  const flags: Array<UsedFlag> = []
  const words: Array<string> = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ""
    if (arg === "--") return { flags, words: [...words, ...args.slice(index + 1)] }
    if (arg === "-" || !arg.startsWith("-")) {
      words.push(arg)
      continue
    }
    const at = arg.indexOf("=")
    if (at > 0) {
      flags.push({ flag: arg.slice(0, at), value: arg.slice(at + 1) })
      continue
    }
    const next = args[index + 1]
    const schema = ruleOf(rules, arg)?.value
    const takesNext = schema !== undefined && schema.kind !== "none" && next !== undefined && !next.startsWith("-")
    flags.push(takesNext ? { flag: arg, value: next } : { flag: arg })
    if (takesNext) index++
  }
  return { flags, words }
}
