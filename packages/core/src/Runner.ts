/** Executes one attempt of a run, from claim to its last event. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { SpendingCaps } from "./Adapter.ts"
import { aftermath } from "./internal/aftermath.ts"
import { AdapterRegistry } from "./AdapterRegistry.ts"
import { Breakers } from "./Breakers.ts"
import type { BudgetPlan } from "./Budget.ts"
import { planOf } from "./BudgetRules.ts"
import { Capabilities } from "./Capabilities.ts"
import { EventLog } from "./EventLog.ts"
import { Grants } from "./Grants.ts"
import { HostSettings } from "./HostSettings.ts"
import { isMasked } from "./internal/again.ts"
import { answerJudge } from "./internal/answerJudge.ts"
import { attending } from "./internal/attending.ts"
import { cancelRequests } from "./internal/cancelRequests.ts"
import { breakerGate } from "./internal/breakerGate.ts"
import { preparation } from "./internal/preparation.ts"
import { isResumption, resumedRequest } from "./internal/afterCrash.ts"
import type { Append } from "./internal/followProcess.ts"
import { monotonicMillis } from "./internal/monotonic.ts"
import { redactDraft } from "./internal/redactDraft.ts"
import { redactError } from "./internal/redactError.ts"
import * as RunEnd from "./internal/runEnd.ts"
import { type RunSecrets, runSecrets } from "./internal/runSecrets.ts"
import { budgetWatch } from "./internal/budgetWatch.ts"
import { type RunBudget, runBudget } from "./internal/runBudget.ts"
import { type RunSession, runSessions } from "./internal/runSession.ts"
import { makeRecorder } from "./internal/storeTrouble.ts"
import { LiveView } from "./LiveView.ts"
import { draft, type TimelessDraft } from "./EventDraft.ts"
import { defaultPriceTable, withPrices } from "./PriceTable.ts"
import { ProcessHost } from "./ProcessHost.ts"
import { PromptSeal } from "./PromptSeal.ts"
import { Redactor } from "./Redactor.ts"
import type { Run, RunId, RunRequest } from "./Run.ts"
import type { EventDraft } from "./RunEvent.ts"
import type { RunyardError } from "./RunyardError.ts"
import { RunQueue } from "./RunQueue.ts"
import { type CancelRequest, RunStore } from "./RunStore.ts"
import { SecretStore } from "./SecretStore.ts"
import { StructuredOutput } from "./StructuredOutput.ts"
import { timeLimits } from "./TimeLimits.ts"
import { UsageLedger } from "./UsageLedger.ts"
import { Workspace } from "./Workspace.ts"

/** A run that is executed so soon after its submit was checked an instant ago; it is checked as it starts, too. */
const freshMillis = 1_000

/** `again`: another attempt follows. `refused`: it did not begin, and whoever kept it from that has said so in its log. */
export type Became = "ended" | "again" | "refused"

export class Runner extends Context.Service<
  Runner,
  {
    /**
     * Checks that a request can be executed here, without starting anything: its directories are granted, the CLI is
     * there, its version can do it, the policy allows it. Fails with the error that the run would end with. Gives the
     * request with real paths, and what its log will warn of.
     * @param known values of the secrets that the request refers to, which no argument may hold.
     * @param scan looks for secrets in the request, after its grants and policies and before its CLI is asked anything.
     */
    readonly check: (
      request: RunRequest,
      known?: RunSecrets["known"],
      scan?: (request: RunRequest) => Result.Result<unknown, RunyardError>,
    ) => Effect.Effect<{ readonly request: RunRequest; readonly warnings: ReadonlyArray<string> }, RunyardError>
    /** Why a request that was checked may not be executed any more; undefined when it may, or when nobody can tell now. */
    readonly refusal: (request: RunRequest) => Effect.Effect<RunyardError | undefined>
    /**
     * Executes a queued run and returns when its last event is stored and nothing of it is alive. What goes wrong with
     * the run is in its log, defects of an adapter included. A failure of the service that is safe to try again ends the
     * attempt and not the run, which then waits in `retry_wait`. Only the store's own failures are errors here, and those that
     * may pass only when it is interrupted: it waits for a store that is busy, full or cannot be written. Does nothing
     * and gives `refused` when another host has claimed the run, when it is held, or when it was canceled. A queued run whose grant is gone becomes `rejected`.
     * Interruption ends the process tree and writes
     * `run.interrupted` before it returns.
     * A run that comes back from a crash goes on with its conversation, by a prompt of ours.
     * A run whose stored request is masked is executed with the exact one that was sealed for it; where that is gone, it
     * becomes `interrupted`.
     * Gives what became of it.
     */
    readonly execute: (run: Run) => Effect.Effect<Became, RunyardError>
    /**
     * Says that there is a cancel request for a run, so that who executes it here looks at once; gives whether somebody
     * does. @param unstored the request, when the store could not take it.
     */
    readonly cancelRequested: (id: RunId, unstored?: CancelRequest) => Effect.Effect<boolean>
    /**
     * Why the log of a run that is executed here cannot go on, once that has been so for 5 s. It is tried again until it
     * succeeds, or this host ends.
     */
    readonly trouble: (id: RunId) => RunyardError | undefined
    /** From now on, trees of runs that are being ended are killed without being asked first. */
    readonly hurry: Effect.Effect<void>
  }
>()("@runyard/core/Runner") {
  static readonly layer = Layer.effect(
    Runner,
    Effect.gen(function* () {
      const registry = yield* AdapterRegistry
      const capabilities = yield* Capabilities
      const breakers = yield* Breakers
      const log = yield* EventLog
      const store = yield* RunStore
      const queue = yield* RunQueue
      const ledger = yield* UsageLedger
      const live = yield* LiveView
      const processes = yield* ProcessHost
      const redactor = yield* Redactor
      const seal = yield* PromptSeal
      const structured = yield* StructuredOutput
      const workspace = yield* Workspace
      const grants = yield* Grants
      const settings = yield* HostSettings
      const secretStore = yield* SecretStore
      const budgets = budgetWatch({ ledger, queue })
      yield* Effect.forkScoped(budgets.loop)
      const hurried = Latch.makeUnsafe(false)
      const recorder = makeRecorder()
      const prices = withPrices(defaultPriceTable, settings.prices)
      const sessionOf = runSessions(redactor, processes.env, registry.all)
      const services = { registry, capabilities, grants, settings, structured, workspace }
      const { places, prepare, refusal } = preparation(services)

      const check = Effect.fn("Runner.check")(function* (
        request: RunRequest,
        known: RunSecrets["known"] = [],
        scan?: (request: RunRequest) => Result.Result<unknown, RunyardError>,
      ) {
        const session = sessionOf(request, known)
        const prepared = yield* Effect.mapError(
          prepare(request, session, { checked: false, ...(scan === undefined ? {} : { scan }) }),
          (error) => redactError(session.redaction, error),
        )
        const { applied, profile } = prepared
        const told = applied.map(({ decision, message }) => message ?? decision)
        const degraded = profile.status === "degraded" && profile.message !== undefined ? [profile.message] : []
        const warnings = [...degraded, ...told].map((text) => session.redaction.text(text).value)
        return { request: prepared.request, warnings }
      })

      const cancels = cancelRequests(store)
      const attend = attending({
        processes,
        workspace,
        places,
        ledger,
        prices,
        live,
        seal,
        settings,
        cancels,
        hurried: hurried.await,
        judge: answerJudge(structured),
      })

      const failed = (error: RunyardError): Effect.Effect<ReadonlyArray<TimelessDraft>> =>
        Effect.succeed([RunEnd.failure(error.info)])

      /** The command line with its files in a directory that lives as long as the scope. */
      const inScratch = Effect.fnUntraced(function* (request: RunRequest, session: RunSession, caps: SpendingCaps) {
        const scratch = yield* workspace.scratch
        const prepared = yield* prepare(request, session, { checked: true, scratch, caps })
        for (const [name, content] of Object.entries(prepared.invocation.files)) {
          yield* workspace.write(scratch, name, content)
        }
        return prepared
      })

      /** What an attempt needs before anything is started. From here on the run's secrets are masked, in errors too. */
      const ready = Effect.fnUntraced(function* (request: RunRequest, caps: SpendingCaps) {
        const secrets = yield* runSecrets(secretStore, request)
        const session = sessionOf(request, secrets.known)
        const prepared = yield* Effect.mapError(
          Effect.flatMap(prepare(request, session, { checked: true, caps }), (bare) =>
            Object.keys(bare.invocation.files).length > 0 ? inScratch(request, session, caps) : Effect.succeed(bare),
          ),
          (error) => redactError(session.redaction, error),
        )
        return { secrets, session, prepared }
      })

      /** The request as it was made; undefined when only its masked text is left. */
      const requestOf = (run: Run): Effect.Effect<RunRequest | undefined, RunyardError> => {
        if (isResumption(run)) return Effect.succeed(resumedRequest(run))
        return isMasked(run) ? seal.unseal(run.id) : Effect.succeed(run.request)
      }

      const gate = breakerGate(breakers, settings.breaker)
      const decide = aftermath({ store, settings, gate, cancelNow: cancels.now, requestOf })

      /** Ends a queued run whose grant has gone while it waited; gives whether it did. */
      const rejected = Effect.fnUntraced(function* (run: Run) {
        if (run.state !== "queued" || (yield* Clock.currentTimeMillis) - run.createdAt < freshMillis) return false
        const request = yield* Effect.orElseSucceed(requestOf(run), () => undefined)
        if (request === undefined) return false
        // A file system that does not answer must not keep the host from stopping: the check comes again after the claim.
        const checked = yield* Effect.exit(Effect.interruptible(refusal(request)))
        if (Exit.isFailure(checked) || checked.value === undefined) return false
        const at = yield* Clock.currentTimeMillis
        const item = redactDraft(sessionOf(request, []).redaction)(RunEnd.denied(checked.value.info))
        const stored = yield* Effect.result(
          log.append(run.id, [{ attempt: run.attempts.length, at, mono: 0, ...item }]),
        )
        return Result.isSuccess(stored)
      })

      const attemptOf = Effect.fnUntraced(function* (run: Run, claimedAt: number, append: Append, budget: RunBudget) {
        const exhausted = yield* budget.exhausted
        if (exhausted !== undefined) return [RunEnd.failure(exhausted)]
        const caps = yield* budget.caps
        const request = yield* requestOf(run)
        if (request === undefined) return [RunEnd.lostRequest()]
        const early = redactDraft(sessionOf(request, []).redaction)
        const limits = yield* budget.narrow(timeLimits(request.limits, settings.limits))
        return yield* Effect.gen(function* () {
          // A keychain may ask a person first, and a file system may not answer.
          const found = yield* Effect.interruptible(
            Effect.raceAllFirst([
              ready(request, caps),
              Effect.map(cancels.asked(run.id), (asked) => ({ last: RunEnd.canceledEarly(asked) })),
              Effect.as(Effect.sleep(limits.wallMillis || Infinity), { last: [RunEnd.wallTimedOut(limits)] }),
            ]),
          )
          if ("last" in found) return found.last.map(early)
          const { prepared, secrets, session } = found
          const { redaction } = session
          const masked = redactDraft(redaction)
          const last = Effect.gen(function* () {
            // The last moment at which nothing has happened yet.
            const asked = yield* cancels.now(run.id)
            if (asked !== undefined) return RunEnd.canceledEarly(asked)
            const note: Append = (...drafts) => append(...drafts.map(masked))
            // A policy may have narrowed it since it was submitted.
            const narrowed = yield* budget.narrow(timeLimits(prepared.request.limits, settings.limits))
            return yield* attend({
              run,
              prepared,
              secrets,
              redaction,
              limits: narrowed,
              budget,
              claimedAt,
              append,
              note,
            })
          })
          return (yield* Effect.catch(last, failed)).map(masked)
        }).pipe(Effect.catch((error: RunyardError) => Effect.map(failed(error), (last) => last.map(early))))
      })

      // Uninterruptible but for the waits: from the claim on, the run must get its last event.
      const execute = Effect.fn("Runner.execute")(
        function* (run: Run): Effect.fn.Return<Became, RunyardError> {
          cancels.enter(run.id)
          if (yield* rejected(run)) return "refused"
          // What has not begun when it is interrupted does not begin.
          yield* Effect.interruptible(Effect.void)
          const attempt = run.attempts.length + 1
          const startedAt = yield* monotonicMillis
          // Not a function that returns `Effect.gen`: V8 makes a hidden class for each generator function that runs, old from
          // birth, and that keeps what the function sees, here all output, until the old generation is collected.
          let answered = false
          const append: Append = Effect.fnUntraced(function* (...drafts: ReadonlyArray<TimelessDraft>) {
            if (drafts.length === 0) return
            const at = yield* Clock.currentTimeMillis
            const mono = (yield* monotonicMillis) - startedAt
            yield* log.append(
              run.id,
              drafts.map((item): EventDraft => ({ attempt, at, mono, ...item })),
            )
            if (answered || !drafts.some(isAnswer)) return
            answered = true
            yield* gate.tell(run, attempt, { kind: "success" })
          })

          const reportsCost = registry.all.some(
            (adapter) => adapter.provider === run.request.provider && adapter.reportsCost === true,
          )
          const at = yield* Clock.currentTimeMillis
          // It counts for the day on which it began, to its end.
          const planNow = Effect.map(queue.control, ({ budgets: stored }) =>
            planOf({ run, settings, stored, prices, reportsCost, at }),
          )
          const looks = budgets.looks()
          let plan: BudgetPlan | undefined
          const claimed = Effect.flatMap(planNow, (found) => {
            plan = found
            return append(draft("queue.claimed", { host: processes.self, ...ofBudget(found) }))
          })
          const claim = yield* Effect.result(
            recorder.record(
              run.id,
              claimed,
              Effect.map(cancels.now(run.id), (asked) => asked !== undefined),
            ),
          )
          if (Result.isFailure(claim)) {
            return claim.failure.code === "STORE_CONFLICT" ? "refused" : yield* claim.failure
          }
          const budget = runBudget({
            ledger,
            watch: budgets,
            run,
            attempt,
            claimed: plan,
            claimedAt: looks,
            planNow,
            note: (next) => append(draft("run.budgets_changed", ofBudget(next))),
            elapsed: Effect.map(monotonicMillis, (now) => now - startedAt),
          })
          const last = yield* attemptOf(run, startedAt, append, budget).pipe(
            Effect.scoped,
            Effect.catchCause((cause) => Effect.succeed([RunEnd.lastOf(cause)])),
          )
          const decided = yield* decide(run, attempt, last, answered)
          yield* recorder.record(run.id, append(...decided))
          return decided.at(-1)?.type === "run.retry_scheduled" ? "again" : "ended"
        },
        (effect, run) => {
          const leave = (exit: Exit.Exit<Became, RunyardError>) =>
            Effect.suspend(() => {
              cancels.leave(run.id)
              // Whoever watches a run that goes on watches its next attempt.
              return Exit.isSuccess(exit) && exit.value !== "again" ? live.end(run.id) : live.finish(run.id)
            })
          return Effect.uninterruptible(Effect.onExit(effect, leave))
        },
      )

      return Runner.of({
        check,
        refusal,
        execute,
        hurry: Effect.asVoid(hurried.open),
        cancelRequested: (id, unstored) => Effect.sync(() => cancels.tell(id, unstored)),
        trouble: recorder.trouble,
      })
    }),
  )
}

const ofBudget = (budget: BudgetPlan | undefined) => (budget === undefined ? {} : { budget })

/** Whether the model has said something. */
const isAnswer = ({ type }: TimelessDraft): boolean =>
  type === "agent.message" || type === "agent.reasoning" || type === "agent.tool_started"
