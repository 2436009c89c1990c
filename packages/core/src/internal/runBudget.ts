/** The budgets of one attempt, while it is executed: whether it may begin, what it may use, and when it has to stop. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import type { SpendingCaps, Verdict } from "../Adapter.ts"
import * as Budget from "../Budget.ts"
import { use, withSpent } from "../BudgetAccount.ts"
import type { TimelessDraft } from "../EventDraft.ts"
import { clampMoney, toUsd } from "../Money.ts"
import type { Run } from "../Run.ts"
import { type ErrorInfo, errorInfo, type RunyardError } from "../RunyardError.ts"
import type { TimeLimits } from "../TimeLimits.ts"
import { holderOf } from "../UsageBook.ts"
import type { UsageLedger } from "../UsageLedger.ts"
import type { BudgetWatch } from "./budgetWatch.ts"

export interface RunBudget {
  /** Why it must not begin; undefined when something is left of every budget. */
  readonly exhausted: Effect.Effect<ErrorInfo | undefined, RunyardError>
  /** What is left for it by the tightest of its budgets, as far as a CLI may know a cap for it. */
  readonly caps: Effect.Effect<SpendingCaps, RunyardError>
  /** The same of the time that it may take. */
  readonly narrow: (limits: TimeLimits) => Effect.Effect<TimeLimits, RunyardError>
  /** Why it has to stop after these events, which are stored, by the budgets that are in force now. Without any: by all. */
  readonly breach: (drafts: ReadonlyArray<TimelessDraft>) => Effect.Effect<ErrorInfo | undefined, RunyardError>
  /** Runs until it is interrupted: budgets change, and others use them, so that it is to be asked without an event. */
  readonly watch: (ask: Effect.Effect<void>) => Effect.Effect<never>
  /** The verdict with our reason where the CLI stopped at a cap that was ours. */
  readonly judged: (verdict: Verdict) => Effect.Effect<Verdict, RunyardError>
}

/** Whether budgets look different after it. */
const tellsUse = ({ type }: TimelessDraft): boolean => type === "run.usage" || type === "agent.turn_started"

const kindOfCap = (error: ErrorInfo | undefined): Budget.BudgetKind | undefined => {
  if (error?.code === "CLI_BUDGET_EXCEEDED") return "money"
  return error?.code === "CLI_MAX_TURNS" ? "turns" : undefined
}

interface Options {
  readonly ledger: UsageLedger["Service"]
  readonly watch: BudgetWatch
  readonly run: Pick<Run, "id">
  readonly attempt: number
  /** As it stands in the event that claimed the attempt; undefined: no budget is about it. */
  readonly claimed: Budget.BudgetPlan | undefined
  /** Looks of the watch before that plan was made. */
  readonly claimedAt: number
  /** The plan by what was decided for the store, which is the same as long as nobody decides something. */
  readonly planNow: Effect.Effect<Budget.BudgetPlan | undefined, RunyardError>
  /** Writes down that other budgets count, which has the ledger follow. */
  readonly note: (plan: Budget.BudgetPlan | undefined) => Effect.Effect<void, RunyardError>
  /** For how long it is executed. */
  readonly elapsed: Effect.Effect<number>
}

const linesOf = (plan: Budget.BudgetPlan | undefined): Budget.BudgetPlan["lines"] => plan?.lines ?? []

const isSame = (one: Budget.BudgetPlan | undefined, other: Budget.BudgetPlan | undefined): boolean =>
  one === other || JSON.stringify(linesOf(one)) === JSON.stringify(linesOf(other))

export const runBudget = (options: Options): RunBudget => {
  const { attempt, elapsed, ledger, note, planNow, run, watch } = options
  const holder = holderOf(run.id, attempt)
  let plan = options.claimed
  let askedAt = options.claimedAt
  /** As the store had them last. The attempt's own part changes with its events, and then they are asked for. */
  let known: ReadonlyArray<Budget.BudgetLine> = []
  const changing = Semaphore.makeUnsafe(1)

  const follow = Effect.gen(function* () {
    const next = yield* planNow
    if (isSame(plan, next)) return
    yield* note(next)
    plan = next
  }).pipe(changing.withPermits(1))

  const read = Effect.suspend(() => {
    const asked = linesOf(plan)
    if (asked.length === 0) return Effect.succeed<ReadonlyArray<Budget.BudgetLine>>([])
    const keys = asked.map(({ key }) => key)
    return Effect.map(ledger.accounts(run.id, attempt, keys), (accounts) =>
      asked.flatMap((line, index): ReadonlyArray<Budget.BudgetLine> => {
        const account = accounts[index]
        return account === undefined ? [] : [{ ...line, account }]
      }),
    )
  })
  const lines = Effect.tap(read, (found) => Effect.sync(() => void (known = found)))
  /** No event tells of time that passes. */
  const withTime = (found: ReadonlyArray<Budget.BudgetLine>, millis: number): ReadonlyArray<Budget.BudgetLine> =>
    found.map((line) =>
      line.rule.kind === "wall"
        ? { ...line, account: use(line.account, holder, { amount: Math.round(millis), whole: true }) }
        : line,
    )
  const aged = Effect.zipWith(lines, elapsed, withTime)
  const withUse = (spent: ReadonlyMap<string, number>): ReadonlyArray<Budget.BudgetLine> =>
    known.map((line) => {
      const all = spent.get(line.key)
      return all === undefined ? line : { ...line, account: withSpent(line.account, holder, all) }
    })
  const breach = Effect.gen(function* () {
    const looks = watch.looks()
    // A store that cannot take it now is asked again: until then it is as it was.
    const followed = yield* Effect.result(follow)
    const found = yield* aged
    if (Result.isSuccess(followed)) askedAt = looks
    return Budget.breachOf(found, holder)
  })
  const left = Effect.map(lines, (found) => Budget.remaining(found, holder))

  return {
    exhausted: Effect.map(lines, (found) => Budget.exhaustedOf(found, holder)),
    caps: Effect.map(left, ({ money, turns }) => ({
      ...(money === undefined ? {} : { maxCostUsd: toUsd(clampMoney(money)) }),
      ...(turns === undefined ? {} : { maxTurns: turns }),
    })),
    narrow: (limits) =>
      Effect.map(left, ({ wall }) =>
        wall === undefined ? limits : { ...limits, wallMillis: Math.min(limits.wallMillis || Infinity, wall) },
      ),
    breach: (drafts) => (drafts.length === 0 || drafts.some(tellsUse) ? breach : Effect.undefined),
    watch: (ask) =>
      watch.hold(
        {
          runId: run.id,
          askedAt: () => askedAt,
          // Nobody else uses those of the run, and its own events are looked at as they come.
          shared: () => known.flatMap(({ key, rule }) => (rule.scope === "run" ? [] : [key])),
          isOver: (spent) =>
            known.length === 0
              ? Effect.succeed(false)
              : Effect.map(
                  elapsed,
                  (millis) => Budget.breachOf(withTime(withUse(spent), millis), holder) !== undefined,
                ),
        },
        ask,
      ),
    judged: Effect.fnUntraced(function* (verdict) {
      const kind = kindOfCap(verdict.error)
      const rule = linesOf(plan).find((line) => line.rule.kind === kind)?.rule
      if (rule === undefined) return verdict
      const known = yield* breach
      const error =
        known ??
        errorInfo("POLICY_BUDGET", {
          message: `The budget "${rule.id}" is used up: the agent CLI stopped at the cap that it was given`,
          detail: { budget: rule.id, scope: rule.scope, kind: rule.kind, window: rule.window, limit: rule.limit },
        })
      return { ...verdict, error }
    }),
  }
}
