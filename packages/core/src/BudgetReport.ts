/** What is left of a budget, as people and programs are told. Pure. */
import * as Schema from "effect/Schema"
import { BudgetRule, isAboutTenant } from "./Budget.ts"
import type { Tenant } from "./Run.ts"

/** One account of a budget: whose, and what is used of it. Amounts are in the unit of the rule's kind. */
export const BudgetUse = Schema.Struct({
  /** The tenant, and below it the workspace or profile; the run; empty for a budget of all. */
  subject: Schema.Array(Schema.String),
  spent: Schema.Finite,
  /** Set aside for runs that wait or are executed, beyond what they have used. */
  aside: Schema.Finite,
  /** Attempts that used more than is known. */
  unknown: Schema.Natural,
})
export type BudgetUse = typeof BudgetUse.Type

export const BudgetReport = Schema.Struct({
  rule: BudgetRule,
  /** `store`: for every program on it. `host`: by this program's settings. */
  from: Schema.Literals(["store", "host"]),
  /** Of a budget of days: the one that is under way. */
  day: Schema.optionalKey(Schema.String),
  /** Those that somebody has used, up to 1,000. */
  uses: Schema.Array(BudgetUse),
}).annotate({ identifier: "BudgetReport" })
export type BudgetReport = typeof BudgetReport.Type

/**
 * What one tenant may know of a budget: the rule, and what is used of its own part. Undefined for a budget of another one.
 * What all tenants use together, or a run whose tenant the account does not say, is not told.
 */
export const reportFor = (report: BudgetReport, { tenant }: Tenant): BudgetReport | undefined => {
  const { rule, uses } = report
  if (!isAboutTenant(rule, tenant)) return undefined
  const isNamed = rule.scope === "tenant" || rule.scope === "workspace" || rule.scope === "profile"
  return { ...report, uses: isNamed ? uses.filter(({ subject }) => subject[0] === tenant) : [] }
}
