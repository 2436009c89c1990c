import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeTurns } from "../../src/internal/turns.ts"

const loop = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

describe("Turns", () => {
  it.effect("come one by one with the event loop, in order, and not to those that have left", () =>
    Effect.gen(function* () {
      const turn = makeTurns()
      const had: Array<number> = []
      const take = (n: number) =>
        Effect.forkChild(
          Effect.andThen(
            turn,
            Effect.sync(() => had.push(n)),
          ),
          { startImmediately: true },
        )
      const fibers = yield* Effect.forEach([0, 1, 2, 3, 4], take)
      yield* loop
      const first = had.length
      assert.isAtMost(first, 2)
      for (const fiber of fibers.slice(2, 4)) yield* Fiber.interrupt(fiber)
      while (had.length < 3) yield* loop
      assert.deepStrictEqual(had, [0, 1, 4])
    }),
  )

  it.effect("come anew when the line was empty, however often somebody left it", () =>
    Effect.gen(function* () {
      const turn = makeTurns()
      for (let n = 0; n < 20; n++) {
        const left = yield* Effect.forkChild(turn, { startImmediately: true })
        yield* Fiber.interrupt(left)
      }
      const had: Array<number> = []
      const fibers = yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.forkChild(
          Effect.andThen(
            turn,
            Effect.sync(() => had.push(had.length)),
          ),
          { startImmediately: true },
        ),
      )
      let before = 0
      while (had.length < 50) {
        yield* loop
        assert.isAtMost(had.length - before, 2)
        before = had.length
      }
      for (const fiber of fibers) yield* Fiber.join(fiber)
    }),
  )
})
