/** What a person, or a program, does to the queue: look at it, change how runs wait, stop it and let it go on. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { entryOfPlace } from "../AuditTrail.ts"
import { isZone } from "../Budget.ts"
import type { Passage } from "../CircuitBreaker.ts"
import type { EventLog } from "../EventLog.ts"
import { draft } from "../EventDraft.ts"
import { Priority } from "../Priority.ts"
import type { ProcessHost } from "../ProcessHost.ts"
import { ControlChange, type ControlRecord, maxBudgets, type QueueControl } from "../QueueControl.ts"
import * as QueueEntry from "../QueueEntry.ts"
import { defaultQueueLimit, maxQueueLimit, type QueueListing } from "../QueueListing.ts"
import { isTerminal, type Run, type RunId, type Tenant, terminalStates } from "../Run.ts"
import { type BudgetState, explanationText, type RunExplanation } from "../RunExplanation.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import { maxControls, type RunQueue } from "../RunQueue.ts"
import type { RunStore } from "../RunStore.ts"
import { whyItWaits } from "./explaining.ts"
import { listQueue } from "./queueListing.ts"
import type { Turns } from "./turns.ts"

/** Who does something, and why. */
export interface Actor {
  readonly by: string
  readonly reason?: string
}

/** How a run waits from now on. What is left out stays. */
export const PlaceChange = Schema.Struct({
  priority: Schema.optionalKey(Priority),
  held: Schema.optionalKey(Schema.Boolean),
  /** In milliseconds since the epoch; one in the past: at once. */
  notBefore: Schema.optionalKey(Schema.Finite),
})
export type PlaceChange = typeof PlaceChange.Type

export interface ExplainOptions {
  /** Whether the run's place among the others is worked out, for which the queue is played up to it. Default: yes. */
  readonly place?: boolean
}

export interface QueueListOptions {
  readonly limit?: number
  /** Only runs of this tenant, and of what was decided only what is about it. Default: all. */
  readonly tenant?: Tenant
}

export interface QueueDesk {
  /** Those that are executed and those that wait, up to `limit`: 100 by default, 1,000 at most. */
  readonly list: (options?: QueueListOptions) => Effect.Effect<QueueListing, RunyardError>
  /**
   * Changes how a run waits: its class, whether it is held, when it may start. Fails with `QUEUE_NOT_WAITING` when it does
   * not wait. A held run does not begin, also where a host has just taken it.
   */
  readonly change: (id: RunId, change: PlaceChange, actor: Actor) => Effect.Effect<Run, RunyardError>
  /**
   * Pauses or resumes the queue, or a provider, or changes limits, for all hosts on the store and without restarting them:
   * each hears of it with its next look, within about 0.2 s. What is executed goes on, and what waits goes on expiring.
   * Fails with `QUEUE_REQUEST_INVALID`.
   */
  readonly decide: (change: unknown, actor: Actor) => Effect.Effect<QueueControl, RunyardError>
  /** The last decisions for the whole queue, newest first: who decided what, when and why. At most 1,000 are kept. */
  readonly decisions: (limit?: number) => Effect.Effect<ReadonlyArray<ControlRecord>, RunyardError>
  /** Pauses the queue and returns when nothing is executed any more, on any host. Interruption leaves it paused. */
  readonly drain: (actor: Actor) => Effect.Effect<void, RunyardError>
}

interface Options {
  readonly queue: RunQueue["Service"]
  readonly store: RunStore["Service"]
  readonly log: EventLog["Service"]
  readonly turn: Pick<Turns, "poke" | "refreshed">
  readonly self: ProcessHost["Service"]["self"]
  /** Whether this host executes what others have left. */
  readonly adopts: boolean
  /** Whether a program is there that executes what this one has queued. */
  readonly isAlive: (host: Run["host"]) => Effect.Effect<boolean, RunyardError>
  /** The longest time that a run may take by the host's own settings; 0: no limit. */
  readonly longestMillis: number
  readonly mask: (text: string) => string
  /** What breakers say, by account. */
  readonly passages: Effect.Effect<ReadonlyMap<string, Passage>, RunyardError>
  /** What is left of those that are about a run. */
  readonly budgets: (run: Run) => Effect.Effect<ReadonlyArray<BudgetState>, RunyardError>
}

/** How many runs that have ended tell how long the next ones take. */
const samples = 50
/** How often it is looked whether something is still executed. */
const drainPoll = "200 millis"

const median = (values: ReadonlyArray<number>): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const decodeChange = Schema.decodeUnknownEffect(ControlChange, { onExcessProperty: "error" })

/** What is wrong with a decision beyond its form. */
const unfit = (change: ControlChange, { budgets = [] }: QueueControl): RunyardError | undefined => {
  if (change.kind === "noBudget") {
    return budgets.some(({ id }) => id === change.id)
      ? undefined
      : runyardError("QUEUE_BUDGET_NOT_FOUND", { detail: { budget: change.id } })
  }
  if (change.kind !== "budget") return undefined
  const { id, timeZone } = change.rule
  if (timeZone !== undefined && !isZone(timeZone)) {
    return runyardError("QUEUE_REQUEST_INVALID", { message: `There is no time zone "${timeZone}"` })
  }
  const others = budgets.filter((rule) => rule.id !== id)
  return others.length < maxBudgets
    ? undefined
    : runyardError("QUEUE_REQUEST_INVALID", { message: `A store has at most ${maxBudgets} budgets` })
}

export const queueDesk = (
  options: Options,
): QueueDesk & {
  readonly explain: (id: RunId, options?: ExplainOptions) => Effect.Effect<RunExplanation, RunyardError>
} => {
  const { adopts, budgets, isAlive, log, longestMillis, mask, passages, queue, self, store, turn } = options

  const masked = ({ by, reason }: Actor): Actor => ({
    by: mask(by),
    ...(reason === undefined ? {} : { reason: mask(reason) }),
  })

  const explained = (run: Run, rest: Partial<RunExplanation>, now: number): RunExplanation => {
    const error = run.error === undefined || run.state === "succeeded" ? {} : { error: run.error }
    const last = run.attempts.at(-1)?.retry
    const retry = last === undefined || run.state === "succeeded" ? {} : { retry: last }
    const explanation = { runId: run.id, state: run.state, reasons: [], ...error, ...retry, ...rest }
    return { ...explanation, text: explanationText(explanation, now) }
  }

  const explain = Effect.fn("Runyard.explain")(function* (id: RunId, { place = true }: ExplainOptions = {}) {
    const now = yield* Clock.currentTimeMillis
    const before = yield* store.get(id)
    if (isTerminal(before.state)) return explained(before, {}, now)
    const known = yield* budgets(before)
    const budget = known.length === 0 ? {} : { budgets: known }
    if (!QueueEntry.isWaiting(before)) return explained(before, budget, now)
    const view = yield* turn.refreshed
    const run = yield* store.get(id)
    const entry = view.entries.get(id)
    if (!QueueEntry.isWaiting(run) || entry === undefined) return explained(run, budget, now)
    const hasHost =
      adopts ||
      entry.place.shared === true ||
      run.host.id === self.id ||
      entry.lease !== undefined ||
      (yield* isAlive(run.host))
    const longest = longestMillis > 0 ? longestMillis : undefined
    const { expiresAt } = run.queue ?? {}
    const waiting = whyItWaits(run, view, hasHost, longest, place, yield* passages)
    const bound = waiting.latestStart === undefined || longest === undefined ? {} : { longestMillis: longest }
    return explained(run, { ...budget, ...waiting, ...bound, ...(expiresAt === undefined ? {} : { expiresAt }) }, now)
  })

  const list: QueueDesk["list"] = Effect.fn("Runyard.queue.list")(function* ({
    limit = defaultQueueLimit,
    tenant,
  } = {}) {
    const first = yield* turn.refreshed
    const executed = [...first.entries.values()].filter(({ state }) => state === "live")
    const startedAt = new Map<string, number>()
    for (const { id } of executed) {
      const started = (yield* store.get(id)).attempts.at(-1)?.startedAt
      if (started !== undefined) startedAt.set(id, started)
    }
    const durations = new Map<string, number>()
    for (const provider of new Set([...first.entries.values()].map((entry) => entry.provider))) {
      const ended = yield* store.list({ provider, states: terminalStates, limit: samples })
      const known = median(
        ended.flatMap(({ attempts }) => {
          const { endedAt, startedAt } = attempts.at(-1) ?? {}
          return endedAt === undefined || startedAt === undefined ? [] : [endedAt - startedAt]
        }),
      )
      if (known !== undefined) durations.set(provider, known)
    }
    const view = yield* turn.refreshed
    return listQueue(view, {
      limit: Math.min(Math.max(limit, 0), maxQueueLimit),
      tenant,
      duration: (provider) => durations.get(provider),
      startedAt,
    })
  })

  const change: QueueDesk["change"] = Effect.fn("Runyard.queue.change")(function* (id, change, actor) {
    const run = yield* store.get(id)
    const at = yield* Clock.currentTimeMillis
    const told = masked(actor)
    const event = draft("queue.changed", { ...told, ...change })
    const entry = entryOfPlace(run, change, { at, ...told })
    yield* Effect.mapError(
      log.append(id, [{ attempt: run.attempts.length, at, mono: 0, ...event }], undefined, entry),
      (error: RunyardError) => (error.code === "STORE_CONFLICT" ? notWaiting(run) : error),
    )
    turn.poke()
    return yield* store.get(id)
  })

  const decide: QueueDesk["decide"] = Effect.fn("Runyard.queue.decide")(function* (input, actor) {
    const change = yield* Effect.mapError(decodeChange(input), ({ message }) =>
      runyardError("QUEUE_REQUEST_INVALID", {
        message: `The decision is not valid: ${mask(message).replaceAll(/\s+/g, " ").slice(0, 400)}`,
      }),
    )
    const at = yield* Clock.currentTimeMillis
    const problem = unfit(change, yield* queue.control)
    if (problem !== undefined) return yield* problem
    const control = yield* queue.decide({ at, change, ...masked(actor) })
    turn.poke()
    return control
  })

  const drain: QueueDesk["drain"] = Effect.fn("Runyard.queue.drain")(function* (actor) {
    yield* decide({ kind: "pause" }, actor)
    for (;;) {
      const { entries } = yield* turn.refreshed
      if (![...entries.values()].some(({ lease, state }) => state === "live" || lease !== undefined)) return
      yield* Effect.sleep(drainPoll)
    }
  })

  return {
    explain,
    list,
    change,
    decide,
    decisions: (limit = 100) => queue.decisions(Math.min(Math.max(limit, 0), maxControls)),
    drain,
  }
}

export const notWaiting = ({ id, state }: Run): RunyardError =>
  runyardError("QUEUE_NOT_WAITING", { message: `The run does not wait: it is ${state}`, detail: { runId: id, state } })
