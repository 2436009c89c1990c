/** Runs that are leased to a host and do not begin: it shuts down, is put out, or cannot read them. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { RunQueue } from "../src/RunQueue.ts"
import { runyardError } from "../src/RunyardError.ts"
import { oneHost, quick, request, types } from "./hosts.ts"

describe("A run that is leased and does not begin", () => {
  it.effect("is let go of by a host that shuts down, so that any host may take it over while the program lives", () =>
    Effect.gen(function* () {
      const [looked, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      let looks = 0
      const { yard, close, store } = yield* oneHost({
        runs: (runs) => ({
          // The look of the host that has leased it.
          get: (id) =>
            ++looks === 1
              ? Effect.andThen(Deferred.succeed(looked, undefined), Effect.andThen(Deferred.await(go), runs.get(id)))
              : runs.get(id),
        }),
      })
      const { id } = yield* yard.submit(request)
      yield* Deferred.await(looked)
      const closing = yield* Effect.forkChild(close, { startImmediately: true })
      yield* Deferred.succeed(go, undefined)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(closing)
      const [entry] = (yield* Context.get(store, RunQueue).changes(0)).entries
      assert.deepStrictEqual([entry?.id, entry?.state, entry?.host, entry?.lease], [id, "waiting", "nobody", undefined])
    }),
  )

  it.effect("begins later where its host was put out before it could", () =>
    Effect.gen(function* () {
      const [looked, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      let looks = 0
      let isOut = false
      const { logOf, yard } = yield* oneHost({
        script: quick,
        runs: (runs) => ({
          get: (id) =>
            ++looks === 1
              ? Effect.andThen(Deferred.succeed(looked, undefined), Effect.andThen(Deferred.await(go), runs.get(id)))
              : runs.get(id),
        }),
        queue: ({ beat }) => ({
          beat: (host, anew) =>
            Effect.suspend(() => {
              if (anew === true) isOut = false
              return isOut ? Effect.fail(runyardError("QUEUE_LEASE_LOST")) : beat(host, anew)
            }),
        }),
      })
      const { id } = yield* yard.submit(request)
      yield* Deferred.await(looked)
      isOut = true
      yield* TestClock.adjust("5 seconds")
      yield* Deferred.succeed(go, undefined)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* yard.get(id)).state, "succeeded")
      assert.deepStrictEqual(types(yield* logOf(id)).slice(0, 3), ["run.queued", "queue.claimed", "run.started"])
    }),
  )

  it.effect("begins soon after a store that could not tell of it for a while", () =>
    Effect.gen(function* () {
      let looks = 0
      const { yard } = yield* oneHost({
        script: quick,
        runs: ({ get }) => ({
          get: (id) => (++looks <= 3 ? Effect.delay(Effect.fail(runyardError("STORE_BUSY")), "1 second") : get(id)),
        }),
      })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* yard.get(id)).state, "succeeded")
    }),
  )

  it.effect("is not tried without a pause where its store can never tell of it", () =>
    Effect.gen(function* () {
      let looks = 0
      const { yard } = yield* oneHost({
        script: quick,
        runs: () => ({ get: () => Effect.suspend(() => (looks++, Effect.fail(runyardError("STORE_CORRUPT")))) }),
      })
      yield* yard.submit(request)
      for (let step = 0; step < 200; step++) yield* TestClock.adjust("50 millis")
      assert.isAtLeast(looks, 10)
      assert.isAtMost(looks, 100)
    }),
  )
})
