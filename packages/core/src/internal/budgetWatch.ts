/** Looks for what may stop attempts by their budgets: one look at the store for all that this host executes. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { spentOf } from "../BudgetAccount.ts"
import type { RunId } from "../Run.ts"
import type { RunQueue } from "../RunQueue.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { UsageLedger } from "../UsageLedger.ts"

/** How often it is looked whether budgets have changed, or somebody has used them. */
const lookEvery = "250 millis"

/** An attempt that is held to budgets. */
export interface Budgeted {
  readonly runId: RunId
  /** How many looks there had been when it last asked which rules count for it, and was answered. */
  readonly askedAt: () => number
  /** The accounts that others use, too. */
  readonly shared: () => ReadonlyArray<string>
  /** Whether it may have to stop, now that so much is used of these accounts. Asks nobody. */
  readonly isOver: (spent: ReadonlyMap<string, number>) => Effect.Effect<boolean>
}

export interface BudgetWatch {
  /** Goes on for ever, and asks nothing while no attempt is held. Never fails: a store that cannot tell now is asked again. */
  readonly loop: Effect.Effect<never>
  /** How many looks there have been. */
  readonly looks: () => number
  /**
   * Has an attempt ask the store itself whenever other rules may count for it, or it may have to stop; again with each look
   * until it has done so. Until it is interrupted.
   */
  readonly hold: (attempt: Budgeted, ask: Effect.Effect<void>) => Effect.Effect<never>
}

interface Options {
  readonly queue: Pick<RunQueue["Service"], "control">
  readonly ledger: Pick<UsageLedger["Service"], "accounts">
}

export const budgetWatch = ({ ledger, queue }: Options): BudgetWatch => {
  const held = new Map<Budgeted, Latch.Latch>()
  const isNeeded = Latch.makeUnsafe(false)
  let looks = 0
  /** The rules of the store, and the look that found them. */
  let rules = { text: "", since: 0 }

  const spentNow = Effect.fnUntraced(function* (): Effect.fn.Return<ReadonlyMap<string, number>, RunyardError> {
    const keys = [...new Set([...held.keys()].flatMap((attempt) => attempt.shared()))]
    const [any] = held.keys()
    // A run has no part in accounts before its first attempt but while it waits, so this is what all use.
    const accounts = any === undefined || keys.length === 0 ? [] : yield* ledger.accounts(any.runId, 0, keys)
    return new Map(accounts.map((account, index) => [keys[index] ?? "", spentOf(account)]))
  })

  const look = Effect.gen(function* () {
    const now = looks + 1
    const { budgets = [] } = yield* queue.control
    const text = JSON.stringify(budgets)
    if (text !== rules.text) rules = { text, since: now }
    const spent = yield* spentNow()
    looks = now
    for (const [attempt, told] of held) {
      if (attempt.askedAt() < rules.since || (yield* attempt.isOver(spent))) told.openUnsafe()
    }
  }).pipe(Effect.ignoreCause({ log: "Debug", message: "It could not be looked whether budgets have changed" }))

  return {
    loop: Effect.gen(function* () {
      for (;;) {
        isNeeded.closeUnsafe()
        if (held.size === 0) yield* isNeeded.await
        yield* Effect.sleep(lookEvery)
        yield* look
      }
    }),
    looks: () => looks,
    hold: (attempt, ask) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const told = Latch.makeUnsafe(false)
          held.set(attempt, told)
          isNeeded.openUnsafe()
          return told
        }),
        (told) =>
          Effect.gen(function* () {
            for (;;) {
              yield* told.await
              told.closeUnsafe()
              yield* ask
            }
          }),
        () => Effect.sync(() => void held.delete(attempt)),
      ),
  }
}
