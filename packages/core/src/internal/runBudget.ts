/** The budgets of one attempt, while it is executed: whether it may begin, what it may use, and when it has to stop. */
import * as Effect from "effect/Effect"
import type { SpendingCaps, Verdict } from "../Adapter.ts"
import * as Budget from "../Budget.ts"
import type { TimelessDraft } from "../EventDraft.ts"
import { clampMoney, toUsd } from "../Money.ts"
import type { Run } from "../Run.ts"
import { type ErrorInfo, errorInfo, type RunyardError } from "../RunyardError.ts"
import type { TimeLimits } from "../TimeLimits.ts"
import { holderOf } from "../UsageBook.ts"
import type { UsageLedger } from "../UsageLedger.ts"

export interface RunBudget {
  /** Why it must not begin; undefined when something is left of every budget. */
  readonly exhausted: Effect.Effect<ErrorInfo | undefined, RunyardError>
  /** What is left for it by the tightest of its budgets, as far as a CLI may know a cap for it. */
  readonly caps: Effect.Effect<SpendingCaps, RunyardError>
  /** The same of the time that it may take. */
  readonly narrow: (limits: TimeLimits) => Effect.Effect<TimeLimits, RunyardError>
  /** Why it has to stop after these events, which are stored. */
  readonly breach: (drafts: ReadonlyArray<TimelessDraft>) => Effect.Effect<ErrorInfo | undefined, RunyardError>
  /** The verdict with our reason where the CLI stopped at a cap that was ours. */
  readonly judged: (verdict: Verdict) => Effect.Effect<Verdict, RunyardError>
}

/** Of an attempt that no budget is about. */
const free: RunBudget = {
  exhausted: Effect.undefined,
  caps: Effect.succeed({}),
  narrow: Effect.succeed,
  breach: () => Effect.undefined,
  judged: Effect.succeed,
}

/** Whether budgets look different after it. */
const tellsUse = ({ type }: TimelessDraft): boolean => type === "run.usage" || type === "agent.turn_started"

const kindOfCap = (error: ErrorInfo | undefined): Budget.BudgetKind | undefined => {
  if (error?.code === "CLI_BUDGET_EXCEEDED") return "money"
  return error?.code === "CLI_MAX_TURNS" ? "turns" : undefined
}

/** @param plan as it stands in the event that claimed the attempt. */
export const runBudget = (
  ledger: UsageLedger["Service"],
  run: Pick<Run, "id">,
  attempt: number,
  plan: Budget.BudgetPlan | undefined,
): RunBudget => {
  if (plan === undefined) return free
  const holder = holderOf(run.id, attempt)
  const keys = plan.lines.map(({ key }) => key)
  const lines = Effect.map(ledger.accounts(run.id, attempt, keys), (accounts) =>
    plan.lines.flatMap((line, index): ReadonlyArray<Budget.BudgetLine> => {
      const account = accounts[index]
      return account === undefined ? [] : [{ ...line, account }]
    }),
  )
  const breach = Effect.map(lines, (found) => Budget.breachOf(found, holder))
  const left = Effect.map(lines, (found) => Budget.remaining(found, holder))

  return {
    exhausted: Effect.map(lines, (found) => Budget.exhaustedOf(found, holder)),
    caps: Effect.map(left, ({ money, turns }) => ({
      ...(money === undefined ? {} : { maxCostUsd: toUsd(clampMoney(money)) }),
      ...(turns === undefined ? {} : { maxTurns: turns }),
    })),
    narrow: (limits) =>
      Effect.map(left, ({ wall }) =>
        wall === undefined ? limits : { ...limits, wallMillis: Math.min(limits.wallMillis || Infinity, wall) },
      ),
    breach: (drafts) => (drafts.some(tellsUse) ? breach : Effect.undefined),
    judged: Effect.fnUntraced(function* (verdict) {
      const kind = kindOfCap(verdict.error)
      const rule = plan.lines.find((line) => line.rule.kind === kind)?.rule
      if (rule === undefined) return verdict
      const known = yield* breach
      const error =
        known ??
        errorInfo("POLICY_BUDGET", {
          message: `The budget "${rule.id}" is used up: the agent CLI stopped at the cap that it was given`,
          detail: { budget: rule.id, scope: rule.scope, kind: rule.kind, window: rule.window, limit: rule.limit },
        })
      return { ...verdict, error }
    }),
  }
}
