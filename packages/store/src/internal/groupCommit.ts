/** Appends that wait are committed together: the first goes at once, those that come meanwhile go with the next. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { AuditEntry } from "@runyard/core/AuditLog"
import type { EventLog } from "@runyard/core/EventLog"
import type { QueueRoom } from "@runyard/core/QueueQuota"
import type { RunId } from "@runyard/core/Run"
import type { EventDraft, RunEvent } from "@runyard/core/RunEvent"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"

/** A commit takes appends until it has this many events. One append is never split, however large. */
const maxGroupEvents = 256

export interface AppendRequest {
  readonly runId: RunId
  readonly drafts: ReadonlyArray<EventDraft>
  /** How many may wait with a new run. */
  readonly room?: QueueRoom | undefined
  /** What the audit log gets with it. */
  readonly entry?: AuditEntry | undefined
}
export type AppendResult = Result.Result<ReadonlyArray<RunEvent>, RunyardError>

interface Waiting extends AppendRequest {
  readonly resume: (effect: Effect.Effect<ReadonlyArray<RunEvent>, RunyardError>) => void
}

/** Stores the requests in one transaction, in order, and answers each; a failure is everyone's. */
export type Commit = (
  requests: ReadonlyArray<AppendRequest>,
) => Effect.Effect<ReadonlyArray<AppendResult>, RunyardError>

const closed = Exit.fail(
  runyardError("STORE_UNAVAILABLE", { message: "The store is closed", detail: { closed: true } }),
)

/**
 * The append function. What waits is bounded by its callers: each waits in its own fiber, and one that is interrupted
 * before its commit began takes its append along. Closing the scope fails those that still wait.
 */
export const make = Effect.fnUntraced(function* (
  commit: Commit,
): Effect.fn.Return<EventLog["Service"]["append"], never, Scope.Scope> {
  const waiting = new Set<Waiting>()
  let wake: (() => void) | undefined
  let open = true

  const someWait = Effect.callback<void>((resume) => {
    if (waiting.size > 0) return resume(Effect.void)
    wake = () => {
      wake = undefined
      resume(Effect.void)
    }
  })

  const take = (): Array<Waiting> => {
    const group: Array<Waiting> = []
    let events = 0
    for (const request of waiting) {
      if (events > 0 && events + request.drafts.length > maxGroupEvents) break
      events += request.drafts.length
      waiting.delete(request)
      group.push(request)
    }
    return group
  }

  const answer = (group: ReadonlyArray<Waiting>, exit: Exit.Exit<ReadonlyArray<AppendResult>, RunyardError>): void =>
    group.forEach(({ resume }, index) => {
      if (Exit.isFailure(exit)) return resume(Effect.failCause(exit.cause))
      const result = exit.value[index]
      return resume(
        result === undefined ? Effect.die(new Error("A commit left an append out")) : Effect.fromResult(result),
      )
    })

  const next = Effect.gen(function* () {
    yield* someWait
    // Every fiber that is ready gets its turn first: its append joins this commit instead of paying for its own.
    yield* Effect.yieldNow
    const group = take()
    if (group.length === 0) return
    const exit = yield* Effect.exit(commit(group)).pipe(
      // Only a group that waits for a busy neighbour can be interrupted; nothing of it is stored.
      Effect.onInterrupt(() => Effect.sync(() => answer(group, closed))),
    )
    answer(group, exit)
  })

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      open = false
      for (const { resume } of waiting) resume(closed)
      waiting.clear()
    }),
  )
  yield* Effect.forkScoped(Effect.forever(next, { disableYield: true }))

  return (runId, drafts, room, entry) =>
    Effect.callback((resume) => {
      if (!open) return resume(closed)
      const request = { runId, drafts, room, entry, resume }
      waiting.add(request)
      wake?.()
      return Effect.sync(() => {
        waiting.delete(request)
      })
    })
})
