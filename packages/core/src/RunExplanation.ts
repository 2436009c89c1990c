/** Why a run is where it is: what it waits for, or how it ended, as data and as a sentence that is safe to show. Pure. */
import * as Schema from "effect/Schema"
import { amountText, BudgetKind, BudgetScope } from "./Budget.ts"
import { limiterKinds } from "./Limits.ts"
import { AttemptRetry } from "./RetryChoice.ts"
import { ProviderId, RunId, RunState } from "./Run.ts"
import { ErrorInfo } from "./RunyardError.ts"

/** One thing that keeps a run from starting. Instants are milliseconds since the epoch. */
export const WaitReason = Schema.Union([
  /** Somebody holds it. */
  Schema.Struct({ code: Schema.Literal("HELD") }),
  Schema.Struct({ code: Schema.Literal("NOT_BEFORE"), until: Schema.Finite }),
  /** An attempt failed, and the next one is due then. Why: `retry` of the explanation. */
  Schema.Struct({ code: Schema.Literal("RETRY_WAIT"), until: Schema.Finite }),
  /** The account that it uses has failed again and again, of whichever runs: it is given time, and then one run tries it. */
  Schema.Struct({
    code: Schema.Literal("PROVIDER_DOWN"),
    /** `codex`, or `codex/team`. */
    account: Schema.String,
    /** What the last failure was. */
    failure: Schema.String,
    until: Schema.Finite,
  }),
  Schema.Struct({ code: Schema.Literal("QUEUE_PAUSED") }),
  Schema.Struct({ code: Schema.Literal("PROVIDER_PAUSED"), provider: ProviderId }),
  /** Its conversation is being written to by this run. Missing: one of another tenant. */
  Schema.Struct({ code: Schema.Literal("SESSION_BUSY"), writer: Schema.optionalKey(RunId) }),
  /** Too much is executed already. */
  Schema.Struct({
    code: Schema.Literal("LIMIT"),
    limiter: Schema.Literals(limiterKinds),
    name: Schema.String,
    used: Schema.Natural,
    capacity: Schema.Natural,
    needs: Schema.Natural,
    /** The runs of the same tenant that use it, up to twenty. */
    by: Schema.Array(RunId),
    /** Runs of other tenants that use it: how many. Missing: none. */
    others: Schema.optionalKey(Schema.Natural),
    /** Room is kept for this run, which was passed over for too long. */
    keptFor: Schema.optionalKey(RunId),
    /** Room is kept for a run of another tenant. */
    keptForOther: Schema.optionalKey(Schema.Boolean),
  }),
  /** Nothing but its turn is missing: others come first. */
  Schema.Struct({ code: Schema.Literal("TURN") }),
  /** The program that had it is gone, and no other one has taken it over yet. */
  Schema.Struct({ code: Schema.Literal("NO_HOST") }),
]).annotate({ identifier: "WaitReason" })
export type WaitReason = typeof WaitReason.Type

/** A budget that is about the run, as its attempt sees it that is under way or comes next. In the unit of its kind. */
export const BudgetState = Schema.Struct({
  /** The id of its rule. */
  budget: Schema.String,
  scope: BudgetScope,
  kind: BudgetKind,
  window: Schema.Literals(["total", "day"]),
  limit: Schema.Natural,
  /** Used by all that share it. */
  spent: Schema.Natural,
  /** Used, or set aside. */
  committed: Schema.Natural,
  /** For this run: what is set aside for it is its own. */
  left: Schema.Natural,
})
export type BudgetState = typeof BudgetState.Type

export const RunExplanation = Schema.Struct({
  runId: RunId,
  state: RunState,
  /** Empty for a run that does not wait, and for one that starts now. */
  reasons: Schema.Array(WaitReason),
  /** Its place among those that may start, from 1. Missing: it may not, or more than 1,000 wait. */
  position: Schema.optionalKey(Schema.Natural),
  /** By when it has started if no run lasts longer than `longestMillis`. Missing: nobody can say. */
  latestStart: Schema.optionalKey(Schema.Finite),
  longestMillis: Schema.optionalKey(Schema.Finite),
  /** It ends without having started then. */
  expiresAt: Schema.optionalKey(Schema.Finite),
  /** Of a run that has not ended. Missing: none is about it. */
  budgets: Schema.optionalKey(Schema.Array(BudgetState)),
  /** What was decided when its last attempt failed: whether it is tried again, when, and why or why not. */
  retry: Schema.optionalKey(AttemptRetry),
  /** Of a run that has ended badly, that waits for a person, or whose last attempt failed. */
  error: Schema.optionalKey(ErrorInfo),
  /** The same, for people. Holds no prompt and no output. */
  text: Schema.String,
}).annotate({ identifier: "RunExplanation" })
export type RunExplanation = typeof RunExplanation.Type

/** Beyond it dates cannot be said. */
const lastInstant = 8.64e15

/** An instant for people, in UTC. */
export const instantText = (at: number): string =>
  Math.abs(at) > lastInstant
    ? "a day that no calendar has"
    : `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** A span for people, in its two largest units. */
export const spanText = (millis: number): string => {
  const seconds = Math.max(1, Math.round(millis / 1000))
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const
  const first = units.findIndex(([, size]) => seconds >= size)
  let rest = seconds
  return units
    .slice(first, first + 2)
    .flatMap(([name, size]) => {
      const count = Math.floor(rest / size)
      rest -= count * size
      return count === 0 ? [] : [`${count} ${name}`]
    })
    .join(" ")
}

const limitName = (limiter: string, name: string): string =>
  limiter === "global" ? "in all" : `for ${limiter} ${name.slice(0, 120)}`

const listed = (ids: ReadonlyArray<string>): string => {
  const shown = ids.slice(0, 3).join(", ")
  return ids.length > 3 ? `${shown} and ${plural(ids.length - 3, "other")}` : shown
}

const reasonText = (reason: WaitReason, now: number): string => {
  switch (reason.code) {
    case "HELD":
      return "it is held until somebody releases it"
    case "NOT_BEFORE":
      return `it is not to start before ${instantText(reason.until)} (in ${spanText(reason.until - now)})`
    case "RETRY_WAIT":
      return `its last attempt failed, and the next one is due at ${instantText(reason.until)} (in ${spanText(reason.until - now)})`
    case "QUEUE_PAUSED":
      return "the whole queue is paused"
    case "PROVIDER_PAUSED":
      return `${reason.provider} is paused`
    case "PROVIDER_DOWN":
      return `${reason.account.slice(0, 120)} has failed again and again (${reason.failure.slice(0, 60)}) and is given time until ${instantText(reason.until)} (${spanText(reason.until - now)}); then one run tries it`
    case "SESSION_BUSY":
      return `${reason.writer ?? "a run of another tenant"} goes on with the same conversation`
    case "LIMIT": {
      const { by, capacity, keptFor, keptForOther = false, limiter, name, needs, others = 0, used } = reason
      const room = `${used} of ${plural(capacity, "unit")} ${limitName(limiter, name)} ${used === 1 ? "is" : "are"} used`
      const foreign = others === 0 ? [] : [`${plural(others, "run")} of other tenants`]
      const users = [...(by.length === 0 ? [] : [listed(by)]), ...foreign].join(" and ")
      const needed = needs > 1 ? `, and it needs ${needs}` : ""
      const kept = keptFor ?? (keptForOther ? "a run of another tenant" : undefined)
      return `${room}${users === "" ? "" : ` by ${users}`}${needed}${kept === undefined ? "" : `; room is kept for ${kept}`}`
    }
    case "TURN":
      return "others come first"
    case "NO_HOST":
      return "the program that had it is gone, and no other one has taken it over yet (`runyard recover` does)"
  }
}

/** What was decided about trying it again, where that says more than the error does. */
const retryText = (retry: AttemptRetry | undefined): string =>
  retry === undefined || retry.reason === "not_transient" || retry.reason === "person_needed"
    ? ""
    : ` ${retry.at === undefined ? "Not tried again: " : ""}${retry.sentence.replaceAll(/\s+/g, " ").slice(0, 300).replace(/\.$/, "")}.`

const endedText = (state: RunState, error: ErrorInfo | undefined, retry: AttemptRetry | undefined): string => {
  const why = error === undefined ? "" : `: ${error.code}, ${error.message.replace(/\.$/, "")}`
  const told = {
    succeeded: "It has succeeded",
    failed: "It has failed",
    canceled: "It was canceled",
    timed_out: "It has run out of time",
    interrupted: "It was interrupted",
    rejected: "It was rejected",
  } as const
  const text = state in told ? told[state as keyof typeof told] : state
  return `${text}${why}.${state === "succeeded" ? "" : retryText(retry)} A run that has ended does not start again; a rerun is a new run.`
}

/** Budgets that are told in the sentence. */
const maxTold = 3

const budgetText = (budgets: ReadonlyArray<BudgetState>): string =>
  budgets
    .toSorted((one, other) => one.left / Math.max(1, one.limit) - other.left / Math.max(1, other.limit))
    .slice(0, maxTold)
    .map(({ budget, kind, left, limit, window }) => {
      const name = ` The budget "${budget.slice(0, 80)}"`
      const all = `${amountText(kind, limit)}${window === "day" ? " a day" : ""}`
      return left === 0
        ? `${name} of ${all} is used up or set aside: no attempt begins under it.`
        : `${name} has ${amountText(kind, left)} left of ${all}.`
    })
    .join("")

/** The sentence for the rest of an explanation. */
export const explanationText = (explanation: Omit<RunExplanation, "text">, now: number): string => {
  const { budgets = [], error, expiresAt, latestStart, longestMillis, position, reasons, retry, state } = explanation
  switch (state) {
    case "starting":
    case "running":
      return `It is being executed.${budgetText(budgets)}`
    case "action_needed":
      return `It waits for a person: ${error === undefined ? "something has to be done" : `${error.code}, ${error.message} ${error.remedy}`} After that, retry it.`
    case "queued":
    case "retry_wait": {
      if (reasons.length === 0) return `It starts now.${budgetText(budgets)}`
      const place =
        position === undefined
          ? ""
          : position === 1
            ? " It is next."
            : ` ${plural(position - 1, "run")} ${position === 2 ? "is" : "are"} before it.`
      const bound =
        latestStart === undefined || longestMillis === undefined
          ? ""
          : ` It starts by ${instantText(latestStart)} at the latest, if no run takes longer than ${spanText(longestMillis)}.`
      const expiry = expiresAt === undefined ? "" : ` At ${instantText(expiresAt)} it stops waiting and never starts.`
      return `It waits: ${reasons.map((reason) => reasonText(reason, now)).join("; ")}.${state === "retry_wait" ? retryText(retry) : ""}${place}${bound}${expiry}${budgetText(budgets)}`
    }
    default:
      return endedText(state, error, retry)
  }
}
