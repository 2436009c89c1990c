/** The library's front door: submit, watch, cancel, find runs. Composes the other services and decides nothing twice. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type Admission, admissionOf, rejectionOf, type RunCheck } from "./Admission.ts"
import { AdapterRegistry } from "./AdapterRegistry.ts"
import { type Breaker, Breakers } from "./Breakers.ts"
import { Capabilities, type Diagnosis } from "./Capabilities.ts"
import { knownSecrets } from "./ChildEnvironment.ts"
import { EventLog, type TailOptions } from "./EventLog.ts"
import type { Grant } from "./Grant.ts"
import { Grants, type Revocation } from "./Grants.ts"
import { HostSettings } from "./HostSettings.ts"
import { budgetDesk, type BudgetDesk, budgetsOf } from "./internal/budgetDesk.ts"
import { breakerGate } from "./internal/breakerGate.ts"
import { expiry } from "./internal/expiry.ts"
import { executions } from "./internal/executions.ts"
import { grantWatch } from "./internal/grantWatch.ts"
import { grantRevocation } from "./internal/grantRevocation.ts"
import { fairSettings } from "./internal/hostLimits.ts"
import { hostShutdown, runsLeft, type ShutdownReport } from "./internal/hostShutdown.ts"
import { hostPresence } from "./internal/hostPresence.ts"
import { hostWatch } from "./internal/hostWatch.ts"
import { type Actor, type ExplainOptions, PlaceChange, queueDesk, type QueueDesk } from "./internal/queueDesk.ts"
import { reconcile } from "./internal/reconcile.ts"
import { redactError, redactInfo } from "./internal/redactError.ts"
import * as RunEnd from "./internal/runEnd.ts"
import { runAgain } from "./internal/runAgain.ts"
import { runFollowing } from "./internal/runFollowing.ts"
import { runSessions } from "./internal/runSession.ts"
import { type ScheduleDesk, scheduleDesk } from "./internal/scheduleDesk.ts"
import { scheduleFire } from "./internal/scheduleFire.ts"
import { scheduleWatch } from "./internal/scheduleWatch.ts"
import { submits } from "./internal/submits.ts"
import { turns } from "./internal/turns.ts"
import { type LiveFrame, LiveView } from "./LiveView.ts"
import { draft, type TimelessDraft } from "./EventDraft.ts"
import { defaultPriceTable, withPrices } from "./PriceTable.ts"
import { ProcessHost } from "./ProcessHost.ts"
import { liveStates, openStates, type RecoveryReport, recoverRuns, waitsForTurn } from "./Recovery.ts"
import { PromptSeal } from "./PromptSeal.ts"
import type { QueueRoom } from "./QueueQuota.ts"
import type { RedactionSession } from "./RedactionSession.ts"
import { Redactor } from "./Redactor.ts"
import type { Run, RunId } from "./Run.ts"
import type { RedactionCount, RunEvent, StoredEvent } from "./RunEvent.ts"
import type { RunExplanation } from "./RunExplanation.ts"
import type { RunyardError } from "./RunyardError.ts"
import { RunQueue } from "./RunQueue.ts"
import { type CancelRequest, type RunFilter, RunStore } from "./RunStore.ts"
import { Runner } from "./Runner.ts"
import { Schedules } from "./Schedules.ts"
import { SecretStore } from "./SecretStore.ts"
import { UsageLedger } from "./UsageLedger.ts"

export {
  type Actor,
  type BudgetDesk,
  type ExplainOptions,
  PlaceChange,
  type QueueDesk,
  runsLeft,
  type ScheduleDesk,
  type ShutdownReport,
}

/** Submits that are stored at once; more of them wait for each other. */
const maxStoring = 1_000

export class Runyard extends Context.Service<
  Runyard,
  {
    /**
     * Checks a request, stores it as a queued run and returns; the run is executed in the background when its turn
     * comes. A request whose `idempotencyKey` was sent before, by this tenant and with the same content, gives the run that
     * it became then, whatever that has come to; where its host has died before it began, it is executed here. Fails before
     * anything is stored: `QUEUE_IDEMPOTENCY_CONFLICT`, `QUEUE_REQUEST_INVALID`, `QUEUE_PROVIDER_UNKNOWN`, `CLI_NOT_FOUND`,
     * `CLI_VERSION_UNSUPPORTED`, `IO_*`, `POLICY_*`, `SECRET_*`, `POLICY_BUDGET*`, `QUEUE_QUOTA`, `QUEUE_FULL`, `QUEUE_SHUTTING_DOWN`, or what the adapter
     * refuses.
     * @param actor who asks, for the ledger: a user's or a token's name. Default: `HostSettings.actor`.
     */
    readonly submit: (request: unknown, actor?: string) => Effect.Effect<Run, RunyardError>
    /**
     * Fails as a submit of the same request would, and stores nothing; what may be asked of a CLI is its version. Gives what
     * a submit would warn of. By the time of the submit either may be otherwise.
     */
    readonly check: (request: unknown) => Effect.Effect<RunCheck, RunyardError>
    /**
     * The same, with the decision about it: started, waiting and where, not yet and until when, or refused and why. Fails
     * only where the store, or Runyard itself, does.
     */
    readonly admit: (request: unknown, actor?: string) => Effect.Effect<Admission, RunyardError>
    /** The decision about a run that `submit` or `rerun` has just given. */
    readonly admission: (run: Run) => Effect.Effect<Admission, RunyardError>
    /** Why the run is where it is: what it waits for, and how long at most; or how it ended. Fails with `STORE_RUN_NOT_FOUND`. */
    readonly explain: (id: RunId, options?: ExplainOptions) => Effect.Effect<RunExplanation, RunyardError>
    /** Looks at the queue of the store and changes it, for all hosts on it. */
    readonly queue: QueueDesk
    /** Budgets of the whole store, and what is left of them. */
    readonly budgets: BudgetDesk
    /** Requests that are submitted at the times of a cron expression, by a host with `HostSettings.schedules`. */
    readonly schedules: ScheduleDesk
    /**
     * A new attempt of a run that waits for a person, here, or at once of one whose next attempt is due later. The agent is
     * given the request again, from its beginning. Fails with `QUEUE_NOT_WAITING` for any other run.
     */
    readonly retry: (id: RunId, actor: Actor) => Effect.Effect<Run, RunyardError>
    /**
     * Submits the request of a run again as a new run, linked to it by `rerunOf`; `overrides` are fields of the request. Its
     * key, its `notBefore` and the id of a conversation that it began do not come along. Fails as `submit` does, and with
     * `QUEUE_REQUEST_INVALID` where the request was stored masked.
     */
    readonly rerun: (
      id: RunId,
      overrides?: Readonly<Record<string, unknown>>,
      actor?: string,
    ) => Effect.Effect<Run, RunyardError>
    /** Fails with `STORE_RUN_NOT_FOUND`. */
    readonly get: (id: RunId) => Effect.Effect<Run, RunyardError>
    /** Newest first. */
    readonly list: (filter?: RunFilter) => Effect.Effect<ReadonlyArray<Run>, RunyardError>
    /** What was masked in the events of a run, by rule and secret: how often, and fingerprints. */
    readonly redactions: (id: RunId) => Effect.Effect<ReadonlyArray<RedactionCount>, RunyardError>
    /** A run's log after `seq`, then live; ends when the run has stopped. */
    readonly events: (id: RunId, options?: TailOptions) => Stream.Stream<RunEvent, RunyardError>
    /** The log of all runs after a cursor, then live. */
    readonly allEvents: (options?: TailOptions) => Stream.Stream<StoredEvent, RunyardError>
    /**
     * Messages that are still being written, for runs of this host; ends when the run has stopped. Not numbered, and not
     * needed: the log gets them.
     */
    readonly liveText: (id: RunId) => Stream.Stream<LiveFrame>
    /** Waits until the run has stopped: ended, or `action_needed`. */
    readonly await: (id: RunId) => Effect.Effect<Run, RunyardError>
    /**
     * Ends a run wherever it is executed and returns when nothing of it is alive. A queued run never starts; a run that
     * has ended stays as it is. Asking twice is asking once; `force` skips the polite steps, also later.
     */
    readonly cancel: (id: RunId, request: CancelRequest) => Effect.Effect<Run, RunyardError>
    /**
     * Ends grants. Queued runs that no other grant covers become `rejected` within about a second, by their own hosts; with
     * `stopRuns`, runs that are executed in that directory or below are canceled, too, and it returns when nothing of them
     * is alive. Fails with `POLICY_GRANT_NOT_FOUND`.
     */
    readonly revoke: (
      revocation: Revocation,
      options: { readonly stopRuns: boolean },
    ) => Effect.Effect<{ readonly grants: ReadonlyArray<Grant>; readonly stopped: ReadonlyArray<Run> }, RunyardError>
    /**
     * Ends what dead hosts left behind, all of it at once, and gives their runs an end, or takes them back to the queue
     * when they are to be resumed. Run it once at the start of a host; with `HostSettings.recoverEveryMillis` it is done
     * again while the host lives. Queued runs that
     * have waited longer than they may get their end, too. Does nothing but warn where the store cannot be written.
     */
    readonly recover: Effect.Effect<RecoveryReport, RunyardError>
    /**
     * Executes queued runs of dead hosts here, resumed ones and those that wait to be tried again too; leaves others alone. Of two hosts that adopt the same
     * run one executes it. A run that never began and whose request was stored masked becomes `interrupted`.
     */
    readonly adopt: (ids: ReadonlyArray<RunId>) => Effect.Effect<void, RunyardError>
    /**
     * Stops executing. Submits are refused from here on, queued runs are let go of so that any host may adopt them, and runs
     * that are executed may finish for `HostSettings.shutdown`; then all of them are ended at once and become
     * `interrupted`. Returns when nothing of them is alive and their ends are stored, or after 8 s more, with the runs for
     * which that failed. Asking twice is asking once; `force` skips the waiting and the polite steps, also later. Closing
     * the layer's scope does the same.
     */
    readonly shutdown: (options: { readonly force: boolean }) => Effect.Effect<ShutdownReport>
    /** The breakers that know something against their account: which runs they keep from starting, and until when. */
    readonly breakers: Effect.Effect<ReadonlyArray<Breaker>, RunyardError>
    /** What every adapter found on this machine. */
    readonly diagnose: Effect.Effect<ReadonlyArray<Diagnosis>>
  }
>()("@runyard/core/Runyard") {
  /** Closing the scope shuts down politely, and logs the runs whose ends could not be stored. */
  static readonly layer = Layer.effect(
    Runyard,
    Effect.gen(function* () {
      const registry = yield* AdapterRegistry
      const capabilities = yield* Capabilities
      const breakers = yield* Breakers
      const log = yield* EventLog
      const store = yield* RunStore
      const queue = yield* RunQueue
      const ledger = yield* UsageLedger
      const schedules = yield* Schedules
      const live = yield* LiveView
      const processes = yield* ProcessHost
      const redactor = yield* Redactor
      const seal = yield* PromptSeal
      const runner = yield* Runner
      const grants = yield* Grants
      const settings = yield* HostSettings
      const secretStore = yield* SecretStore
      const prices = withPrices(defaultPriceTable, settings.prices)
      const hostSecrets = redactor.session(knownSecrets(processes.env, registry.all, {}))
      const sessionOf = runSessions(redactor, processes.env, registry.all)
      const appendNow = (id: RunId, items: ReadonlyArray<TimelessDraft>, attempt = 0, room?: QueueRoom) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) =>
          log.append(
            id,
            items.map((item) => ({ attempt, at, mono: 0, ...item })),
            room,
          ),
        )

      /** Ends the run unless somebody else was faster. */
      const settle = (id: RunId, items: ReadonlyArray<TimelessDraft>, attempt = 0) =>
        Effect.catch(Effect.asVoid(appendNow(id, items, attempt)), (error: RunyardError) =>
          error.code === "STORE_CONFLICT" ? Effect.void : Effect.fail(error),
        )

      const release = (id: RunId) => settle(id, [draft("queue.released", { host: processes.self })])
      const storing = Semaphore.makeUnsafe(maxStoring)
      const gate = breakerGate(breakers, settings.breaker)
      const executed = yield* executions({
        self: processes.self.id,
        store,
        queue,
        runner,
        gate,
        turn: () => turn,
        settle,
        release,
        hasStopped: () => stopping.hasBegun(),
      })
      const stopping = hostShutdown({
        finishMillis: settings.shutdown.finishMillis,
        fibers: executed.fibers,
        takeWaiting: () => turn.stop(),
        release,
        leave: Effect.suspend(() => Effect.andThen(turn.keep, presence.leave)),
        submitsDone: storing.withPermits(maxStoring)(Effect.void),
        hurry: runner.hurry,
        isLost: (id) => executed.lost(id) !== undefined,
      })
      // Who has asked for the shutdown itself has the report.
      yield* Effect.addFinalizer(() =>
        Effect.flatMap(Effect.all([Effect.sync(stopping.hasBegun), stopping.run(false)]), ([known, { left }]) =>
          known || left.length === 0
            ? Effect.void
            : Effect.annotateLogs(Effect.logError("The host stopped before these runs were recorded"), { runs: left }),
        ),
      )

      const { expire, expireLate } = expiry({ limits: settings.limits, settle })
      const watched = hostWatch({ queue, processes, leaseMillis: settings.leaseMillis })
      const presence = hostPresence({
        queue,
        processes,
        leaseMillis: settings.leaseMillis,
        isNeeded: settings.adopt,
        stopAll: executed.endAll,
        look: watched.look,
      })
      const { comeIn } = presence
      const turn = turns({
        queue: { ...queue, claim: (...asked) => Effect.andThen(comeIn, queue.claim(...asked)) },
        self: processes.self.id,
        settings: () => fairSettings(settings),
        adopts: settings.adopt,
        isWell: watched.isWell,
        passages: gate.passages,
        idle: processes.idle,
        expire: (id) => Effect.flatMap(store.get(id), expire),
        begin: executed.begin,
      })

      const revocations = grantWatch({
        grants,
        store,
        host: processes.self.id,
        isWaiting: () => turn.waiting() > 0,
        refusal: runner.refusal,
        deny: (id, { info }) => settle(id, [RunEnd.denied(redactInfo(hostSecrets, info))]),
        idle: processes.idle,
      })

      if (!store.isReadOnly) {
        yield* Effect.forkScoped(turn.loop)
        yield* Effect.forkScoped(presence.loop)
        if (settings.workspaces === "granted") yield* Effect.forkScoped(revocations)
      }

      /** A run that comes while the host shuts down is let go of. */
      const launch = (id: RunId): Effect.Effect<void, RunyardError> =>
        Effect.suspend(() => (stopping.hasBegun() ? release(id) : turn.add(id)))

      const adoptOne = Effect.fnUntraced(function* (id: RunId) {
        // Of many runs of one dead host each would be read anew.
        if (turn.isMine(id)) return yield* comeIn
        const run = yield* store.get(id)
        if (stopping.hasBegun() || !waitsForTurn(run) || run.host.id === processes.self.id) return
        if (yield* watched.isAlive(run.host)) return
        yield* comeIn
        yield* launch(id)
      })

      const { check, examine, submit } = submits({
        settings,
        prices,
        registry,
        store,
        queue,
        seal,
        secretStore,
        redactor,
        runner,
        self: processes.self,
        hostSecrets,
        sessionOf,
        hasStopped: stopping.hasBegun,
        comeIn,
        append: (id, items, room) => appendNow(id, items, 0, room),
        launch,
        adoptOne,
        storing,
      })

      const mine = {
        schedules,
        host: processes.self.id,
        leaseMillis: settings.leaseMillis,
        fires: scheduleFire({ schedules, store, submit }),
      }
      const scheduled = scheduleWatch({
        ...mine,
        hasStopped: stopping.hasBegun,
        idle: processes.idle,
      })
      if (settings.schedules && !store.isReadOnly) yield* Effect.forkScoped(scheduled)

      const reconciler = { log, store, queue, processes, runner, settings, expireLate, isAlive: watched.isAlive }
      const bury = (run: Run) => Effect.asVoid(reconcile(reconciler, [run]))
      const redactionOf = ({ request }: Run) => sessionOf(request, []).redaction
      const { awaitRun, cancel, events } = runFollowing({
        log,
        store,
        runner,
        self: processes.self.id,
        isExecuted: executed.has,
        isAlive: watched.isAlive,
        lost: executed.lost,
        expireLate,
        bury,
        settle,
        redactionOf,
      })

      const revoke = grantRevocation({ grants, store, cancel })

      // One after the other: two searches at once would find the same.
      const recovering = Semaphore.makeUnsafe(1)
      const recoverFrom = (
        ...[states, listed]: [Parameters<typeof recoverRuns>[1], Parameters<typeof recoverRuns>[2]?]
      ) =>
        recovering
          .withPermits(1)(recoverRuns(reconciler, states, listed))
          .pipe(Effect.tap(({ dead }) => Effect.sync(() => turn.adoptFrom(dead))))

      const adopt = (ids: ReadonlyArray<RunId>) => Effect.forEach(ids, adoptOne, { discard: true })

      const books = { settings, prices, registry, queue, ledger }
      const { explain, ...desk } = queueDesk({
        queue,
        store,
        log,
        turn,
        self: processes.self,
        adopts: settings.adopt,
        isAlive: store.isReadOnly ? () => Effect.succeed(true) : watched.isAlive,
        longestMillis: settings.limits.wallMillis,
        mask: (text) => hostSecrets.text(text).value,
        budgets: budgetsOf(books),
        passages: gate.passages,
      })

      const admission = (run: Run) => Effect.map(explain(run.id), (explanation) => admissionOf(run, explanation))

      const admit = Effect.fn("Runyard.admit")(function* (request: unknown, actor?: string) {
        const result = yield* Effect.result(submit(request, actor))
        if (Result.isSuccess(result)) return yield* admission(result.success)
        return rejectionOf(result.failure) ?? (yield* result.failure)
      })

      const { rerun, retry } = runAgain({
        store,
        log,
        self: processes.self,
        storing,
        hasStopped: stopping.hasBegun,
        comeIn,
        append: appendNow,
        launch,
        adoptOne,
        change: desk.change,
        submit,
        redactionOf,
      })

      const watch = Effect.gen(function* () {
        yield* processes.idle(settings.recoverEveryMillis)
        yield* executed.buryLost(bury)
        const { resumed } = yield* recoverFrom(settings.adopt ? openStates : liveStates, liveStates)
        if (settings.adopt) yield* adopt(resumed.filter((id) => !executed.has(id)))
        // A store, or a process table, that cannot tell now is asked again.
      }).pipe(Effect.ignoreCause({ log: "Debug", message: "Hosts that died could not be looked for" }))
      if (settings.recoverEveryMillis > 0 && !store.isReadOnly) yield* Effect.forkScoped(Effect.forever(watch))

      return Runyard.of({
        submit,
        check,
        admit,
        admission,
        explain,
        queue: desk,
        budgets: budgetDesk({ ...books, decide: desk.decide }),
        schedules: scheduleDesk({
          ...mine,
          check: examine,
          mask: (text) => hostSecrets.text(text).value,
        }),
        retry,
        rerun,
        get: store.get,
        redactions: store.redactions,
        list: (filter = {}) => store.list(filter),
        events,
        allEvents: log.all,
        liveText: (id) => Stream.interruptWhen(live.frames(id), Effect.ignore(awaitRun(id))),
        await: awaitRun,
        cancel,
        revoke,
        recover: store.isReadOnly ? Effect.as(readOnlyWarning, nothingRecovered) : recoverFrom(openStates),
        adopt,
        breakers: breakers.all,
        shutdown: ({ force }) => stopping.run(force),
        diagnose: Effect.map(Effect.forEach(registry.all, capabilities.diagnose, { concurrency: 4 }), (found) =>
          found.map((diagnosis) => redactDiagnosis(hostSecrets, diagnosis)),
        ),
      })
    }),
  )
}

const readOnlyWarning = Effect.logWarning(
  "The store can be read but not written: what dead programs left behind is neither ended nor recorded, and no run can be started",
)
const nothingRecovered: RecoveryReport = { interrupted: [], resumed: [], queued: [], dead: [], survivors: [] }

/** What CLIs say of themselves is output like any other. */
const redactDiagnosis = (redaction: RedactionSession, { error, ...rest }: Diagnosis): Diagnosis => ({
  ...(redaction.json(rest).value as typeof rest),
  ...(error === undefined ? {} : { error: redactError(redaction, error) }),
})
