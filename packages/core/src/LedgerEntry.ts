/** A row of the ledger: what one attempt used, for whom, and where each number is from; and sums of rows. Pure. */
import * as Schema from "effect/Schema"
import { type LedgerZone, ledgerDay, ledgerZone } from "./LedgerDay.ts"
import { addMoney, NanoUsd, noMoney } from "./Money.ts"
import { ProviderId, RunId, Scope } from "./Run.ts"
import { addTokens, TokenCount } from "./TokenCount.ts"
import { Charge } from "./UsageMeter.ts"

export const LedgerEntry = Schema.Struct({
  runId: RunId,
  attempt: Schema.Natural,
  /** Locally, where all runs have one workspace, it is the directory that the agent works in. */
  scope: Scope,
  provider: ProviderId,
  /** The last one that was at work, where the CLI tells. */
  model: Schema.optionalKey(Schema.String),
  sessionId: Schema.optionalKey(Schema.String),
  /** Whose subscription or key pays, as the request names it. */
  account: Schema.optionalKey(Schema.String),
  profile: Schema.optionalKey(Schema.String),
  /** Who asked for the run: a user's or a token's name. */
  actor: Schema.String,
  /** What made it an attempt: the request itself, a retry, a schedule, a rerun, a recovery. */
  initiator: Schema.Literals(["request", "retry", "schedule", "rerun", "recovery"]),
  /** When the attempt started, in milliseconds since the epoch. */
  at: Schema.Finite,
  charge: Charge,
}).annotate({ identifier: "LedgerEntry" })
export type LedgerEntry = typeof LedgerEntry.Type

export const LedgerGrouping = Schema.Literals(["run", "provider", "model", "workspace", "tenant", "actor", "day"])
export type LedgerGrouping = typeof LedgerGrouping.Type

export const LedgerSum = Schema.Struct({
  key: Schema.String,
  attempts: Schema.Natural,
  tokens: TokenCount,
  /** Attempts whose tokens are not known exactly, and which are in the sum with what is known. */
  tokensUncertain: Schema.Natural,
  /** What vendors said, and what was computed with a price table. */
  vendor: NanoUsd,
  computed: NanoUsd,
  /** Attempts whose cost is not known: the money of the sum is without them. */
  costUnknown: Schema.Natural,
}).annotate({ identifier: "LedgerSum" })
export type LedgerSum = typeof LedgerSum.Type

const keyOf = (entry: LedgerEntry, by: LedgerGrouping, zone: LedgerZone): string => {
  switch (by) {
    case "run":
      return entry.runId
    case "provider":
      return entry.provider
    case "model":
      return entry.model ?? ""
    case "workspace":
      return entry.scope.workspace
    case "tenant":
      return entry.scope.tenant
    case "actor":
      return entry.actor
    case "day":
      return ledgerDay(entry.at, zone)
  }
}

const sumOf = (key: string, { charge }: LedgerEntry): LedgerSum => ({
  key,
  attempts: 1,
  tokens: charge.tokens,
  tokensUncertain: charge.tokensAre === "exact" ? 0 : 1,
  vendor: charge.costSource === "vendor" ? (charge.money ?? noMoney) : noMoney,
  computed: charge.costSource === "price-table" ? (charge.money ?? noMoney) : noMoney,
  costUnknown: charge.money === undefined ? 1 : 0,
})

const joined = (one: LedgerSum, other: LedgerSum): LedgerSum => ({
  key: one.key,
  attempts: one.attempts + other.attempts,
  tokens: addTokens(one.tokens, other.tokens),
  tokensUncertain: one.tokensUncertain + other.tokensUncertain,
  vendor: addMoney(one.vendor, other.vendor),
  computed: addMoney(one.computed, other.computed),
  costUnknown: one.costUnknown + other.costUnknown,
})

export interface LedgerTally {
  readonly add: (sum: LedgerSum) => void
  /** In the order of their keys. */
  readonly sums: () => ReadonlyArray<LedgerSum>
}

/** Puts sums of parts of the ledger together, by their keys. */
export const tally = (): LedgerTally => {
  const sums = new Map<string, LedgerSum>()
  return {
    add: (sum) => {
      const known = sums.get(sum.key)
      sums.set(sum.key, known === undefined ? sum : joined(known, sum))
    },
    sums: () => [...sums.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1)),
  }
}

/** Sums of the entries by one of their fields. A day is that of `timeZone`, by default UTC. */
export const summarize = (
  entries: Iterable<LedgerEntry>,
  by: LedgerGrouping,
  timeZone?: string,
): ReadonlyArray<LedgerSum> => {
  const zone = ledgerZone(timeZone)
  const sums = tally()
  for (const entry of entries) sums.add(sumOf(keyOf(entry, by, zone), entry))
  return sums.sums()
}
