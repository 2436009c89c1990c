/** The ledger of a store: what each attempt used, and what budgets have left. Written only with the events that tell it. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { BudgetAccount } from "./BudgetAccount.ts"
import type { LedgerEntry, LedgerGrouping, LedgerSum } from "./LedgerEntry.ts"
import type { RunId } from "./Run.ts"
import type { AccountSums } from "./UsageBook.ts"
import type { RunyardError } from "./RunyardError.ts"

/** Which attempts; all that are given must hold. */
export interface LedgerFilter {
  readonly run?: RunId
  readonly provider?: string
  readonly platform?: string
  readonly tenant?: string
  readonly workspace?: string
  readonly actor?: string
  /** Started at this instant or later, in milliseconds since the epoch. */
  readonly since?: number
  /** Started before. */
  readonly until?: number
}

/** What one account of a budget has given out. */
export interface BudgetBook extends AccountSums {
  /** As `Budget.accountKey` names it. */
  readonly key: string
}

/** Accounts of one budget that are told. */
export const maxBooks = 1_000

/** The start of the keys of one budget's accounts. */
export const bookPrefix = (budget: string): string => JSON.stringify([budget]).slice(0, -1)

export const defaultEntryLimit = 1_000
export const maxEntryLimit = 10_000

export class UsageLedger extends Context.Service<
  UsageLedger,
  {
    /**
     * One entry for each attempt whose process was started, newest first.
     * @param limit at most. Default: 1,000; never more than 10,000.
     */
    readonly entries: (filter: LedgerFilter, limit?: number) => Effect.Effect<ReadonlyArray<LedgerEntry>, RunyardError>
    /** Sums of all of them, in the order of their keys. @param timeZone of days. Default: UTC. */
    readonly sums: (
      by: LedgerGrouping,
      filter: LedgerFilter,
      timeZone?: string,
    ) => Effect.Effect<ReadonlyArray<LedgerSum>, RunyardError>
    /** The accounts of one budget, by the id of its rule: up to 1,000, the newest days first. */
    readonly books: (budget: string) => Effect.Effect<ReadonlyArray<BudgetBook>, RunyardError>
    /**
     * Budget accounts as one attempt sees them: with its own part by `UsageBook.holderOf`, and those of all others as sums. In
     * the order of the keys; one that nobody has used is empty.
     */
    readonly accounts: (
      run: RunId,
      attempt: number,
      keys: ReadonlyArray<string>,
    ) => Effect.Effect<ReadonlyArray<BudgetAccount>, RunyardError>
  }
>()("@runyard/core/UsageLedger") {}
