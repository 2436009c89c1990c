/** Watching runs to their ends, and ending them, wherever they are executed. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { TimelessDraft } from "../EventDraft.ts"
import type { EventLog, TailOptions } from "../EventLog.ts"
import { waitsForTurn } from "../Recovery.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import { type HostIdentity, isTerminal, type Run, type RunId } from "../Run.ts"
import { isSettlingEvent, isTerminalEvent, type RunEvent } from "../RunEvent.ts"
import type { Runner } from "../Runner.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { CancelRequest, RunStore } from "../RunStore.ts"
import * as RunEnd from "./runEnd.ts"

/** How often a host that waits for the end of a run looks whether the run's own host still lives. */
const ownerPoll = "1 second"

interface Options {
  readonly log: EventLog["Service"]
  readonly store: RunStore["Service"]
  readonly runner: Pick<Runner["Service"], "cancelRequested" | "trouble">
  /** This host, by id. */
  readonly self: string
  /** Whether a run is executed here. */
  readonly isExecuted: (id: RunId) => boolean
  readonly isAlive: (host: HostIdentity) => Effect.Effect<boolean, RunyardError>
  /** Why the last event of a run of this host could not be stored. */
  readonly lost: (id: RunId) => RunyardError | undefined
  /** Ends a queued run whose time is over. */
  readonly expireLate: (run: Run) => Effect.Effect<unknown, RunyardError>
  /** Ends what is left of a run that nobody executes any more. */
  readonly bury: (run: Run) => Effect.Effect<void, RunyardError>
  /** Ends the run unless somebody else was faster. */
  readonly settle: (
    id: RunId,
    items: ReadonlyArray<TimelessDraft>,
    attempt: number,
  ) => Effect.Effect<void, RunyardError>
  readonly redactionOf: (run: Run) => RedactionSession
}

export interface RunFollowing {
  readonly events: (id: RunId, options?: TailOptions) => Stream.Stream<RunEvent, RunyardError>
  readonly awaitRun: (id: RunId) => Effect.Effect<Run, RunyardError>
  readonly cancel: (id: RunId, request: CancelRequest) => Effect.Effect<Run, RunyardError>
}

export const runFollowing = (options: Options): RunFollowing => {
  const { bury, expireLate, isAlive, isExecuted, log, lost, redactionOf, runner, self, settle, store } = options

  /** Whether nobody is there who will end the run: its host is dead, or could not record the run. */
  const isAbandoned = (run: Run) =>
    run.host.id === self && !waitsForTurn(run)
      ? Effect.sync(() => !isExecuted(run.id))
      : Effect.map(isAlive(run.host), (alive) => !alive)

  /**
   * Looks after a run that somebody follows. The log of a run whose host has died gets its end; where it cannot be
   * written, following fails with the reason. Never succeeds: the end of a run is in its log.
   */
  const guarded = Effect.fnUntraced(function* (id: RunId): Effect.fn.Return<never, RunyardError> {
    for (;;) {
      yield* Effect.sleep(ownerPoll)
      const trouble = runner.trouble(id)
      if (trouble !== undefined) return yield* trouble
      const run = yield* store.get(id)
      if (isTerminal(run.state) || run.state === "action_needed" || !(yield* isAbandoned(run))) continue
      const problem = lost(id)
      if (problem !== undefined) return yield* problem
      yield* waitsForTurn(run) ? expireLate(run) : bury(run)
    }
  })

  const events: RunFollowing["events"] = (id, tailing) => {
    // A run that stopped for a person and was retried has gone on since.
    const tail = Stream.unwrap(
      Effect.map(store.get(id), ({ attempts, lastSeq, state }) => {
        const isStill = (event: RunEvent) =>
          event.seq >= lastSeq || (state === "action_needed" && event.attempt === attempts.length)
        const hasStopped = (event: RunEvent) => isTerminalEvent(event) || (isSettlingEvent(event) && isStill(event))
        return Stream.takeUntil(log.events(id, tailing), hasStopped)
      }),
    )
    return tailing?.follow === false ? tail : Stream.interruptWhen(tail, guarded(id))
  }

  const awaitRun = Effect.fn("Runyard.await")(function* (id: RunId) {
    const run = yield* store.get(id)
    if (isTerminal(run.state) || run.state === "action_needed") return run
    yield* Stream.runDrain(events(id, { after: run.lastSeq }))
    return yield* store.get(id)
  })

  const cancel = Effect.fn("Runyard.cancel")(function* (id: RunId, request: CancelRequest) {
    let run = yield* store.get(id)
    const redaction = redactionOf(run)
    const asked: CancelRequest = {
      force: request.force,
      by: redaction.text(request.by).value,
      ...(request.reason === undefined ? {} : { reason: redaction.text(request.reason).value }),
    }
    if (isTerminal(run.state)) return run
    const noted = yield* Effect.result(store.requestCancel(id, asked))
    // A store in trouble must not keep a run of this host alive.
    const heard = yield* runner.cancelRequested(id, Result.isSuccess(noted) ? undefined : asked)
    if (Result.isFailure(noted) && !heard) return yield* noted.failure
    // The run may end, stop for a person, or lose its host at any moment, so it is looked at again each time.
    for (; !isTerminal(run.state); run = yield* store.get(id)) {
      const trouble = runner.trouble(id)
      if (trouble !== undefined) return yield* trouble
      if (isWaiting(run)) {
        yield* settle(id, RunEnd.canceledEarly(asked), run.attempts.length)
      } else if (yield* isAbandoned(run)) {
        yield* bury(run)
      } else {
        yield* Effect.timeoutOption(Stream.runDrain(events(id, { after: run.lastSeq })), ownerPoll)
      }
    }
    return run
  })

  return { events, awaitRun, cancel }
}

/** Whether nobody executes the run. */
const isWaiting = ({ state }: Run): boolean => state === "queued" || state === "retry_wait" || state === "action_needed"
