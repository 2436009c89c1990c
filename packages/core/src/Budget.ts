/**
 * How much runs may use: rules, which account each of them looks at, and the decisions at admission and at each usage
 * event. Pure; the accounts are the store's.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  type BudgetAccount,
  committedOf,
  hold,
  isUnknown,
  leftFor,
  release,
  spentOf,
  use,
  type Used,
} from "./BudgetAccount.ts"
import { formatMoney, clampMoney } from "./Money.ts"
import { type ErrorInfo, errorInfo } from "./RunyardError.ts"
import { totalTokens } from "./TokenCount.ts"
import type { Charge } from "./UsageMeter.ts"

/**
 * What is counted. `money`: nano-dollars. `tokens`: of all kinds. `turns`: those that have begun, so that the first one too
 * many is stopped at its start. `wall`: milliseconds that the attempts took.
 */
export const BudgetKind = Schema.Literals(["money", "tokens", "turns", "wall"])
export type BudgetKind = typeof BudgetKind.Type

/** Who shares it: the attempts of one run, the runs of a profile, workspace or tenant, or all runs of the store. */
export const BudgetScope = Schema.Literals(["run", "profile", "workspace", "tenant", "all"])
export type BudgetScope = typeof BudgetScope.Type

export const BudgetRule = Schema.Struct({
  /** Names it in errors and reports. */
  id: Schema.NonEmptyString,
  scope: BudgetScope,
  /** Only for the profile, workspace or tenant of this name. Missing: each has one of this size. */
  subject: Schema.optionalKey(Schema.String),
  kind: BudgetKind,
  /** In the unit of the kind. What is above it is too much. */
  limit: Schema.Natural,
  /** `day`: anew each day. An attempt counts on the day on which it was admitted, to its end. */
  window: Schema.Literals(["total", "day"]),
  /** Of the day. Default: UTC. */
  timeZone: Schema.optionalKey(Schema.String),
  /**
   * What happens to a run whose use is not known, for money one without a price. `allow`: it goes on, what is known counts,
   * and the account says how many were unknown. `stop`: it is not admitted, or stopped when that shows.
   */
  unknown: Schema.Literals(["allow", "stop"]),
})
export type BudgetRule = typeof BudgetRule.Type

/** A rule as it may be kept in a store, for all hosts on it. */
export const StoredBudgetRule = Schema.Struct({
  ...BudgetRule.fields,
  id: Schema.NonEmptyString.check(Schema.isMaxLength(200)),
  subject: Schema.optionalKey(Schema.NonEmptyString.check(Schema.isMaxLength(400))),
  timeZone: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(60))),
})

/** Whether there is a time zone of this name. */
export const isZone = (timeZone: string): boolean => Option.isSome(DateTime.zoneFromString(timeZone))

/** Whose run it is, as far as budgets look at it. */
export interface BudgetSubjects {
  readonly run: string
  readonly profile?: string
  readonly workspace: string
  readonly tenant: string
}

const subjectOf = (scope: BudgetScope, subjects: BudgetSubjects): ReadonlyArray<string> | undefined => {
  switch (scope) {
    case "run":
      return [subjects.run]
    case "profile":
      return subjects.profile === undefined ? undefined : [subjects.tenant, subjects.profile]
    case "workspace":
      return [subjects.tenant, subjects.workspace]
    case "tenant":
      return [subjects.tenant]
    case "all":
      return []
  }
}

const dayOf = (at: number, timeZone: string | undefined): string => {
  const zone = timeZone === undefined ? Option.none() : DateTime.zoneFromString(timeZone)
  const zoned = Option.flatMap(zone, (known) => DateTime.makeZoned(at, { timeZone: known }))
  return Option.match(zoned, {
    onNone: () => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(at)),
    onSome: DateTime.formatIsoDate,
  })
}

/** The account that a run admitted at this instant uses under the rule; undefined when the rule is not about it. */
export const accountKey = (rule: BudgetRule, subjects: BudgetSubjects, admittedAt: number): string | undefined => {
  const subject = subjectOf(rule.scope, subjects)
  if (subject === undefined || (rule.subject !== undefined && rule.subject !== subject.at(-1))) return undefined
  return JSON.stringify([rule.id, ...subject, ...(rule.window === "day" ? [dayOf(admittedAt, rule.timeZone)] : [])])
}

/** Whether runs of this tenant may use the rule, by its name. That of a workspace or profile may be one of any tenant. */
export const isAboutTenant = ({ scope, subject }: Pick<BudgetRule, "scope" | "subject">, tenant: string): boolean =>
  scope !== "tenant" || subject === undefined || subject === tenant

/** What an account's key says: of which rule, whose, and of which day. Undefined for what is no such key. */
export const readKey = (
  key: string,
  rule: BudgetRule,
): { readonly subject: ReadonlyArray<string>; readonly day?: string } | undefined => {
  const parts = Result.getOrUndefined(Result.try((): unknown => JSON.parse(key)))
  if (!Array.isArray(parts) || parts[0] !== rule.id || !parts.every((part) => typeof part === "string"))
    return undefined
  const subject = parts.slice(1)
  const day = rule.window === "day" ? subject.pop() : undefined
  return { subject, ...(day === undefined ? {} : { day }) }
}

/** The day of a rule at an instant, as its accounts name it. */
export const currentDay = ({ timeZone }: BudgetRule, at: number): string => dayOf(at, timeZone)

/** A rule with the account that it looks at. */
export interface BudgetLine {
  readonly rule: BudgetRule
  readonly key: string
  readonly account: BudgetAccount
}

/** An amount for people, in the unit of its kind. */
export const amountText = (kind: BudgetKind, amount: number): string =>
  kind === "money"
    ? formatMoney(clampMoney(amount))
    : kind === "wall"
      ? `${Math.ceil(amount / 1000)} s`
      : `${amount} ${kind}`

const overdrawn = ({ account, rule }: BudgetLine, spent: number, why: string): ErrorInfo =>
  errorInfo("POLICY_BUDGET", {
    message: `The budget "${rule.id}" ${why}: ${amountText(rule.kind, spent)} of ${amountText(rule.kind, rule.limit)}`,
    detail: {
      budget: rule.id,
      scope: rule.scope,
      kind: rule.kind,
      window: rule.window,
      limit: rule.limit,
      spent,
      unknown: account.unknown,
    },
  })

const unknownUse = ({ rule }: BudgetLine): ErrorInfo =>
  errorInfo("POLICY_BUDGET_UNKNOWN", { detail: { budget: rule.id, scope: rule.scope, kind: rule.kind } })

/** What budgets want to know of a run that is to be admitted or executed, as it stands in its log. */
export const BudgetPlan = Schema.Struct({
  /** The rules that are about it, each with its account. */
  lines: Schema.Array(Schema.Struct({ rule: BudgetRule, key: Schema.String })),
  /** What is set aside for it, by kind. */
  estimate: Schema.Struct({
    money: Schema.optionalKey(Schema.Natural),
    tokens: Schema.optionalKey(Schema.Natural),
    turns: Schema.optionalKey(Schema.Natural),
    wall: Schema.optionalKey(Schema.Natural),
  }),
  /** Whether its cost will be known: its CLI tells it, or the price of its model is known. */
  priced: Schema.Boolean,
}).annotate({ identifier: "BudgetPlan" })
export type BudgetPlan = typeof BudgetPlan.Type

/** What an attempt is expected to use, by kind; what is missing is expected to be nothing, and only what is left counts. */
export type Estimate = { readonly [K in BudgetKind]?: number }

/**
 * Sets aside what an attempt is expected to use, in all accounts or in none. Fails with the first rule, in the order
 * given, that has nothing left or too little. Sending it again for an attempt that has its reservation changes nothing.
 */
export const reserve = (
  lines: ReadonlyArray<BudgetLine>,
  holder: string,
  estimate: Estimate,
  priced: boolean,
): Result.Result<ReadonlyArray<BudgetLine>, ErrorInfo> => {
  for (const line of lines) {
    const { account, rule } = line
    if (Object.hasOwn(account.open, holder)) continue
    if (rule.kind === "money" && !priced && rule.unknown === "stop") return Result.fail(unknownUse(line))
    const committed = committedOf(account)
    if (committed >= rule.limit) return Result.fail(overdrawn(line, committed, "is used up or set aside"))
    if (committed + (estimate[rule.kind] ?? 0) > rule.limit) {
      return Result.fail(overdrawn(line, committed, "has less left than the run may need"))
    }
  }
  return Result.succeed(
    lines.map((line) => ({ ...line, account: hold(line.account, holder, estimate[line.rule.kind] ?? 0) })),
  )
}

/** What an attempt used in all, so far. */
export interface Consumption {
  readonly charge: Charge
  readonly turns: number
  readonly wallMillis: number
}

/** What of it counts for a budget of this kind. */
export const usedOf = (kind: BudgetKind, { charge, turns, wallMillis }: Consumption): Used => {
  switch (kind) {
    case "money":
      return { amount: charge.money ?? 0, whole: charge.money !== undefined }
    case "tokens":
      return {
        amount: totalTokens(charge.tokens),
        whole: charge.tokensAre === "exact" || charge.tokensAre === "at_most",
      }
    case "turns":
      return { amount: turns, whole: true }
    case "wall":
      return { amount: wallMillis, whole: true }
  }
}

/** Whether the attempt has to be stopped now, by this rule. */
const breach = (line: BudgetLine, holder: string): ErrorInfo | undefined => {
  const { account, rule } = line
  const spent = spentOf(account)
  if (spent > rule.limit) return overdrawn(line, spent, "is used up")
  return rule.unknown === "stop" && isUnknown(account, holder) ? unknownUse(line) : undefined
}

/**
 * Takes what an attempt has used until now, with each of its usage events, and says at once whether it has to stop. A
 * budget that others have overdrawn stops it too.
 */
export const settle = (
  lines: ReadonlyArray<BudgetLine>,
  holder: string,
  consumption: Consumption,
): { readonly lines: ReadonlyArray<BudgetLine>; readonly breach: ErrorInfo | undefined } => {
  const next = lines.map((line) => ({
    ...line,
    account: use(line.account, holder, usedOf(line.rule.kind, consumption)),
  }))
  return { lines: next, breach: breachOf(next, holder) }
}

/** Why an attempt has to stop now: the first of its rules that is broken. Undefined when it may go on. */
export const breachOf = (lines: ReadonlyArray<BudgetLine>, holder: string): ErrorInfo | undefined => {
  let found: ErrorInfo | undefined
  for (const line of lines) found ??= breach(line, holder)
  return found
}

/** Why an attempt that has used nothing must not begin: the first of its rules that leaves it nothing. */
export const exhaustedOf = (lines: ReadonlyArray<BudgetLine>, holder: string): ErrorInfo | undefined => {
  const line = lines.find(({ account, rule }) => leftFor(account, rule.limit, holder) === 0)
  return line === undefined ? undefined : overdrawn(line, committedOf(line.account), "is used up or set aside")
}

/** The end of an attempt: its use is settled and the rest of its reservation is free. */
export const close = (lines: ReadonlyArray<BudgetLine>, holder: string): ReadonlyArray<BudgetLine> =>
  lines.map((line) => ({ ...line, account: release(line.account, holder) }))

/** What an attempt may still use by the tightest of its rules: for the CLI's own caps, as a second line of defence. */
export const remaining = (lines: ReadonlyArray<BudgetLine>, holder: string): Estimate => {
  const left: { [K in BudgetKind]?: number } = {}
  for (const { account, rule } of lines) {
    left[rule.kind] = Math.min(left[rule.kind] ?? Number.MAX_SAFE_INTEGER, leftFor(account, rule.limit, holder))
  }
  return left
}
