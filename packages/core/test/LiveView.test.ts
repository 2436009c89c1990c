import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { LiveView } from "../src/LiveView.ts"
import { testRunId } from "../src/testing/EventDrafts.ts"

const run = testRunId(1)

describe("LiveView", () => {
  it.effect("gives a late reader what there is of unfinished messages, and ends with the run", () =>
    Effect.gen(function* () {
      const live = yield* LiveView
      yield* live.write(run, "m1:0", "one ")
      yield* live.write(run, "m1:0", "two")
      yield* live.write(run, "m2", "three")
      yield* live.finish(run, "m2")
      const reading = yield* Effect.forkChild(Stream.runCollect(live.frames(run)), { startImmediately: true })
      yield* Effect.yieldNow
      yield* live.write(run, "m1:0", " and more")
      yield* Effect.yieldNow
      yield* live.end(run)
      assert.deepStrictEqual(yield* Fiber.join(reading), [
        { messageId: "m1:0", offset: 0, text: "one two" },
        { messageId: "m1:0", offset: 7, text: " and more" },
      ])
    }).pipe(Effect.provide(LiveView.layer)),
  )

  it.effect("forgets every message when one finishes that has no id", () =>
    Effect.gen(function* () {
      const live = yield* LiveView
      yield* live.write(run, "m1", "one")
      yield* live.finish(run)
      yield* live.write(run, "m2", "two")
      const [frame] = yield* Stream.runCollect(Stream.take(live.frames(run), 1))
      assert.strictEqual(frame?.messageId, "m2")
    }).pipe(Effect.provide(LiveView.layer)),
  )

  it.effect("keeps the newest messages when none ever finishes", () =>
    Effect.gen(function* () {
      const live = yield* LiveView
      for (let n = 0; n < 1000; n++) yield* live.write(run, `m${n}`, "text")
      const first = yield* Stream.runHead(live.frames(run))
      assert.strictEqual(first._tag === "Some" ? first.value.messageId : "", "m936")
    }).pipe(Effect.provide(LiveView.layer)),
  )

  it.effect("wakes the readers of a run's next attempt although a reader of the one before leaves late", () =>
    Effect.gen(function* () {
      const live = yield* LiveView
      const stuck = yield* Deferred.make<void>()
      const late = yield* Effect.forkChild(
        Stream.runForEach(live.frames(run), () => Effect.andThen(Deferred.succeed(stuck, undefined), Effect.never)),
      )
      yield* live.write(run, "m1", "one")
      yield* Deferred.await(stuck)
      yield* live.finish(run, "m1")
      yield* live.end(run)
      const seen = yield* Deferred.make<void>()
      const reading = yield* Effect.forkChild(
        live.frames(run).pipe(
          Stream.tap(() => Deferred.succeed(seen, undefined)),
          Stream.runCollect,
        ),
      )
      yield* Effect.yieldNow
      yield* live.write(run, "m2", "two")
      yield* Deferred.await(seen)
      yield* live.finish(run, "m2")
      yield* Fiber.interrupt(late)
      yield* live.write(run, "m3", "three")
      yield* live.end(run)
      assert.deepStrictEqual(
        (yield* Fiber.join(reading)).map(({ text }) => text),
        ["two", "three"],
      )
    }).pipe(Effect.provide(LiveView.layer)),
  )
})
