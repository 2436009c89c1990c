/** Which rows of `usage_ledger` a filter means. */
import type { SQLInputValue } from "node:sqlite"
import type { LedgerFilter } from "@runyard/core/UsageLedger"

export interface Conditions {
  /** Begins with `AND`, or is empty. */
  readonly where: string
  readonly params: ReadonlyArray<SQLInputValue>
}

export const conditions = (filter: LedgerFilter): Conditions => {
  const found = (
    [
      ["run_id = ?", filter.run],
      ["provider = ?", filter.provider],
      ["scope_platform = ?", filter.platform],
      ["scope_tenant = ?", filter.tenant],
      ["scope_workspace = ?", filter.workspace],
      ["actor = ?", filter.actor],
      ["at >= ?", filter.since],
      ["at < ?", filter.until],
    ] as const
  ).flatMap(([text, value]) => (value === undefined ? [] : [{ text, value }]))
  return { where: found.map(({ text }) => `AND ${text}`).join(" "), params: found.map(({ value }) => value) }
}
