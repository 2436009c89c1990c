/** Which flags of a CLI a run may use: data that an adapter brings, and the one place that decides by it. Pure. */
import { type RunyardError, runyardError } from "./RunyardError.ts"

/**
 * `allowed`: curated, any request may lead to it. `advanced`: takes away a limit of the agent, so that the administrator of
 * the host must have allowed such things. `denied`: no request leads to it.
 */
export type FlagDecision = "allowed" | "advanced" | "denied"

export interface FlagRule {
  readonly decision: FlagDecision
  /** Which field of a request gives it, or why it is not to be had. */
  readonly reason: string
  /** Values, other than which none is allowed. Missing: any. */
  readonly values?: ReadonlyArray<string>
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

export const decideFlag = (rules: FlagRules, flag: string, value?: string): Decided => {
  const rule = Object.hasOwn(rules, flag) ? rules[flag] : undefined
  if (rule === undefined) return { flag, decision: "denied", reason: unknown }
  if (value !== undefined && rule.decision !== "denied") {
    if (rule.advancedValues?.test(value) === true) {
      return { flag, decision: "advanced", reason: "This value takes away a limit of the agent" }
    }
    if (rule.values !== undefined && !rule.values.includes(value)) {
      return { flag, decision: "denied", reason: `It takes ${rule.values.join(", ")}` }
    }
  }
  return { flag, decision: rule.decision, reason: rule.reason }
}

/** The flags of a command line with their values, up to `--`. A lone dash is no flag: it stands for stdin. */
export const flagsIn = (
  args: ReadonlyArray<string>,
): ReadonlyArray<{ readonly flag: string; readonly value?: string }> => {
  const end = args.indexOf("--")
  const own = end < 0 ? args : args.slice(0, end)
  return own.flatMap((arg, index) => {
    if (!arg.startsWith("-") || arg === "-") return []
    const at = arg.indexOf("=")
    if (at > 0) return [{ flag: arg.slice(0, at), value: arg.slice(at + 1) }]
    const next = own[index + 1]
    return [{ flag: arg, ...(next === undefined || next.startsWith("-") ? {} : { value: next }) }]
  })
}

/**
 * What the rules say of a whole command line: the error that refuses it, or the advanced flags that it uses. An adapter that
 * would build a flag that nobody has decided about gets no further than this.
 */
export const judgeArgs = (
  rules: FlagRules,
  args: ReadonlyArray<string>,
  advanced: boolean,
): { readonly refused: RunyardError } | { readonly advanced: ReadonlyArray<string> } => {
  const decided = flagsIn(args).map(({ flag, value }) => decideFlag(rules, flag, value))
  const denied = decided.find(({ decision }) => decision === "denied")
  if (denied !== undefined) {
    return {
      refused: runyardError("POLICY_NOT_ALLOWED", {
        message: `The policy denies ${denied.flag}: ${denied.reason}`,
        detail: { flag: denied.flag },
      }),
    }
  }
  const dangerous = decided.filter(({ decision }) => decision === "advanced").map(({ flag }) => flag)
  const [first] = dangerous
  if (first !== undefined && !advanced) {
    return {
      refused: runyardError("POLICY_DANGEROUS", {
        message: `${first} takes away a limit of the agent, and this host does not allow that`,
        detail: { flag: first },
      }),
    }
  }
  return { advanced: [...new Set(dangerous)] }
}
