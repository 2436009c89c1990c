/** Holds one attempt to what its policies say of turns and money, by what its events tell. */
import * as Effect from "effect/Effect"
import type { Sourced } from "../CliRules.ts"
import type { TimelessDraft } from "../EventDraft.ts"
import type { LedgerEntry } from "../LedgerEntry.ts"
import { type NanoUsd, toUsd } from "../Money.ts"
import { costOf, type PriceTable } from "../PriceTable.ts"
import type { Run } from "../Run.ts"
import { type ErrorInfo, errorInfo, type RunyardError } from "../RunyardError.ts"
import type { UsageLedger } from "../UsageLedger.ts"
import { agentSteps } from "./agentSteps.ts"

/** What the policies leave one attempt, as far as it is ours to see. */
export interface PolicyCaps {
  /** Missing where they are not ours to count. */
  readonly maxTurns?: Sourced<number>
  readonly maxCostUsd?: Sourced<number>
}

const remedy = "Raise the limit in that policy, or give the run less to do."

const overTurns = ({ source, value }: Sourced<number>, spent: number): ErrorInfo =>
  errorInfo("POLICY_BUDGET", {
    message: `The policy of ${source} allows ${value} turns, and the agent has begun another one`,
    remedy,
    detail: { rule: "maxTurns", source, limit: value, spent },
  })

const overCost = ({ source, value }: Sourced<number>, spent: number): ErrorInfo =>
  errorInfo("POLICY_BUDGET", {
    message: `The policy of ${source} allows ${value} dollars, and the attempt has used ${spent}`,
    remedy,
    detail: { rule: "maxCostUsd", source, limit: value, spent },
  })

/** What it has cost so far: as it is known, or at least, by the price of the model for the tokens that were told. */
const costSoFar = ({ charge, model }: LedgerEntry, prices: PriceTable): NanoUsd | undefined =>
  charge.money ?? (model === undefined ? undefined : costOf(prices, model, charge.tokens))

/**
 * Why the attempt has to stop after these events, which the ledger knows; undefined when it may go on. What the ledger could not
 * tell is asked for with the next call, also one without events.
 */
export const policyCaps = (
  ledger: UsageLedger["Service"],
  run: Pick<Run, "id">,
  attempt: number,
  { maxCostUsd, maxTurns }: PolicyCaps,
  prices: PriceTable,
): ((drafts: ReadonlyArray<TimelessDraft>) => Effect.Effect<ErrorInfo | undefined, RunyardError>) => {
  if (maxTurns === undefined && maxCostUsd === undefined) return () => Effect.undefined
  const steps = agentSteps()
  /** Whether something was used that the ledger was not asked for. */
  let isOwed = false
  return Effect.fnUntraced(function* (drafts) {
    if (maxTurns !== undefined) {
      let turns = 0
      for (const item of drafts) turns = steps.read(item)
      if (turns > maxTurns.value) return overTurns(maxTurns, turns)
    }
    if (maxCostUsd === undefined) return undefined
    isOwed ||= drafts.some(({ type }) => type === "run.usage")
    if (!isOwed) return undefined
    const entries = yield* ledger.entries({ run: run.id })
    isOwed = false
    const entry = entries.find((each) => each.attempt === attempt)
    const cost = entry === undefined ? undefined : costSoFar(entry, prices)
    const spent = cost === undefined ? 0 : toUsd(cost)
    return spent > maxCostUsd.value ? overCost(maxCostUsd, spent) : undefined
  })
}
