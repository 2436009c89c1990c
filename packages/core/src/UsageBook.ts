/**
 * Keeps the ledger and the budgets of a store in step with the logs: what an event changes in them. The rules are here,
 * the tables are the store's, and it runs this in the transaction of the events. Synchronous.
 */
import * as AttemptUsage from "./AttemptUsage.ts"
import * as Budget from "./Budget.ts"
import * as BudgetAccount from "./BudgetAccount.ts"
import type { PriceTable } from "./PriceTable.ts"
import type { Run, RunId } from "./Run.ts"
import { type EventType, isTerminalEvent, type RunEvent } from "./RunEvent.ts"
import type { ErrorInfo } from "./RunyardError.ts"
import type { SessionTotals } from "./UsageMeter.ts"

/** What a budget has given out, in all. A whole number of its unit each. */
export interface AccountSums {
  /** Used. */
  readonly spent: number
  /** Used or set aside. */
  readonly committed: number
  /** Attempts that have ended and used more than is known. */
  readonly unknown: number
}

export const noSums: AccountSums = { spent: 0, committed: 0, unknown: 0 }

/** The part of one attempt in one account; of attempt 0, what is set aside while the run waits for its first. */
export interface Hold {
  readonly runId: RunId
  readonly attempt: number
  readonly key: string
  readonly kind: Budget.BudgetKind
  readonly reserved: number
  readonly used: number
  /** More was used than is known. */
  readonly unknown: boolean
}

export interface UsageTables {
  readonly usage: (run: RunId, attempt: number) => AttemptUsage.AttemptUsage | undefined
  readonly putUsage: (usage: AttemptUsage.AttemptUsage) => void
  /** The totals of a conversation as its newest attempt left them. */
  readonly totals: (provider: string, session: string) => SessionTotals | undefined
  /** Of all attempts of a run. */
  readonly holds: (run: RunId) => ReadonlyArray<Hold>
  readonly putHold: (hold: Hold) => void
  readonly removeHold: (hold: Hold) => void
  readonly account: (key: string) => AccountSums | undefined
  /** @param day of which it is, when it is new and of one. */
  readonly putAccount: (key: string, sums: AccountSums, day?: string) => void
  /** Forgets some of the accounts of days before this one in which nobody has a part any more. */
  readonly forgetDays: (before: string) => void
}

/** Names an attempt in accounts. */
export const holderOf = (run: RunId, attempt: number): string => `${run}.${attempt}`

/** Stands for what is set aside for all others. */
const others = "others"

/** An account as one attempt sees it: with its own part, and everybody else's as one. */
export const accountFor = (sums: AccountSums, holder: string, own: Hold | undefined): BudgetAccount.BudgetAccount => {
  const used = own?.used ?? 0
  const aside = sums.committed - sums.spent - (Math.max(own?.reserved ?? 0, used) - used)
  return {
    settled: Math.max(0, sums.spent - used),
    unknown: sums.unknown,
    open: {
      ...(aside > 0 ? { [others]: { reserved: aside, used: 0, unknown: false } } : {}),
      ...(own === undefined ? {} : { [holder]: { reserved: own.reserved, used, unknown: own.unknown } }),
    },
  }
}

const sumsOf = (account: BudgetAccount.BudgetAccount): AccountSums => ({
  spent: BudgetAccount.spentOf(account),
  committed: BudgetAccount.committedOf(account),
  unknown: account.unknown,
})

/** Changes one attempt's part of an account, and the account with it. */
const change = (
  tables: UsageTables,
  hold: Hold,
  own: Hold | undefined,
  work: (account: BudgetAccount.BudgetAccount, holder: string) => BudgetAccount.BudgetAccount,
  day?: string,
): void => {
  const holder = holderOf(hold.runId, hold.attempt)
  const account = work(accountFor(tables.account(hold.key) ?? noSums, holder, own), holder)
  tables.putAccount(hold.key, sumsOf(account), day)
  const entry = account.open[holder]
  if (entry === undefined) tables.removeHold(hold)
  else tables.putHold({ ...hold, ...entry })
}

/** Days that are remembered of a budget, after which its accounts may go. */
export const rememberedDays = 62

const setAside = (
  tables: UsageTables,
  { at, runId }: Pick<RunEvent, "at" | "runId">,
  attempt: number,
  { estimate, lines }: Budget.BudgetPlan,
): void => {
  for (const { key, rule } of lines) {
    const day = Budget.readKey(key, rule)?.day
    if (day !== undefined && tables.account(key) === undefined) {
      tables.forgetDays(Budget.currentDay(rule, at - rememberedDays * 24 * 60 * 60_000))
    }
    const hold: Hold = { runId, attempt, key, kind: rule.kind, reserved: 0, used: 0, unknown: false }
    const take = (account: BudgetAccount.BudgetAccount, holder: string) =>
      BudgetAccount.hold(account, holder, estimate[rule.kind] ?? 0)
    change(tables, hold, undefined, take, day)
  }
}

/** Why a new run may not be stored: one of its budgets has too little left for what it may need. */
export const refusalOf = (tables: UsageTables, event: RunEvent): ErrorInfo | undefined => {
  if (event.type !== "run.queued" || event.payload.budget === undefined) return undefined
  const { budget } = event.payload
  const holder = holderOf(event.runId, 0)
  const lines = budget.lines.map((line) => ({
    ...line,
    account: accountFor(tables.account(line.key) ?? noSums, holder, undefined),
  }))
  const reserved = Budget.reserve(lines, holder, budget.estimate, budget.priced)
  return reserved._tag === "Failure" ? reserved.failure : undefined
}

/** Sets aside what a new run may need, in all of its budgets. Whether there is enough was asked before. */
export const admit = (tables: UsageTables, event: RunEvent): void => {
  if (event.type === "run.queued" && event.payload.budget !== undefined) {
    setAside(tables, event, 0, event.payload.budget)
  }
}

/** How much an event tells of what an attempt used: what we see ourselves, its tokens so far, or all that will be told. */
type Telling = "seen" | "interim" | "all"

const isTold = (kind: Budget.BudgetKind, telling: Telling): boolean => {
  if (kind === "money") return telling === "all"
  return kind !== "tokens" || telling !== "seen"
}

const tellingOf = (event: RunEvent): Telling | undefined => {
  if (endsAttempt(event)) return "all"
  if (event.type === "run.usage") return event.payload.interim === true ? "interim" : "all"
  return event.type === "agent.turn_started" ? "seen" : undefined
}

/** Says in the accounts of an attempt what it has used. */
const spend = (tables: UsageTables, usage: AttemptUsage.AttemptUsage, telling: Telling): void => {
  const { attempt, charge, runId } = usage.entry
  const consumption = { charge, turns: usage.turns, wallMillis: usage.wallMillis }
  for (const hold of tables.holds(runId)) {
    if (hold.attempt !== attempt || !isTold(hold.kind, telling)) continue
    const { amount, whole } = Budget.usedOf(hold.kind, consumption)
    // What is told later is not unknown.
    const used = { amount, whole: whole || telling !== "all" }
    change(tables, hold, hold, (account, holder) => BudgetAccount.use(account, holder, used))
  }
}

const closeAll = (tables: UsageTables, runId: RunId): void => {
  for (const hold of tables.holds(runId)) change(tables, hold, hold, BudgetAccount.release)
}

/** Other budgets count for an attempt under way. What it has used until now counts in those that are new to it. */
const rejoin = (tables: UsageTables, run: Run, event: RunEvent, plan: Budget.BudgetPlan | undefined): void => {
  const lines = plan?.lines ?? []
  const isOf = (hold: Hold) => (line: Budget.BudgetPlan["lines"][number]) =>
    line.key === hold.key && line.rule.kind === hold.kind
  const own = tables.holds(run.id).filter(({ attempt }) => attempt === event.attempt)
  for (const hold of own) if (!lines.some(isOf(hold))) change(tables, hold, hold, BudgetAccount.release)
  const missing = lines.filter((line) => !own.some((hold) => isOf(hold)(line)))
  if (plan === undefined || missing.length === 0) return
  setAside(tables, event, event.attempt, { ...plan, lines: missing })
  const known = tables.usage(run.id, event.attempt)
  if (known === undefined) return
  const consumption = { charge: known.entry.charge, turns: known.turns, wallMillis: known.wallMillis }
  for (const hold of tables.holds(run.id)) {
    if (hold.attempt !== event.attempt || !missing.some(isOf(hold))) continue
    // What is not known yet may still be told.
    const used = { ...Budget.usedOf(hold.kind, consumption), whole: true }
    change(tables, hold, hold, (account, holder) => BudgetAccount.use(account, holder, used))
  }
}

const telling: ReadonlySet<EventType> = new Set<EventType>([
  "queue.claimed",
  "run.budgets_changed",
  "queue.requeued",
  "run.started",
  "run.retry_scheduled",
  "run.action_needed",
  "agent.session",
  "agent.turn_started",
  "run.usage",
])

/** Whether an event may change something here. Cheap: every event asks. */
export const isTelling = (event: RunEvent): boolean => telling.has(event.type) || isTerminalEvent(event)

const endsAttempt = (event: RunEvent): boolean =>
  isTerminalEvent(event) ||
  event.type === "queue.requeued" ||
  event.type === "run.retry_scheduled" ||
  event.type === "run.action_needed"

/** Takes one event that is stored with this. @param run as the events that are stored with it leave it. */
export const project = (tables: UsageTables, run: Run, event: RunEvent, prices: PriceTable): void => {
  if (event.type === "queue.claimed") {
    // What was set aside while it waited; from here on the attempt has its own part, in the accounts of its day.
    closeAll(tables, run.id)
    if (event.payload.budget !== undefined) setAside(tables, event, run.attempts.length, event.payload.budget)
    return
  }
  if (event.type === "run.budgets_changed") return rejoin(tables, run, event, event.payload.budget)
  if (event.type === "run.started") {
    const { resumed } = event.payload
    const before = resumed === undefined ? undefined : tables.totals(run.request.provider, resumed)
    return tables.putUsage(AttemptUsage.begin(run, event, before, prices))
  }
  const known = tables.usage(run.id, event.attempt)
  const told = tellingOf(event)
  if (known !== undefined) {
    const usage = AttemptUsage.absorb(known, event, prices)
    tables.putUsage(usage)
    if (told !== undefined) spend(tables, usage, told)
  }
  if (endsAttempt(event)) closeAll(tables, run.id)
}
