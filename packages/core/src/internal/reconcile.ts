/** Ends what is left of runs that nobody executes any more, all at once, and writes down what became of each. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { TimelessDraft } from "../EventDraft.ts"
import type { EventLog } from "../EventLog.ts"
import type { HostSettings } from "../HostSettings.ts"
import type { ProcessHost } from "../ProcessHost.ts"
import type { HostIdentity, Run, RunId } from "../Run.ts"
import type { EndEvidence } from "../RunEvent.ts"
import type { Runner } from "../Runner.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { RunQueue } from "../RunQueue.ts"
import type { RunStore } from "../RunStore.ts"
import { interrupted, leftoverOf, requeued, wantedResumption } from "./afterCrash.ts"

/** Runs that are settled at once: their events share commits. */
const concurrency = 64

export interface Reconciler {
  readonly log: EventLog["Service"]
  readonly store: RunStore["Service"]
  readonly queue: RunQueue["Service"]
  readonly processes: ProcessHost["Service"]
  readonly runner: Runner["Service"]
  readonly settings: HostSettings
  /** Ends a queued run that has waited longer than it may; gives whether it had. */
  readonly isAlive: (host: HostIdentity) => Effect.Effect<boolean, RunyardError>
  readonly expireLate: (run: Run) => Effect.Effect<boolean, RunyardError>
}

/** What became of a run. */
export interface Reconciled {
  readonly id: RunId
  /** `other`: somebody else was faster and wrote its end. */
  readonly outcome: "interrupted" | "resumed" | "other"
  readonly survivors: ReadonlyArray<number>
}

export const reconcile = Effect.fn("Runyard.reconcile")(function* (
  { log, processes, runner, settings, store }: Reconciler,
  runs: ReadonlyArray<Run>,
): Effect.fn.Return<ReadonlyArray<Reconciled>, RunyardError> {
  const append = Effect.fnUntraced(function* (run: Run, item: TimelessDraft) {
    const at = yield* Clock.currentTimeMillis
    const stored = yield* Effect.result(log.append(run.id, [{ attempt: run.attempts.length, at, mono: 0, ...item }]))
    if (Result.isSuccess(stored)) return true
    return stored.failure.code === "STORE_CONFLICT" ? false : yield* stored.failure
  })

  /** `yes`, `no` when it is not to go on, or the code of what keeps it from that. */
  const canResume = Effect.fnUntraced(function* (run: Run, { survivors }: EndEvidence) {
    // A run of this very host has lost its end to the store, not its host.
    const request = run.host.id === processes.self.id ? undefined : wantedResumption(run, settings.recovery)
    if (request === undefined || (yield* store.cancelRequest(run.id)) !== undefined) return "no"
    // Two agents in one conversation would be worse than none.
    if (survivors.length > 0) return "CLI_SURVIVORS"
    const checked = yield* Effect.result(runner.check(request))
    return Result.isSuccess(checked) ? "yes" : checked.failure.code
  })

  const settle = Effect.fnUntraced(function* (
    run: Run,
    evidence: EndEvidence,
  ): Effect.fn.Return<Reconciled, RunyardError> {
    const { id } = run
    const { survivors } = evidence
    const resumable = yield* canResume(run, evidence)
    const item =
      resumable === "yes"
        ? requeued(run, evidence)
        : interrupted(run, evidence, resumable === "no" ? undefined : resumable)
    if (!(yield* append(run, item))) return { id, outcome: "other", survivors }
    return { id, outcome: resumable === "yes" ? "resumed" : "interrupted", survivors }
  })

  const evidence = yield* processes.endLeftovers(runs.map(leftoverOf))
  return yield* Effect.forEach(
    runs.flatMap((run, index) => {
      const found = evidence[index]
      return found === undefined ? [] : [[run, found] as const]
    }),
    ([run, found]) => settle(run, found),
    { concurrency },
  )
})
