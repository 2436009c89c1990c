/** The ledger of a store: what each attempt used, and what budgets have left. Written only with the events that tell it. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { BudgetAccount } from "./BudgetAccount.ts"
import type { LedgerEntry, LedgerGrouping, LedgerSum } from "./LedgerEntry.ts"
import type { RunId } from "./Run.ts"
import type { RunyardError } from "./RunyardError.ts"

/** Which attempts; all that are given must hold. */
export interface LedgerFilter {
  readonly run?: RunId
  readonly provider?: string
  readonly tenant?: string
  readonly workspace?: string
  readonly actor?: string
  /** Started at this instant or later, in milliseconds since the epoch. */
  readonly since?: number
  /** Started before. */
  readonly until?: number
}

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
