/** Ends an attempt that takes too long, or whose silence is longer than is normal for what its agent is at. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { monotonicMillis } from "./monotonic.ts"
import type { TimeLimits } from "../TimeLimits.ts"
import type { Activity, ActivityState } from "./activity.ts"
import type { Stop } from "./runEnd.ts"

export interface LimitWatch {
  /** To be called for everything that is heard of the process. Cheap. */
  readonly heard: (now: number) => void
  /** Waits until a limit is passed, and says so. Two effects, to be run at once. */
  readonly watchers: ReadonlyArray<Effect.Effect<unknown>>
}

/** How long silence is normal, in milliseconds; zero: for ever. */
const allowedSilence = (limits: TimeLimits, state: ActivityState): number => {
  switch (state) {
    case "agent":
      return limits.idleMillis
    case "tool":
    case "background":
      return limits.toolIdleMillis
    case "done":
      return limits.lingerMillis
  }
}

/** @param at when the wall clock begins to count, and when silence does, on the monotonic clock. */
export const watchLimits = (
  limits: TimeLimits,
  activity: Omit<Activity, "note">,
  at: { readonly claimed: number; readonly spawned: number },
  stop: Deferred.Deferred<Stop>,
): LimitWatch => {
  let lastSign = at.spawned
  let lastState = activity.state()
  /** Opened when the agent is at something else, so that another limit holds. */
  const turned = Latch.makeUnsafe(false)

  const wall = Effect.gen(function* () {
    if (limits.wallMillis <= 0) return
    for (;;) {
      const left = at.claimed + limits.wallMillis - (yield* monotonicMillis)
      if (left > 0) yield* Effect.sleep(left)
      else return yield* Deferred.succeed(stop, { kind: "timeout", limit: "wall", millis: limits.wallMillis })
    }
  })

  const silence = Effect.gen(function* () {
    for (;;) {
      turned.closeUnsafe()
      const state = activity.state()
      const millis = allowedSilence(limits, state)
      const left = millis <= 0 ? Infinity : lastSign + millis - (yield* monotonicMillis)
      if (left > 0) yield* Effect.timeoutOption(turned.await, left)
      else if (state === "done" || state === "background") return yield* Deferred.succeed(stop, { kind: "linger" })
      else {
        const tools = activity.running()
        return yield* Deferred.succeed(stop, { kind: "timeout", limit: "idle", millis, tools })
      }
    }
  })

  return {
    heard: (now) => {
      lastSign = now
      const state = activity.state()
      if (state === lastState) return
      lastState = state
      turned.openUnsafe()
    },
    watchers: [wall, silence],
  }
}
