/** Runyard for people who write promises: the same runtime, stores and guarantees behind a few plain objects. */
import {
  type Actor,
  type Admission,
  type AuditRecord,
  type AuditFilter,
  AuditLog,
  type CancelRequest,
  type ControlChange,
  type ControlRecord,
  type Diagnosis,
  isTerminal,
  type LedgerEntry,
  type LedgerFilter,
  type LedgerGrouping,
  type LedgerSum,
  type LiveFrame,
  type PlaceChange,
  type QueueControl,
  type QueueListing,
  type Run,
  type RunEvent,
  type RunExplanation,
  type RunFilter,
  RunId,
  runsLeft,
  Runyard,
  type RunyardError,
  runyardError,
  type StoredEvent,
  type TailOptions,
  UsageLedger,
} from "@runyard/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type AppOptions, appLayer } from "./AppLayer.ts"
import type { StartRequest } from "./StartRequest.ts"
import { type YardBudgets, yardBudgets } from "./yardBudgets.ts"
import { type YardSchedules, yardSchedules } from "./yardSchedules.ts"

export interface OpenOptions extends AppOptions {
  /** Whether runs that dead programs left in the queue are executed here, now and later. Default: yes. */
  readonly adopt?: boolean | undefined
  /** Whether the runs of the store's schedules are submitted here when they are due. Default: yes. */
  readonly schedules?: boolean | undefined
}

export interface StartOptions {
  /** Aborting cancels the run. */
  readonly signal?: AbortSignal
}

export interface RunHandle {
  readonly id: RunId
  /** The run as it is now. */
  readonly get: () => Promise<Run>
  /** The log after `after`, then live; ends when the run has stopped. Leaving the loop leaves the run alone. */
  readonly events: (options?: TailOptions) => AsyncIterable<RunEvent>
  /** Messages while they are written; for runs of this program. */
  readonly liveText: () => AsyncIterable<LiveFrame>
  /** Waits until the run has stopped. A failed run is a result with an `error`, not a rejection. */
  readonly result: () => Promise<Run>
  /** Why it waits, and by when it starts at the latest; or how it ended. */
  readonly explain: () => Promise<RunExplanation>
  /** Another attempt of a run that waits for a person, or for its next attempt. */
  readonly retry: (actor?: Partial<Actor>) => Promise<Run>
  /** Its request once more, as a new run, with other fields where they are given. */
  readonly rerun: (overrides?: Partial<StartRequest>) => Promise<RunHandle>
  /** Ends the run and everything it started; resolves when nothing of it is alive. */
  readonly cancel: (request?: Partial<CancelRequest>) => Promise<Run>
}

/** The queue of the store, for all programs on it. */
export interface YardQueue {
  /** What is executed and what waits, in order, with guesses at the starts. */
  readonly list: (options?: { readonly limit?: number }) => Promise<QueueListing>
  /** Changes how a run waits. Rejects with `QUEUE_NOT_WAITING`. */
  readonly change: (id: string, change: PlaceChange, actor?: Partial<Actor>) => Promise<Run>
  /** Pauses, resumes, or changes limits, for every program on the store. */
  readonly decide: (change: ControlChange, actor?: Partial<Actor>) => Promise<QueueControl>
  /** Who decided what, newest first. */
  readonly decisions: (limit?: number) => Promise<ReadonlyArray<ControlRecord>>
  /** Pauses the queue; resolves when nothing is executed any more. */
  readonly drain: (actor?: Partial<Actor>) => Promise<void>
}

export interface Yard {
  /** Checks the request, stores the run and starts it when its turn comes. Rejects with a `RunyardError`. */
  readonly start: (request: StartRequest, options?: StartOptions) => Promise<RunHandle>
  /** The same with the decision about it, which may be a refusal: that is no rejection. */
  readonly admit: (request: StartRequest) => Promise<Admission>
  readonly queue: YardQueue
  /** Budgets of all programs on the store, and what is left of them. */
  readonly budgets: YardBudgets
  /** Who has decided what on the store, newest first: 100 by default. */
  readonly audit: (filter?: AuditFilter) => Promise<ReadonlyArray<AuditRecord>>
  /** Requests that are submitted at the times of a cron expression. */
  readonly schedules: YardSchedules
  /** A run by its id, of whichever program. */
  readonly run: (id: string) => RunHandle
  /** Newest first. */
  readonly list: (filter?: RunFilter) => Promise<ReadonlyArray<Run>>
  /** The log of all runs, in the order of their commits. */
  readonly allEvents: (options?: TailOptions) => AsyncIterable<StoredEvent>
  /** One entry for each attempt, newest first, with what it used and cost and where each figure is from. At most 1,000. */
  readonly ledger: (filter?: LedgerFilter) => Promise<ReadonlyArray<LedgerEntry>>
  /** Sums of the whole ledger. @param timeZone of days. Default: UTC. */
  readonly usage: (by: LedgerGrouping, filter?: LedgerFilter, timeZone?: string) => Promise<ReadonlyArray<LedgerSum>>
  /** Which CLIs are there and what they can do. */
  readonly diagnose: () => Promise<ReadonlyArray<Diagnosis>>
  /**
   * Refuses new runs, lets go of those that wait, gives those that are executed the time of `shutdown`, ends what is left
   * of them (`interrupted`) and closes the store. Takes about a ladder, and never longer than 8 s beyond `shutdown`: it
   * rejects with `QUEUE_RUNS_LEFT` then. Calling it again waits for the same end; `force` kills at once, also later.
   */
  readonly close: (options?: { readonly force?: boolean }) => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const parseId = (id: string) =>
  Schema.decodeUnknownEffect(RunId)(id).pipe(
    Effect.mapError(() =>
      runyardError("STORE_RUN_NOT_FOUND", { message: `"${id.slice(0, 60)}" is not the id of a run` }),
    ),
  )

const byUser = (actor: Partial<Actor> = {}): Actor => ({ by: "user", ...actor })

const hasStopped = ({ state }: Run): boolean => isTerminal(state) || state === "action_needed"

const yardClosed = (): RunyardError =>
  runyardError("QUEUE_SHUTTING_DOWN", { message: "This yard is closed", remedy: "Open it again." })

/** Opens the store, ends what a crashed program left behind, and gives the yard. Rejects with a `RunyardError`. */
export const open = async (options: OpenOptions = {}): Promise<Yard> => {
  const adopt = options.adopt ?? true
  // The stdout of the program is the program's.
  const runtime = ManagedRuntime.make(
    Layer.provideMerge(
      appLayer({ ...options, adopt, schedules: options.schedules ?? true }),
      Layer.succeed(Logger.LogToStderr, true),
    ),
  )
  let closing: Promise<void> | undefined
  let closed = false
  /** Calls that wait for a run to stop. */
  const waiting = new Map<Promise<unknown>, RunId>()

  const call = async <A>(effect: Effect.Effect<A, RunyardError, AuditLog | Runyard | UsageLedger>): Promise<A> => {
    if (closed) throw yardClosed()
    const exit = await runtime.runPromiseExit(effect)
    if (Exit.isSuccess(exit)) return exit.value
    throw closing !== undefined && Cause.hasInterruptsOnly(exit.cause) ? yardClosed() : Cause.squash(exit.cause)
  }
  const callUntilStopped = <A>(id: RunId, effect: Effect.Effect<A, RunyardError, Runyard>): Promise<A> => {
    const called = call(effect)
    waiting.set(called, id)
    const forget = (): void => void waiting.delete(called)
    called.then(forget, forget)
    return called
  }
  const iterate = <A, E>(stream: Stream.Stream<A, E, Runyard>): AsyncIterable<A> => ({
    [Symbol.asyncIterator]: () => {
      const context = closed ? Promise.reject(yardClosed()) : runtime.context()
      const ready = context.then((services) => Stream.toAsyncIterableWith(stream, services)[Symbol.asyncIterator]())
      return {
        next: async () => (await ready).next(),
        return: async () => (await ready).return?.() ?? { done: true, value: undefined },
      }
    },
  })

  const handle = (id: RunId): RunHandle => ({
    id,
    get: () => call(Runyard.use((yard) => yard.get(id))),
    events: (tail) => iterate(Stream.unwrap(Runyard.useSync((yard) => yard.events(id, tail)))),
    liveText: () => iterate(Stream.unwrap(Runyard.useSync((yard) => yard.liveText(id)))),
    result: () =>
      callUntilStopped(
        id,
        Runyard.use((yard) => yard.await(id)),
      ),
    explain: () => call(Runyard.use((yard) => yard.explain(id))),
    retry: (actor) => call(Runyard.use((yard) => yard.retry(id, byUser(actor)))),
    rerun: async (overrides) => handle((await call(Runyard.use((yard) => yard.rerun(id, overrides)))).id),
    cancel: (request) =>
      callUntilStopped(
        id,
        Runyard.use((yard) => yard.cancel(id, { by: "user", force: false, ...request })),
      ),
  })

  const shutDown = async (force: boolean): Promise<void> => {
    const report = await call(Runyard.use((yard) => yard.shutdown({ force })))
    // Whoever waits for a run that has stopped by now gets it: the log that says so is still open.
    for (const [called, id] of waiting) {
      const stopped = await call(Runyard.use((yard) => yard.get(id))).then(hasStopped, () => false)
      if (stopped) await called.catch(() => undefined)
    }
    closed = true
    await runtime.dispose()
    if (report.left.length > 0) throw runsLeft(report)
  }
  const close: Yard["close"] = ({ force = false } = {}) => {
    if (closing === undefined) closing = shutDown(force)
    else if (force) void call(Runyard.use((yard) => yard.shutdown({ force }))).catch(() => undefined)
    return closing
  }
  try {
    await call(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const left = yield* yard.recover
        if (adopt) yield* yard.adopt([...left.queued, ...left.resumed])
      }),
    )
  } catch (error) {
    await runtime.dispose()
    throw error
  }

  return {
    start: async (request, { signal } = {}) => {
      signal?.throwIfAborted()
      const run = await call(Runyard.use((yard) => yard.submit({ cwd: process.cwd(), ...request })))
      const made = handle(run.id)
      if (signal !== undefined) {
        const abort = () => void made.cancel({ by: "AbortSignal" }).catch(() => undefined)
        signal.addEventListener("abort", abort, { once: true })
        if (signal.aborted) abort()
        void made
          .result()
          .finally(() => signal.removeEventListener("abort", abort))
          .catch(() => undefined)
      }
      return made
    },
    admit: (request) => call(Runyard.use((yard) => yard.admit({ cwd: process.cwd(), ...request }))),
    queue: {
      list: (options) => call(Runyard.use((yard) => yard.queue.list(options))),
      change: (id, change, actor) =>
        call(
          Effect.gen(function* () {
            const yard = yield* Runyard
            return yield* yard.queue.change(yield* parseId(id), change, byUser(actor))
          }),
        ),
      decide: (change, actor) => call(Runyard.use((yard) => yard.queue.decide(change, byUser(actor)))),
      decisions: (limit) => call(Runyard.use((yard) => yard.queue.decisions(limit))),
      drain: (actor) => call(Runyard.use((yard) => yard.queue.drain(byUser(actor)))),
    },
    budgets: yardBudgets(call),
    audit: (filter) => call(AuditLog.use((log) => log.list(filter))),
    schedules: yardSchedules(call),
    run: (id) => {
      const parsed = Effect.runSync(Effect.result(parseId(id)))
      if (parsed._tag === "Failure") throw parsed.failure
      return handle(parsed.success)
    },
    list: (filter) => call(Runyard.use((yard) => yard.list(filter))),
    allEvents: (tail) => iterate(Stream.unwrap(Runyard.useSync((yard) => yard.allEvents(tail)))),
    ledger: (filter = {}) => call(UsageLedger.use((ledger) => ledger.entries(filter))),
    usage: (by, filter = {}, timeZone) => call(UsageLedger.use((ledger) => ledger.sums(by, filter, timeZone))),
    diagnose: () => call(Runyard.use((yard) => yard.diagnose)),
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}
