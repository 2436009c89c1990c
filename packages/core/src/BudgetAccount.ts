/**
 * What one budget has given out: settled amounts of runs that have ended, and the open ones with what was set aside for
 * them. Pure, and small: it holds as many entries as runs are open. Kept in the store, changed in one transaction.
 */
import * as Schema from "effect/Schema"

/** A whole number of the budget's unit. */
const Amount = Schema.Natural

const OpenEntry = Schema.Struct({
  /** Set aside at admission. */
  reserved: Amount,
  /** Used so far, as far as it is known. */
  used: Amount,
  /** More was used than is known. */
  unknown: Schema.Boolean,
})

export const BudgetAccount = Schema.Struct({
  settled: Amount,
  /** How many settled entries were not known, or not wholly. */
  unknown: Schema.Natural,
  /** By holder: the attempt that spends. */
  open: Schema.Record(Schema.String, OpenEntry),
})
export type BudgetAccount = typeof BudgetAccount.Type

export const emptyAccount: BudgetAccount = { settled: 0, unknown: 0, open: {} }

/** What an attempt used in all until now. `amount` is what is known of it; `whole` says whether that is everything. */
export interface Used {
  readonly amount: number
  readonly whole: boolean
}

const cap = (amount: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(amount)))

/** Used by all, ended or not. */
export const spentOf = (account: BudgetAccount): number =>
  Object.values(account.open).reduce((sum, { used }) => cap(sum + used), account.settled)

/** Used or set aside: what nobody else may have. */
export const committedOf = (account: BudgetAccount): number =>
  Object.values(account.open).reduce((sum, { reserved, used }) => cap(sum + Math.max(reserved, used)), account.settled)

const entryOf = (account: BudgetAccount, holder: string): typeof OpenEntry.Type | undefined =>
  Object.hasOwn(account.open, holder) ? account.open[holder] : undefined

/** Sets an amount aside. A second time for the same holder changes nothing. Whether there is enough is for the caller. */
export const hold = (account: BudgetAccount, holder: string, amount: number): BudgetAccount =>
  entryOf(account, holder) === undefined
    ? { ...account, open: { ...account.open, [holder]: { reserved: cap(amount), used: 0, unknown: false } } }
    : account

/**
 * Says what a holder has used in all, so that saying it twice charges it once. Later words replace earlier ones, smaller
 * ones too: a vendor's own figure may be below what was computed. Says nothing about a holder without an entry.
 */
export const use = (account: BudgetAccount, holder: string, used: Used): BudgetAccount => {
  const entry = entryOf(account, holder)
  return entry === undefined
    ? account
    : { ...account, open: { ...account.open, [holder]: { ...entry, used: cap(used.amount), unknown: !used.whole } } }
}

/** Closes a holder's entry: what it used is settled, what it did not use is free again. A second time changes nothing. */
export const release = (account: BudgetAccount, holder: string): BudgetAccount => {
  const entry = entryOf(account, holder)
  if (entry === undefined) return account
  const { [holder]: _, ...open } = account.open
  return { settled: cap(account.settled + entry.used), unknown: account.unknown + (entry.unknown ? 1 : 0), open }
}

/** The account when so much is used in all: by others, as far as it is not the holder's. */
export const withSpent = (account: BudgetAccount, holder: string, spent: number): BudgetAccount => ({
  ...account,
  settled: cap(spent - (entryOf(account, holder)?.used ?? 0)),
})

/** What a holder may still use of a limit: its own reservation counts as its own. */
export const leftFor = (account: BudgetAccount, limit: number, holder: string): number => {
  const entry = entryOf(account, holder)
  const others = committedOf(account) - (entry === undefined ? 0 : Math.max(entry.reserved, entry.used))
  return Math.max(0, limit - others - (entry?.used ?? 0))
}

/** Whether more was used than is known, by this holder. */
export const isUnknown = (account: BudgetAccount, holder: string): boolean => entryOf(account, holder)?.unknown ?? false
