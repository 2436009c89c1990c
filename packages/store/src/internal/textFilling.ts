/** Fills the index of the texts after somebody has looked for one, so that whoever only writes runs does not pay for it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { RunTextIndex } from "./runTextIndex.ts"

/** Milliseconds from one look at what there is to read to the next. */
const pauseMillis = 10_000

/**
 * What a search calls when it has asked the index. One filling is under way at a time, newest runs first; between its steps
 * of a few milliseconds others have their turn. It ends with the scope, and with the first failure: another search
 * begins it again.
 */
export const make = Effect.fnUntraced(function* (
  index: RunTextIndex,
): Effect.fn.Return<{ readonly wake: Effect.Effect<void> }, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const one = yield* Semaphore.make(1)
  let begunAt = Number.NEGATIVE_INFINITY

  const fill = Effect.gen(function* () {
    for (let block = yield* Effect.try(() => index.lastFull()); block >= 0; block--) {
      const isWorth = yield* Effect.try(() => index.isWorthReading(block))
      const steps = isWorth ? index.read(block) : [].values()
      while (!(yield* Effect.try(() => steps.next().done ?? false))) yield* Effect.yieldNow
      yield* Effect.yieldNow
    }
  })

  const wake = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    if (Math.abs(now - begunAt) < pauseMillis) return
    begunAt = now
    yield* Effect.forkIn(one.withPermitsIfAvailable(1)(Effect.ignore(fill)), scope)
  })

  return { wake }
})
