import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import * as EventTail from "../src/EventTail.ts"

describe("a tail", () => {
  it.effect("misses nothing that is written while a page is on its way", () =>
    Effect.gen(function* () {
      const stored: Array<number> = []
      const signals = EventTail.makeSignals<string>()
      const asked = yield* Latch.make()
      const answer = yield* Latch.make()
      const source: EventTail.TailSource<number> = {
        head: Effect.sync(() => ({ last: stored.length, ended: false })),
        // The first page is read before the write and arrives after it.
        page: (after) => {
          const page = stored.slice(after)
          return asked.open.pipe(Effect.andThen(answer.await), Effect.as(page))
        },
        place: (item) => item,
        ends: (item) => item === 2,
      }
      const reader = yield* Effect.forkChild(Stream.runCollect(EventTail.make(source, signals, "key")))
      yield* asked.await
      stored.push(1, 2)
      signals.notify("key")
      yield* answer.open
      assert.deepStrictEqual(yield* Fiber.join(reader), [1, 2])
    }),
  )

  it.effect("counts its subscribers and forgets those that left", () =>
    Effect.gen(function* () {
      const signals = EventTail.makeSignals<string>()
      const source: EventTail.TailSource<number> = {
        head: Effect.succeed({ last: 0, ended: false }),
        page: () => Effect.succeed([]),
        place: (item) => item,
        ends: () => false,
      }
      const readers = yield* Effect.forEach(["a", "a", "b"], (key) =>
        Effect.forkChild(Stream.runDrain(EventTail.make(source, signals, key)), { startImmediately: true }),
      )
      assert.strictEqual(signals.size(), 3)
      yield* Fiber.interruptAll(readers)
      assert.strictEqual(signals.size(), 0)
    }),
  )
})
