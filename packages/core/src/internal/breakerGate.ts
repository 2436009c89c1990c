/** Asks the breaker of a run's account whether an attempt may begin, and tells it what the attempt found out. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { breakerOf, type Breakers, isSpotless } from "../Breakers.ts"
import { type BreakerPolicy, type BreakerReport, lookAt, pass, type Passage, report } from "../CircuitBreaker.ts"
import type { Run } from "../Run.ts"
import type { RunyardError } from "../RunyardError.ts"
import { markerOf } from "./afterCrash.ts"

export interface BreakerGate {
  /** Asks for the attempt to be let through. A store that cannot tell lets it through. */
  readonly enter: (run: Run, attempt: number) => Effect.Effect<Passage>
  /** Tells what the attempt found out; gives what the breaker says from then on. A store that cannot take it has not heard it. */
  readonly tell: (run: Run, attempt: number, found: BreakerReport) => Effect.Effect<Passage>
  /** The accounts whose runs may not all begin, by name. */
  readonly passages: Effect.Effect<ReadonlyMap<string, Passage>, RunyardError>
}

const through: Passage = { kind: "through" }

export const breakerGate = (breakers: Breakers["Service"], policy: BreakerPolicy): BreakerGate => {
  const enter = Effect.fnUntraced(function* ({ id, request }: Run, attempt: number) {
    const account = breakerOf(request)
    const now = yield* Clock.currentTimeMillis
    // Most often nothing is known, and reading that waits for nobody.
    if (lookAt(yield* breakers.get(account), now).kind === "through") return through
    return yield* breakers.change(account, (state) => pass(state, policy, now, markerOf(id, attempt)))
  })

  const tell = Effect.fnUntraced(function* ({ id, request }: Run, attempt: number, found: BreakerReport) {
    const account = breakerOf(request)
    const now = yield* Clock.currentTimeMillis
    if (found.kind !== "failure" && isSpotless(yield* breakers.get(account))) return through
    return yield* breakers.change(account, (state) => {
      const after = report(state, policy, now, markerOf(id, attempt), found)
      return [lookAt(after, now), after]
    })
  })

  return {
    enter: (run, attempt) => Effect.orElseSucceed(enter(run, attempt), () => through),
    tell: (run, attempt, found) => Effect.orElseSucceed(tell(run, attempt, found), () => through),
    passages: Effect.gen(function* () {
      const known = yield* breakers.all
      const now = yield* Clock.currentTimeMillis
      return new Map(
        known.flatMap(({ account, state }) => {
          const passage = lookAt(state, now)
          return passage.kind === "through" ? [] : [[account, passage] as const]
        }),
      )
    }),
  }
}
