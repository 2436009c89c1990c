/** Sums of the ledger, made by SQLite in the order of time: so many rows at once that nobody waits long. */
import type { DatabaseSync } from "node:sqlite"
import * as Schema from "effect/Schema"
import { type LedgerGrouping, LedgerSum } from "@runyard/core/LedgerEntry"
import { clampMoney } from "@runyard/core/Money"
import { runyardError } from "@runyard/core/RunyardError"
import type { LedgerFilter } from "@runyard/core/UsageLedger"
import { conditions } from "./usageFilter.ts"

/** Rows of one step, unless more have the same time. */
const stepRows = 4_000

/** What rows are grouped by; days are told apart by the steps. */
const columns: Readonly<Record<LedgerGrouping, string>> = {
  run: "run_id",
  provider: "provider",
  model: "coalesce(model, '')",
  workspace: "scope_workspace",
  tenant: "scope_tenant",
  actor: "actor",
  day: "''",
}

type Count = bigint | null
interface SumRow {
  readonly key: string
  readonly attempts: Count
  readonly input: Count
  readonly cacheRead: Count
  readonly cacheWrite: Count
  readonly output: Count
  readonly unsplit: Count
  readonly uncertain: Count
  readonly vendor: Count
  readonly computed: Count
  readonly unknown: Count
}

const isSum = Schema.is(LedgerSum)

/** The same bounds as those of sums in memory. */
const bounded = (count: Count): number => clampMoney(count ?? 0)

const sumOf = (row: SumRow): LedgerSum => {
  const sum = {
    key: row.key,
    attempts: bounded(row.attempts),
    tokens: {
      input: bounded(row.input),
      cacheRead: bounded(row.cacheRead),
      cacheWrite: bounded(row.cacheWrite),
      output: bounded(row.output),
      unsplit: bounded(row.unsplit),
    },
    tokensUncertain: bounded(row.uncertain),
    vendor: clampMoney(row.vendor ?? 0),
    computed: clampMoney(row.computed ?? 0),
    costUnknown: bounded(row.unknown),
  }
  if (isSum(sum)) return sum
  throw runyardError("STORE_CORRUPT", { message: "What runs used cannot be summed up by this version" })
}

export interface SumReader {
  /** When the first row of the filter was written, at this time or later. */
  readonly first: (from: number) => number | undefined
  /** Where a step that begins at a time ends: later than it. */
  readonly stepEnd: (from: number) => number
  /** Sums of what was written from a time on, and before another one; several of one key where they are large. */
  readonly sums: (from: number, end: number) => ReadonlyArray<LedgerSum>
}

/** Each method is synchronous and throws what SQLite throws, or that sums cannot be read. */
export const sumReader = (database: DatabaseSync, by: LedgerGrouping, filter: LedgerFilter): SumReader => {
  const { since: _, until: __, ...rest } = filter
  const { params, where } = conditions(rest)
  const first = database.prepare(`SELECT at FROM usage_ledger WHERE at >= ? ${where} ORDER BY at LIMIT 1`)
  const step = database.prepare(`SELECT at FROM usage_ledger WHERE at >= ? ORDER BY at LIMIT 1 OFFSET ${stepRows}`)
  const grouped = (groups: string) => {
    const statement = database.prepare(`
      SELECT ${columns[by]} AS key, count(*) AS attempts, sum(input_tokens) AS input,
        sum(cache_read_tokens) AS cacheRead, sum(cache_write_tokens) AS cacheWrite, sum(output_tokens) AS output,
        sum(unsplit_tokens) AS unsplit, sum(tokens_are <> 'exact') AS uncertain,
        sum(CASE cost_source WHEN 'vendor' THEN nano_usd END) AS vendor,
        sum(CASE cost_source WHEN 'price-table' THEN nano_usd END) AS computed, sum(nano_usd IS NULL) AS unknown
      FROM usage_ledger WHERE at >= ? AND at < ? ${where} ${groups}`)
    statement.setReadBigInts(true)
    return (from: number, end: number) =>
      (statement.all(from, end, ...params) as unknown as ReadonlyArray<SumRow>)
        .map(sumOf)
        .filter(({ attempts }) => attempts > 0)
  }
  const ofKeys = grouped(by === "day" ? "" : "GROUP BY 1")
  const at = (row: unknown): number | undefined => (row as { readonly at: number } | undefined)?.at
  return {
    first: (from) => at(first.get(from, ...params)),
    stepEnd: (from) => Math.max(at(step.get(from)) ?? Number.POSITIVE_INFINITY, from + 1),
    sums: (from, end) => {
      try {
        return ofKeys(from, end)
      } catch (error) {
        // SQLite has no sums of 2⁶³ and more; here they stay at the largest. A sum of one row is never too large.
        if (error instanceof Error && error.message === "integer overflow") return grouped("GROUP BY 1, id")(from, end)
        throw error
      }
    },
  }
}
