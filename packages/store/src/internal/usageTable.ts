/**
 * The statements of the ledger and the budgets, on the connection of the append path: what an event tells is stored with
 * it, or neither is.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { AttemptUsage } from "@runyard/core/AttemptUsage"
import type { BudgetAccount } from "@runyard/core/BudgetAccount"
import type { LedgerEntry, LedgerGrouping } from "@runyard/core/LedgerEntry"
import type { PriceTable } from "@runyard/core/PriceTable"
import type { Run, RunId } from "@runyard/core/Run"
import type { RunEvent } from "@runyard/core/RunEvent"
import type { ErrorInfo } from "@runyard/core/RunyardError"
import * as UsageBook from "@runyard/core/UsageBook"
import { bookPrefix, type BudgetBook, type LedgerFilter, maxBooks } from "@runyard/core/UsageLedger"
import { SessionTotals } from "@runyard/core/UsageMeter"
import { conditions } from "./usageFilter.ts"
import * as UsageRow from "./usageRow.ts"
import { type SumReader, sumReader } from "./usageSums.ts"

/** Accounts that are forgotten with each new one, at most: more than one, so that the table shrinks. */
const forgottenAtOnce = 16

const prepareAll = (database: DatabaseSync) => ({
  find: database.prepare(`
    SELECT id, ${UsageRow.entryColumns}, turns, wall_millis, meter FROM usage_ledger WHERE run_id = ? AND attempt = ?`),
  put: database.prepare(`
    INSERT INTO usage_ledger (run, ${UsageRow.entryColumns}, turns, wall_millis, meter)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (run_id, attempt) DO UPDATE SET
      model = excluded.model, session_id = excluded.session_id, input_tokens = excluded.input_tokens,
      cache_read_tokens = excluded.cache_read_tokens, cache_write_tokens = excluded.cache_write_tokens,
      output_tokens = excluded.output_tokens, unsplit_tokens = excluded.unsplit_tokens,
      tokens_are = excluded.tokens_are, nano_usd = excluded.nano_usd, cost_source = excluded.cost_source,
      price_table = excluded.price_table, turns = excluded.turns, wall_millis = excluded.wall_millis,
      meter = excluded.meter`),
  totals: database.prepare(`
    SELECT meter ->> '$.after' AS totals FROM usage_ledger
    WHERE provider = ? AND session_id = ? ORDER BY id DESC LIMIT 1`),
  holds: database.prepare("SELECT * FROM budget_holds WHERE run_id = ?"),
  anyHold: database.prepare("SELECT 1 FROM budget_holds LIMIT 1"),
  putHold: database.prepare(`
    INSERT OR REPLACE INTO budget_holds (run_id, attempt, key, kind, reserved, used, unknown)
    VALUES (?, ?, ?, ?, ?, ?, ?)`),
  removeHold: database.prepare("DELETE FROM budget_holds WHERE run_id = ? AND attempt = ? AND key = ?"),
  account: database.prepare("SELECT spent, committed, unknown FROM budget_accounts WHERE key = ?"),
  books: database.prepare(`
    SELECT key, spent, committed, unknown FROM budget_accounts
    WHERE (key >= ?1 || ',' AND key < ?1 || '-') OR key = ?1 || ']' ORDER BY key DESC LIMIT ${maxBooks}`),
  putAccount: database.prepare(`
    INSERT INTO budget_accounts (key, spent, committed, unknown, day) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
      spent = excluded.spent, committed = excluded.committed, unknown = excluded.unknown,
      day = coalesce(excluded.day, day)`),
  forgetDays: database.prepare(`
    DELETE FROM budget_accounts WHERE key IN (
      SELECT key FROM budget_accounts WHERE day < ?
        AND NOT EXISTS (SELECT 1 FROM budget_holds WHERE budget_holds.key = budget_accounts.key)
      ORDER BY day LIMIT ${forgottenAtOnce})`),
})

interface HoldRow extends Omit<UsageBook.Hold, "runId" | "unknown"> {
  readonly run_id: RunId
  readonly unknown: number
}

const noHolds: ReadonlyArray<UsageBook.Hold> = []

/** Attempts whose rows are kept in memory. The one that was longest unchanged goes first. */
const maxKept = 1_024

const decodeTotals = Schema.decodeUnknownResult(Schema.fromJsonString(SessionTotals))

/** Every method is synchronous and throws what SQLite throws, or that a row cannot be read; those that write are for the inside of a transaction. */
export class UsageTable {
  private readonly statements: ReturnType<typeof prepareAll>
  private readonly database: DatabaseSync
  private readonly prices: PriceTable
  /** What the transaction under way has changed, by holder. Written once, at its end. */
  private readonly staged = new Map<string, { readonly run: number; readonly usage: AttemptUsage }>()
  /** Rows of attempts that are open, as they are stored: most are changed again soon. */
  private readonly kept = new Map<string, AttemptUsage>()
  /** The key of the run that is written. */
  private key = 0
  /** Whether the transaction under way sees any hold; undefined until it asks. Where there are no budgets there are none. */
  private holdsExist: boolean | undefined
  private readonly tables: UsageBook.UsageTables

  constructor(database: DatabaseSync, prices: PriceTable) {
    this.statements = prepareAll(database)
    this.database = database
    this.prices = prices
    this.tables = this.makeTables()
  }

  /** At the start of each transaction: what one that failed has left is gone. */
  begin(): void {
    this.staged.clear()
    this.holdsExist = undefined
  }

  /** At the end of each transaction, inside of it. */
  flush(): void {
    for (const { run, usage } of this.staged.values()) this.statements.put.run(run, ...UsageRow.toParams(usage))
  }

  /** After a transaction. */
  remember(): void {
    for (const [holder, { usage }] of this.staged) {
      this.kept.delete(holder)
      this.kept.set(holder, usage)
    }
    this.staged.clear()
    for (const oldest of this.kept.keys()) if (this.kept.size > maxKept) this.kept.delete(oldest)
  }

  /** When another connection has written. */
  forget(): void {
    this.kept.clear()
  }

  /** Why there is not enough for a new run. */
  refusalOf(event: RunEvent): ErrorInfo | undefined {
    return UsageBook.refusalOf(this.tables, event)
  }

  /** Sets aside what a new run may need. */
  admit(event: RunEvent): void {
    UsageBook.admit(this.tables, event)
  }

  project(key: number, run: Run, event: RunEvent): void {
    if (!UsageBook.isTelling(event)) return
    this.key = key
    UsageBook.project(this.tables, run, event, this.prices)
  }

  books(budget: string): ReadonlyArray<BudgetBook> {
    return this.statements.books.all(bookPrefix(budget)) as unknown as ReadonlyArray<BudgetBook>
  }

  accounts(run: RunId, attempt: number, keys: ReadonlyArray<string>): ReadonlyArray<BudgetAccount> {
    const holds = this.holdsOf(run).filter((hold) => hold.attempt === attempt)
    return keys.map((key) =>
      UsageBook.accountFor(
        this.tables.account(key) ?? UsageBook.noSums,
        UsageBook.holderOf(run, attempt),
        holds.find((hold) => hold.key === key),
      ),
    )
  }

  private holdsOf(run: RunId): ReadonlyArray<UsageBook.Hold> {
    const rows = this.statements.holds.all(run) as unknown as ReadonlyArray<HoldRow>
    return rows.map(({ run_id, unknown, ...hold }) => ({ ...hold, runId: run_id, unknown: unknown === 1 }))
  }

  /** A page of entries, newest first, before a row: with the row where the next page begins, if there may be one. */
  entries(
    filter: LedgerFilter,
    before: number,
    limit: number,
  ): { readonly entries: ReadonlyArray<LedgerEntry>; readonly next: number | undefined } {
    const { params, where } = conditions(filter)
    const statement = this.database.prepare(`
      SELECT id, ${UsageRow.entryColumns} FROM usage_ledger WHERE id < ? ${where} ORDER BY id DESC LIMIT ?`)
    const rows = statement.all(before, ...params, limit) as unknown as ReadonlyArray<UsageRow.EntryRow>
    return {
      entries: rows.map((row) => Result.getOrThrow(UsageRow.entryOf(row))),
      next: rows.length < limit ? undefined : rows.at(-1)?.id,
    }
  }

  sums(by: LedgerGrouping, filter: LedgerFilter): SumReader {
    return sumReader(this.database, by, filter)
  }

  private makeTables(): UsageBook.UsageTables {
    const { account, anyHold, find, forgetDays, putAccount, putHold, removeHold, totals } = this.statements
    return {
      usage: (run, attempt) => {
        const holder = UsageBook.holderOf(run, attempt)
        const known = this.staged.get(holder)?.usage ?? this.kept.get(holder)
        if (known !== undefined) return known
        const row = find.get(run, attempt) as UsageRow.UsageRow | undefined
        return row === undefined ? undefined : Result.getOrThrow(UsageRow.usageOf(row))
      },
      putUsage: (usage) => {
        const { attempt, runId } = usage.entry
        this.staged.set(UsageBook.holderOf(runId, attempt), { run: this.key, usage })
      },
      totals: (provider, session) => {
        const now = [...this.staged.values()].findLast(
          ({ usage: { entry } }) => entry.provider === provider && entry.sessionId === session,
        )
        if (now !== undefined) return now.usage.meter.after
        const row = totals.get(provider, session) as { readonly totals: string } | undefined
        return row === undefined ? undefined : Result.getOrUndefined(decodeTotals(row.totals))
      },
      holds: (run) => {
        this.holdsExist ??= anyHold.get() !== undefined
        return this.holdsExist ? this.holdsOf(run) : noHolds
      },
      putHold: ({ attempt, key, kind, reserved, runId, unknown, used }) => {
        this.holdsExist = true
        putHold.run(runId, attempt, key, kind, reserved, used, unknown ? 1 : 0)
      },
      removeHold: ({ attempt, key, runId }) => void removeHold.run(runId, attempt, key),
      account: (key) => account.get(key) as unknown as UsageBook.AccountSums | undefined,
      putAccount: (key, { committed, spent, unknown }, day) =>
        void putAccount.run(key, spent, committed, unknown, day ?? null),
      forgetDays: (before) => void forgetDays.run(before),
    }
  }
}
