/** Which budgets are about a run: those of its host, and those that its request asks for. Pure. */
import { accountKey, type BudgetPlan, type BudgetRule } from "./Budget.ts"
import type { HostSettings } from "./HostSettings.ts"
import { fromUsd } from "./Money.ts"
import { priceOf, type PriceTable } from "./PriceTable.ts"
import { workspaceOf } from "./QueueEntry.ts"
import type { Run, RunBudget } from "./Run.ts"

/** The limits of a request, as rules for this one run. */
const requested = (budget: RunBudget, byDefault: BudgetRule["unknown"]): ReadonlyArray<BudgetRule> => {
  const unknown = budget.unknownCost ?? byDefault
  const rule = (id: string, kind: BudgetRule["kind"], limit: number | undefined): ReadonlyArray<BudgetRule> =>
    limit === undefined ? [] : [{ id: `request.${id}`, scope: "run", kind, limit, window: "total", unknown }]
  return [
    ...rule("maxCostUsd", "money", budget.maxCostUsd === undefined ? undefined : fromUsd(budget.maxCostUsd)),
    ...rule("maxTokens", "tokens", budget.maxTokens),
    ...rule("maxTurns", "turns", budget.maxTurns),
  ]
}

/** What a request says that it may use is set aside for it in the budgets that it shares with others. */
const estimateOf = ({ maxCostUsd, maxTokens, maxTurns }: RunBudget): BudgetPlan["estimate"] => {
  const money = maxCostUsd === undefined ? undefined : fromUsd(maxCostUsd)
  return {
    ...(money === undefined ? {} : { money }),
    ...(maxTokens === undefined ? {} : { tokens: maxTokens }),
    ...(maxTurns === undefined ? {} : { turns: maxTurns }),
  }
}

/** The rules of a host with those of the store, which come in place of its own that have their names. */
export const rulesInForce = (
  own: ReadonlyArray<BudgetRule>,
  stored: ReadonlyArray<BudgetRule> = [],
): ReadonlyArray<BudgetRule> => [...own.filter(({ id }) => !stored.some((rule) => rule.id === id)), ...stored]

export interface BudgetQuestion {
  readonly run: Pick<Run, "id" | "request" | "scope">
  readonly settings: Pick<HostSettings, "budgets" | "unknownCost">
  /** What was decided for the whole store. */
  readonly stored: ReadonlyArray<BudgetRule> | undefined
  readonly prices: PriceTable
  /** Whether the CLI tells what it cost. */
  readonly reportsCost: boolean
  /** When it is admitted, in milliseconds since the epoch: says which day's budgets it uses. */
  readonly at: number
}

/** Undefined when no budget is about the run. The tightest scope comes first, so that its name is in the refusal. */
export const planOf = ({ at, prices, reportsCost, run, settings, stored }: BudgetQuestion): BudgetPlan | undefined => {
  const { budget = {}, model, profile } = run.request
  const { tenant, workspace } = workspaceOf(run)
  const subjects = { run: run.id, tenant, workspace, ...(profile === undefined ? {} : { profile }) }
  const lines = [...requested(budget, settings.unknownCost), ...rulesInForce(settings.budgets, stored)].flatMap(
    (rule) => {
      const key = accountKey(rule, subjects, at)
      return key === undefined ? [] : [{ rule, key }]
    },
  )
  if (lines.length === 0) return undefined
  const priced = reportsCost || (model !== undefined && priceOf(prices, model) !== undefined)
  return { lines, estimate: estimateOf(budget), priced }
}
