/** The end of runs that have waited for too long. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { TimelessDraft } from "../EventDraft.ts"
import type { Run, RunId } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import { type TimeLimits, timeLimits } from "../TimeLimits.ts"
import * as RunEnd from "./runEnd.ts"

interface Options {
  /** Of the host. */
  readonly limits: TimeLimits
  /** Ends the run unless somebody else was faster. */
  readonly settle: (id: RunId, items: ReadonlyArray<TimelessDraft>) => Effect.Effect<void, RunyardError>
}

export interface Expiry {
  readonly expire: (run: Run) => Effect.Effect<void, RunyardError>
  /** Ends a queued run whose time is over; gives whether it was. */
  readonly expireLate: (run: Run) => Effect.Effect<boolean, RunyardError>
}

export const expiry = ({ limits, settle }: Options): Expiry => {
  /** How long a run may still wait for its turn, by the wall clock: it counts on while no host is there. */
  const queueLeft = ({ createdAt, queue: place, request }: Run) => {
    const { queueMillis } = timeLimits(request.limits, limits)
    const from = Math.max(createdAt, place?.notBefore ?? createdAt)
    const until = place?.expiresAt ?? (queueMillis > 0 ? from + queueMillis : Infinity)
    return Effect.map(Clock.currentTimeMillis, (now) => until - now)
  }
  const expire = (run: Run) => settle(run.id, [RunEnd.queueTimedOut(timeLimits(run.request.limits, limits))])
  const expireLate = Effect.fnUntraced(function* (run: Run) {
    const late = (yield* queueLeft(run)) <= 0
    if (late) yield* expire(run)
    return late
  })

  return { expire, expireLate }
}
