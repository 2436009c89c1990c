/** The ledger and the budgets of a store in memory. */
import * as Effect from "effect/Effect"
import type { AttemptUsage } from "../AttemptUsage.ts"
import { type LedgerEntry, summarize } from "../LedgerEntry.ts"
import type { PriceTable } from "../PriceTable.ts"
import type { Run, RunId } from "../Run.ts"
import type { RunEvent } from "../RunEvent.ts"
import type { ErrorInfo } from "../RunyardError.ts"
import * as UsageBook from "../UsageBook.ts"
import {
  bookPrefix,
  defaultEntryLimit,
  maxBooks,
  type LedgerFilter,
  maxEntryLimit,
  UsageLedger,
} from "../UsageLedger.ts"

export interface MemoryUsage {
  /** Before a run is stored: why it must not be. */
  readonly refusalOf: (event: RunEvent) => ErrorInfo | undefined
  /** Sets aside what it may need. */
  readonly admit: (event: RunEvent) => void
  readonly project: (run: Run, event: RunEvent) => void
  readonly service: UsageLedger["Service"]
}

const matches =
  ({ actor, platform, provider, run, since, tenant, until, workspace }: LedgerFilter) =>
  (entry: LedgerEntry): boolean =>
    (run === undefined || entry.runId === run) &&
    (provider === undefined || entry.provider === provider) &&
    (platform === undefined || entry.scope.platform === platform) &&
    (tenant === undefined || entry.scope.tenant === tenant) &&
    (workspace === undefined || entry.scope.workspace === workspace) &&
    (actor === undefined || entry.actor === actor) &&
    (since === undefined || entry.at >= since) &&
    (until === undefined || entry.at < until)

export const memoryUsage = (prices: PriceTable): MemoryUsage => {
  const rows = new Map<string, AttemptUsage>()
  const parts = new Map<RunId, Map<string, UsageBook.Hold>>()
  const accounts = new Map<string, UsageBook.AccountSums>()
  const days = new Map<string, string>()
  const nameOf = ({ attempt, key }: UsageBook.Hold): string => `${attempt} ${key}`

  const tables: UsageBook.UsageTables = {
    usage: (run, attempt) => rows.get(UsageBook.holderOf(run, attempt)),
    putUsage: (usage) => void rows.set(UsageBook.holderOf(usage.entry.runId, usage.entry.attempt), usage),
    totals: (provider, session) =>
      [...rows.values()].findLast(({ entry }) => entry.provider === provider && entry.sessionId === session)?.meter
        .after,
    holds: (run) => [...(parts.get(run)?.values() ?? [])],
    putHold: (hold) => {
      const ofRun = parts.get(hold.runId) ?? new Map<string, UsageBook.Hold>()
      parts.set(hold.runId, ofRun.set(nameOf(hold), hold))
    },
    removeHold: (hold) => {
      const ofRun = parts.get(hold.runId)
      ofRun?.delete(nameOf(hold))
      if (ofRun?.size === 0) parts.delete(hold.runId)
    },
    account: (key) => accounts.get(key),
    putAccount: (key, sums, day) => {
      accounts.set(key, sums)
      if (day !== undefined) days.set(key, day)
    },
    forgetDays: (before) => {
      for (const [key, day] of days) {
        const isFree = ![...parts.values()].some((holds) => [...holds.values()].some((hold) => hold.key === key))
        if (day >= before || !isFree) continue
        days.delete(key)
        accounts.delete(key)
      }
    },
  }

  const find = (filter: LedgerFilter): ReadonlyArray<LedgerEntry> =>
    [...rows.values()].map(({ entry }) => entry).filter(matches(filter))

  const service = UsageLedger.of({
    entries: (filter, limit = defaultEntryLimit) =>
      Effect.sync(() =>
        find(filter)
          .toReversed()
          .slice(0, Math.min(Math.max(limit, 0), maxEntryLimit)),
      ),
    sums: (by, filter, timeZone) => Effect.sync(() => summarize(find(filter), by, timeZone)),
    books: (budget) =>
      Effect.sync(() => {
        const prefix = bookPrefix(budget)
        return [...accounts]
          .filter(([key]) => key.startsWith(`${prefix},`) || key === `${prefix}]`)
          .map(([key, sums]) => ({ key, ...sums }))
          .toSorted((a, b) => (a.key < b.key ? 1 : -1))
          .slice(0, maxBooks)
      }),
    accounts: (run, attempt, keys) =>
      Effect.sync(() => {
        const holds = tables.holds(run).filter((hold) => hold.attempt === attempt)
        return keys.map((key) =>
          UsageBook.accountFor(
            accounts.get(key) ?? UsageBook.noSums,
            UsageBook.holderOf(run, attempt),
            holds.find((hold) => hold.key === key),
          ),
        )
      }),
  })

  return {
    refusalOf: (event) => UsageBook.refusalOf(tables, event),
    admit: (event) => UsageBook.admit(tables, event),
    project: (run, event) => {
      if (UsageBook.isTelling(event)) UsageBook.project(tables, run, event, prices)
    },
    service,
  }
}
