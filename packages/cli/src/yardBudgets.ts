/** The budgets of the store, as promises. */
import { type Actor, type Budget, type BudgetReport, Runyard, type RunyardError } from "@runyard/core"
import type * as Effect from "effect/Effect"

/** Budgets of all programs on the store, and what is left of them. */
export interface YardBudgets {
  /** The rules that are in force here, with what is used of each. */
  readonly list: () => Promise<ReadonlyArray<BudgetReport>>
  /** Keeps a rule for all programs on the store, in place of one with its id. Rejects with `QUEUE_REQUEST_INVALID`. */
  readonly set: (rule: Budget.BudgetRule, actor?: Partial<Actor>) => Promise<void>
  /** From here on it is as each program's settings say. Rejects with `QUEUE_BUDGET_NOT_FOUND`. */
  readonly remove: (id: string, actor?: Partial<Actor>) => Promise<void>
}

const byUser = (actor: Partial<Actor> = {}): Actor => ({ by: "user", ...actor })

export const yardBudgets = (call: <A>(effect: Effect.Effect<A, RunyardError, Runyard>) => Promise<A>): YardBudgets => ({
  list: () => call(Runyard.use((yard) => yard.budgets.list)),
  set: (rule, actor) => call(Runyard.use((yard) => yard.budgets.set(rule, byUser(actor)))),
  remove: (id, actor) => call(Runyard.use((yard) => yard.budgets.remove(id, byUser(actor)))),
})
