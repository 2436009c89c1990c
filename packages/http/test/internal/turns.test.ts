import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeTurns, maxTurns, type Turn } from "../../src/internal/turns.ts"

const loop = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Takes longer than a round has. */
const work = (): void => {
  const until = performance.now() + 5
  while (performance.now() < until);
}

const takeTurn = (turn: Turn, take: () => void) =>
  Effect.forkChild(Effect.andThen(turn, Effect.sync(take)), { startImmediately: true })

describe("Turns", () => {
  it.effect("come one in each round of the event loop when they take long, in order, not to those that have left", () =>
    Effect.gen(function* () {
      const turn = makeTurns()
      const had: Array<number> = []
      const fibers = yield* Effect.forEach([0, 1, 2, 3, 4], (n) =>
        takeTurn(turn, () => {
          work()
          had.push(n)
        }),
      )
      yield* loop
      assert.isAtMost(had.length, 2)
      for (const fiber of fibers.slice(2, 4)) yield* Fiber.interrupt(fiber)
      while (had.length < 3) yield* loop
      assert.deepStrictEqual(had, [0, 1, 4])
    }),
  )

  it.effect("come to many in one round when they are short, and never to all of a crowd", () =>
    Effect.gen(function* () {
      const turn = makeTurns()
      for (let n = 0; n < 20; n++) yield* Fiber.interrupt(yield* takeTurn(turn, () => undefined))
      const had: Array<number> = []
      const all = Array.from({ length: 5 * maxTurns }, (_, n) => n)
      yield* Effect.forEach(all, (n) => takeTurn(turn, () => had.push(n)))
      let before = 0
      while (had.length < all.length) {
        yield* loop
        assert.isAtMost(had.length - before, 2 * maxTurns)
        before = had.length
      }
      assert.deepStrictEqual(had, all)
    }),
  )
})
