/** What people have done again: another attempt of a run, or its request as a new run. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Semaphore from "effect/Semaphore"
import { draft, type TimelessDraft } from "../EventDraft.ts"
import type { EventLog } from "../EventLog.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import type { HostIdentity, Run, RunId } from "../Run.ts"
import type { RunEvent } from "../RunEvent.ts"
import * as RunTransition from "../RunTransition.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import type { RunStore } from "../RunStore.ts"
import { requestIsMasked, rerunRequest, wasMasked } from "./again.ts"
import { type Actor, notWaiting, type QueueDesk } from "./queueDesk.ts"

interface Options {
  readonly store: Pick<RunStore["Service"], "get">
  readonly log: Pick<EventLog["Service"], "read">
  readonly self: HostIdentity
  /** Bounds how many are stored at once; a shutdown takes all of it. */
  readonly storing: Semaphore.Semaphore
  readonly hasStopped: () => boolean
  /** Says that this host is there, before it stores anything. */
  readonly comeIn: Effect.Effect<void, RunyardError>
  readonly append: (
    id: RunId,
    items: ReadonlyArray<TimelessDraft>,
    attempt: number,
  ) => Effect.Effect<ReadonlyArray<RunEvent>, RunyardError>
  /** Has the run wait here for its turn. */
  readonly launch: (id: RunId) => Effect.Effect<void, RunyardError>
  /** Takes over a run of a dead host. */
  readonly adoptOne: (id: RunId) => Effect.Effect<void, RunyardError>
  readonly change: QueueDesk["change"]
  readonly submit: (request: unknown, actor?: string) => Effect.Effect<Run, RunyardError>
  readonly redactionOf: (run: Run) => RedactionSession
}

export const runAgain = (options: Options) => {
  const { adoptOne, append, change, comeIn, hasStopped, launch, log, redactionOf, self, store, storing, submit } =
    options

  const retry = Effect.fn("Runyard.retry")(function* (id: RunId, { by, reason }: Actor) {
    const run = yield* store.get(id)
    if (hasStopped()) return yield* runyardError("QUEUE_SHUTTING_DOWN")
    const redaction = redactionOf(run)
    const actor = {
      by: redaction.text(by).value,
      ...(reason === undefined ? {} : { reason: redaction.text(reason).value }),
    }
    if (run.state === "retry_wait") {
      const now = yield* Clock.currentTimeMillis
      const changed = yield* change(id, { notBefore: now }, actor)
      yield* adoptOne(id)
      return changed
    }
    if (run.state !== "action_needed") return yield* notWaiting(run)
    const [first] = yield* log.read(id, { after: 0, limit: 1 })
    if (wasMasked(first)) return yield* requestIsMasked(run)
    return yield* Effect.uninterruptible(
      Effect.gen(function* () {
        yield* comeIn
        const attempt = run.attempts.length
        const again = [draft("queue.requeued", actor), draft("queue.released", { host: self })]
        // Of two who ask at once, one is too late.
        const events = yield* Effect.mapError(append(id, again, attempt), (error) =>
          error.code === "STORE_CONFLICT" ? notWaiting(run) : error,
        )
        yield* launch(id)
        const queued = RunTransition.replay(run, events)
        // Somebody else has written to its log since it was read.
        return Result.isSuccess(queued) ? queued.success : yield* store.get(id)
      }).pipe(storing.withPermits(1)),
    )
  })

  const rerun = Effect.fn("Runyard.rerun")(function* (
    id: RunId,
    overrides: Readonly<Record<string, unknown>> = {},
    actor?: string,
  ) {
    const run = yield* store.get(id)
    const [first] = yield* log.read(id, { after: 0, limit: 1 })
    if (wasMasked(first)) return yield* requestIsMasked(run)
    return yield* submit(rerunRequest(run, overrides), actor)
  })

  return { rerun, retry }
}
