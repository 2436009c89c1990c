/** What a person, or a program, does to budgets: set them for the whole store, and look at what is left of them. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { AdapterRegistry } from "../AdapterRegistry.ts"
import { type BudgetRule, currentDay, readKey } from "../Budget.ts"
import { committedOf, leftFor, spentOf } from "../BudgetAccount.ts"
import type { BudgetReport, BudgetUse } from "../BudgetReport.ts"
import { planOf, rulesInForce } from "../BudgetRules.ts"
import type { HostSettings } from "../HostSettings.ts"
import type { PriceTable } from "../PriceTable.ts"
import type { Run } from "../Run.ts"
import type { BudgetState } from "../RunExplanation.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { RunQueue } from "../RunQueue.ts"
import { holderOf } from "../UsageBook.ts"
import type { UsageLedger } from "../UsageLedger.ts"
import type { Actor, QueueDesk } from "./queueDesk.ts"

export interface BudgetDesk {
  /** The rules that are in force here, with what is used of each. Those of the store come last. */
  readonly list: Effect.Effect<ReadonlyArray<BudgetReport>, RunyardError>
  /**
   * Keeps a rule for all programs on the store, in place of one with its id. It counts for submits and attempts from here
   * on, and within about 0.3 s for attempts under way, on whichever host: what those have used until then counts, and one that
   * has used too much is stopped. What was used under that id before still counts. Fails with `QUEUE_REQUEST_INVALID`.
   */
  readonly set: (rule: unknown, actor: Actor) => Effect.Effect<void, RunyardError>
  /** From here on it is as each program's settings say. Fails with `QUEUE_BUDGET_NOT_FOUND`. */
  readonly remove: (id: string, actor: Actor) => Effect.Effect<void, RunyardError>
}

interface Options {
  readonly settings: HostSettings
  readonly prices: PriceTable
  readonly registry: AdapterRegistry["Service"]
  readonly queue: Pick<RunQueue["Service"], "control">
  readonly ledger: UsageLedger["Service"]
  readonly decide: QueueDesk["decide"]
}

/** What the budgets of a run have left, as its attempt sees it that is under way or comes next. */
export const budgetsOf =
  ({ ledger, prices, queue, registry, settings }: Omit<Options, "decide">) =>
  (run: Run): Effect.Effect<ReadonlyArray<BudgetState>, RunyardError> =>
    Effect.gen(function* () {
      const at = yield* Clock.currentTimeMillis
      const reportsCost = registry.all.some(
        (adapter) => adapter.provider === run.request.provider && adapter.reportsCost === true,
      )
      const stored = (yield* queue.control).budgets
      const plan = planOf({ run, settings, stored, prices, reportsCost, at })
      if (plan === undefined) return []
      const isLive = run.state === "starting" || run.state === "running"
      const attempt = isLive ? run.attempts.length : run.attempts.length === 0 ? 0 : run.attempts.length + 1
      const keys = plan.lines.map(({ key }) => key)
      const accounts = yield* ledger.accounts(run.id, attempt, keys)
      return plan.lines.flatMap(({ rule }, index): ReadonlyArray<BudgetState> => {
        const account = accounts[index]
        if (account === undefined) return []
        const { id, kind, limit, scope, window } = rule
        const left = leftFor(account, limit, holderOf(run.id, attempt))
        return [
          { budget: id, scope, kind, window, limit, spent: spentOf(account), committed: committedOf(account), left },
        ]
      })
    })

export const budgetDesk = ({ decide, ledger, queue, settings }: Options): BudgetDesk => {
  const reportOf = Effect.fnUntraced(function* (rule: BudgetRule, from: BudgetReport["from"], at: number) {
    const day = rule.window === "day" ? currentDay(rule, at) : undefined
    const books = yield* ledger.books(rule.id)
    const uses = books.flatMap(({ committed, key, spent, unknown }): ReadonlyArray<BudgetUse> => {
      const read = readKey(key, rule)
      if (read === undefined || read.day !== day) return []
      return [{ subject: read.subject, spent, aside: committed - spent, unknown }]
    })
    return { rule, from, uses, ...(day === undefined ? {} : { day }) }
  })

  return {
    list: Effect.gen(function* () {
      const at = yield* Clock.currentTimeMillis
      const { budgets: stored = [] } = yield* queue.control
      return yield* Effect.forEach(rulesInForce(settings.budgets, stored), (rule) =>
        reportOf(rule, stored.includes(rule) ? "store" : "host", at),
      )
    }),
    set: (rule, actor) => Effect.asVoid(decide({ kind: "budget", rule }, actor)),
    remove: (id, actor) => Effect.asVoid(decide({ kind: "noBudget", id }, actor)),
  }
}
