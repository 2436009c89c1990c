/** The circuit breakers of a store, one for each provider's account, shared by all hosts on it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { BreakerState, closedBreaker } from "./CircuitBreaker.ts"
import type { RunyardError } from "./RunyardError.ts"

/** A breaker that knows something against its account. */
export const Breaker = Schema.Struct({
  /** As `breakerOf` names it. */
  account: Schema.String,
  state: BreakerState,
})
export type Breaker = typeof Breaker.Type

/** The account that a run uses, as breakers know it: `codex`, or `codex/team` where the request names one. */
export const breakerOf = ({ account, provider }: { readonly provider: string; readonly account?: string }): string =>
  account === undefined ? provider : `${provider}/${account}`

/** Whether nothing at all is known against the account. Such a state is not kept. */
export const isSpotless = (state: BreakerState): boolean => state._tag === "Closed" && state.failures.length === 0

export class Breakers extends Context.Service<
  Breakers,
  {
    /** Those that know something against their account, by name. Cheap: hosts with runs that wait ask often. */
    readonly all: Effect.Effect<ReadonlyArray<Breaker>, RunyardError>
    /** The state of one; closed for an account that nothing is known against. */
    readonly get: (account: string) => Effect.Effect<BreakerState, RunyardError>
    /**
     * Changes one, in one transaction with what decides about it, and gives what was decided. The same state means no
     * change. `change` runs while every other host waits, so it must be quick, and may be called again when a store is busy.
     */
    readonly change: <A>(
      account: string,
      change: (state: BreakerState) => readonly [A, BreakerState],
    ) => Effect.Effect<A, RunyardError>
  }
>()("@runyard/core/Breakers") {
  /** Keeps them in memory. Nothing outlives the scope. */
  static readonly layerMemory = Layer.sync(Breakers, () => {
    const states = new Map<string, BreakerState>()
    const get = (account: string) => states.get(account) ?? closedBreaker
    return Breakers.of({
      all: Effect.sync(() =>
        Array.from(states, ([account, state]) => ({ account, state })).toSorted((a, b) =>
          a.account < b.account ? -1 : 1,
        ),
      ),
      get: (account) => Effect.sync(() => get(account)),
      change: (account, change) =>
        Effect.sync(() => {
          const [answer, after] = change(get(account))
          if (isSpotless(after)) states.delete(account)
          else states.set(account, after)
          return answer
        }),
    })
  })
}
