/** A row of the ledger: what one attempt used, for whom, and where each number is from; and sums of rows. Pure. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { addMoney, NanoUsd, noMoney } from "./Money.ts"
import { ProviderId, RunId, Scope } from "./Run.ts"
import { addTokens, noTokens, TokenCount } from "./TokenCount.ts"
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
})
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
})
export type LedgerSum = typeof LedgerSum.Type

const keyOf = (entry: LedgerEntry, by: LedgerGrouping, zone: DateTime.TimeZone | undefined): string => {
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
    case "day": {
      const instant = DateTime.makeUnsafe(entry.at)
      return zone === undefined
        ? DateTime.formatIsoDateUtc(instant)
        : DateTime.formatIsoDate(DateTime.setZone(instant, zone))
    }
  }
}

const added = (sum: LedgerSum, { charge }: LedgerEntry): LedgerSum => ({
  ...sum,
  attempts: sum.attempts + 1,
  tokens: addTokens(sum.tokens, charge.tokens),
  tokensUncertain: sum.tokensUncertain + (charge.tokensAre === "exact" ? 0 : 1),
  vendor: charge.costSource === "vendor" ? addMoney(sum.vendor, charge.money ?? noMoney) : sum.vendor,
  computed: charge.costSource === "price-table" ? addMoney(sum.computed, charge.money ?? noMoney) : sum.computed,
  costUnknown: sum.costUnknown + (charge.money === undefined ? 1 : 0),
})

export interface LedgerTally {
  readonly add: (entry: LedgerEntry) => void
  /** In the order of their keys. */
  readonly sums: () => ReadonlyArray<LedgerSum>
}

/** Adds up entries that come one by one, by one of their fields. A day is that of `timeZone`, by default UTC. */
export const tally = (by: LedgerGrouping, timeZone?: string): LedgerTally => {
  const zone = timeZone === undefined ? undefined : Option.getOrUndefined(DateTime.zoneFromString(timeZone))
  const sums = new Map<string, LedgerSum>()
  return {
    add: (entry) => {
      const key = keyOf(entry, by, zone)
      const empty: LedgerSum = {
        key,
        attempts: 0,
        tokens: noTokens,
        tokensUncertain: 0,
        vendor: noMoney,
        computed: noMoney,
        costUnknown: 0,
      }
      sums.set(key, added(sums.get(key) ?? empty, entry))
    },
    sums: () => [...sums.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1)),
  }
}

/** Sums of the entries by one of their fields. */
export const summarize = (
  entries: Iterable<LedgerEntry>,
  by: LedgerGrouping,
  timeZone?: string,
): ReadonlyArray<LedgerSum> => {
  const sums = tally(by, timeZone)
  for (const entry of entries) sums.add(entry)
  return sums.sums()
}
