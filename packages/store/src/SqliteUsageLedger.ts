/** The ledger in SQLite, on the connection of the event log: whoever reads it sees what the logs say. */
import * as Effect from "effect/Effect"
import { ledgerDay, ledgerDayEnd, ledgerZone } from "@runyard/core/LedgerDay"
import { type LedgerEntry, tally } from "@runyard/core/LedgerEntry"
import type { RunyardError } from "@runyard/core/RunyardError"
import { defaultEntryLimit, type LedgerFilter, maxEntryLimit, UsageLedger } from "@runyard/core/UsageLedger"
import type { UsageTable } from "./internal/usageTable.ts"

/** Rows that are read before others have a turn. */
const pageSize = 2_000

interface Connection {
  readonly usage: UsageTable
  readonly attempt: <A>(use: () => A) => Effect.Effect<A, RunyardError>
}

export const make = ({ attempt, usage }: Connection): UsageLedger["Service"] => {
  const read = Effect.fnUntraced(function* (filter: LedgerFilter, limit: number, take: (entry: LedgerEntry) => void) {
    let next: number | undefined = Number.MAX_SAFE_INTEGER
    let left = limit
    while (next !== undefined && left > 0) {
      const before: number = next
      const page = yield* attempt(() => usage.entries(filter, before, Math.min(pageSize, left)))
      page.entries.forEach(take)
      next = page.next
      left -= page.entries.length
      yield* Effect.yieldNow
    }
  })

  return UsageLedger.of({
    entries: Effect.fn("UsageLedger.entries")(function* (filter, limit = defaultEntryLimit) {
      const found: Array<LedgerEntry> = []
      yield* read(filter, Math.min(Math.max(limit, 0), maxEntryLimit), (entry) => found.push(entry))
      return found
    }),
    sums: Effect.fn("UsageLedger.sums")(function* (by, filter, timeZone) {
      const sums = tally()
      const zone = ledgerZone(timeZone)
      const reader = yield* attempt(() => usage.sums(by, filter))
      const until = filter.until ?? Number.POSITIVE_INFINITY
      let from = filter.since ?? Number.NEGATIVE_INFINITY
      let step = from
      while (from < until) {
        const begin: number = from
        const first = yield* attempt(() => reader.first(begin))
        if (first === undefined || first >= until) break
        if (first >= step) {
          step = yield* attempt(() => reader.stepEnd(first))
          yield* Effect.yieldNow
        }
        const end = Math.min(step, until, by === "day" ? ledgerDayEnd(first, zone) : until)
        const found = yield* attempt(() => reader.sums(first, end))
        for (const sum of found) sums.add(by === "day" ? { ...sum, key: ledgerDay(first, zone) } : sum)
        from = end
      }
      return sums.sums()
    }),
    books: (budget) =>
      Effect.map(
        attempt(() => usage.books(budget)),
        (rows) => rows.map((row) => ({ ...row })),
      ),
    accounts: (run, number, keys) => attempt(() => usage.accounts(run, number, keys)),
  })
}
