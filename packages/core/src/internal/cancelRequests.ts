/** Who wants the end of runs that this host executes: what the store says, and what it could not take. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { RunId } from "../Run.ts"
import type { CancelRequest, RunStore } from "../RunStore.ts"

/** How often it is looked for a cancel request of another host. */
const cancelPoll = "150 millis"

interface Heard {
  /** Opened when there is a request to look for. */
  readonly look: Latch.Latch
  /** One that the store could not take. */
  unstored: CancelRequest | undefined
}

export interface CancelRequests {
  /** From now on until `leave` the run is executed here. */
  readonly enter: (id: RunId) => void
  readonly leave: (id: RunId) => void
  /** The latest request; undefined where there is none, or the store cannot tell. */
  readonly now: (id: RunId) => Effect.Effect<CancelRequest | undefined>
  /** Waits until somebody asks for the cancel of a run. A store that cannot tell now is asked again. */
  readonly asked: (id: RunId) => Effect.Effect<CancelRequest>
  /** Has whoever waits look at once; gives whether the run is executed here. */
  readonly tell: (id: RunId, unstored: CancelRequest | undefined) => boolean
}

export const cancelRequests = (store: Pick<RunStore["Service"], "cancelRequest">): CancelRequests => {
  const executed = new Map<RunId, Heard>()

  const now: CancelRequests["now"] = (id) => {
    const unstored = executed.get(id)?.unstored
    return unstored === undefined
      ? Effect.orElseSucceed(store.cancelRequest(id), () => undefined)
      : Effect.succeed(unstored)
  }

  return {
    enter: (id) => void executed.set(id, { look: Latch.makeUnsafe(false), unstored: undefined }),
    leave: (id) => void executed.delete(id),
    now,
    asked: Effect.fnUntraced(function* (id: RunId) {
      const look = executed.get(id)?.look ?? Latch.makeUnsafe(false)
      for (;;) {
        // Before the look: a request that comes after it opens the latch again.
        look.closeUnsafe()
        const asked = yield* now(id)
        if (asked !== undefined) return asked
        yield* Effect.timeoutOption(look.await, cancelPoll)
      }
    }),
    tell: (id, unstored) => {
      const run = executed.get(id)
      if (run === undefined) return false
      if (unstored !== undefined) {
        const first = run.unstored ?? unstored
        run.unstored = { ...first, force: first.force || unstored.force }
      }
      run.look.openUnsafe()
      return true
    },
  }
}
