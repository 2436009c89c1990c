/** Follows what people ask of a run that is executed: its end, and then its end at once. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { CancelRequest } from "../RunStore.ts"

/** How often a second request is looked for. */
const forcePoll = "150 millis"
/** How long the end waits for a slow store to take the note of who asked. */
const noteGrace = "200 millis"

export interface RequestFollower {
  /** Runs until a request says that the end must come at once. */
  readonly follow: Effect.Effect<void>
  /** Waits for a request that says so. */
  readonly forced: Effect.Effect<void>
  /** Waits until every note is stored, or could not be. */
  readonly noted: Effect.Effect<void>
}

/**
 * @param asked waits for a request; gives the latest.
 * @param note writes down who asks; a store that cannot take it must not keep the run alive.
 * @param cancel begins the end; called once, when the first request is written down.
 */
export const followRequests = (
  asked: Effect.Effect<CancelRequest>,
  note: (request: CancelRequest) => Effect.Effect<void>,
  cancel: (request: CancelRequest) => Effect.Effect<unknown>,
): RequestFollower => {
  const forced = Deferred.makeUnsafe<void>()
  const notes: Array<Fiber.Fiber<void>> = []
  const noted = Effect.suspend(() => Fiber.awaitAll(notes))
  const write = Effect.fnUntraced(function* (request: CancelRequest) {
    notes.push(yield* Effect.forkChild(note(request)))
    yield* Effect.timeoutOption(noted, noteGrace)
  })
  const follow = Effect.gen(function* () {
    const first = yield* asked
    yield* write(first)
    yield* cancel(first)
    let latest = first
    while (!latest.force) {
      yield* Effect.sleep(forcePoll)
      latest = yield* asked
    }
    if (!first.force) yield* write(latest)
    yield* Deferred.succeed(forced, undefined)
    // Its notes would end with it.
    yield* noted
  })
  return { follow, forced: Deferred.await(forced), noted: Effect.asVoid(noted) }
}
