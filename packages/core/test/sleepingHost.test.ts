/** A host that stands still for longer than a lease, as when its machine is suspended, and goes on. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { EventLog } from "../src/EventLog.ts"
import type { ProcessCommand } from "../src/ProcessHost.ts"
import type { RunId } from "../src/Run.ts"
import {
  endsOf,
  hang,
  idOf,
  isProbe,
  oneHost,
  openHost,
  openStore,
  probe,
  quick,
  request,
  types,
  type World,
} from "./hosts.ts"

const lease = 10_000
const settings: World["settings"] = {
  concurrency: { global: 2, perProvider: 2 },
  leaseMillis: lease,
  recoverEveryMillis: 1_000,
  shared: true,
  adopt: true,
}

/** A host whose dealings with the store all wait while it sleeps. */
const openSleeper = Effect.fnUntraced(function* (store: Parameters<typeof openHost>[0], world: World) {
  const awake = Latch.makeUnsafe(true)
  const gated = <A, E>(effect: Effect.Effect<A, E>) => Effect.andThen(awake.await, effect)
  const host = yield* openHost(store, {
    settings,
    ...world,
    log: (log) => ({ append: (id, items) => gated(log.append(id, items)) }),
    queue: (queue) => ({
      claim: (...asked) => gated(queue.claim(...asked)),
      beat: (...asked) => gated(queue.beat(...asked)),
      hosts: gated(queue.hosts),
      putOut: (...asked) => gated(queue.putOut(...asked)),
      release: (...asked) => gated(queue.release(...asked)),
    }),
  })
  return { ...host, sleep: Effect.sync(() => awake.closeUnsafe()), wake: Effect.sync(() => awake.openUnsafe()) }
})

describe("a host that is asleep for longer than a lease", () => {
  it.effect("loses its runs to those that are awake, stops them when it wakes, and takes new ones", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const log = Context.get(store, EventLog)
      const logOf = (id: RunId) => Stream.runCollect(log.events(id, { follow: false }))
      let playing = hang
      const alive = new Set<string>()
      const play = (command: ProcessCommand) => (isProbe(command) ? probe : playing)
      const onEvent = (event: "spawn" | "end", command: ProcessCommand) => {
        if (isProbe(command)) return
        if (event === "spawn") alive.add(command.marker)
        else alive.delete(command.marker)
      }
      const sleeper = yield* openSleeper(store, { host: { self: idOf("sleeper"), play, onEvent } })
      const { id: executed } = yield* sleeper.yard.submit(request)
      const { id: other } = yield* sleeper.yard.submit(request)
      const { id: waiting } = yield* sleeper.yard.submit(request)
      yield* TestClock.adjust(1_000)
      assert.include(types(yield* logOf(executed)), "run.started")
      const awake = yield* openHost(store, { settings, script: hang, host: { self: idOf("awake") } })

      // Both are well for as long as they like.
      yield* TestClock.adjust(lease * 3)
      assert.deepStrictEqual(endsOf(yield* logOf(executed)), [])

      yield* sleeper.sleep
      yield* TestClock.adjust(lease - 3_000)
      assert.deepStrictEqual(endsOf(yield* logOf(executed)), [])
      yield* TestClock.adjust(6_000)
      for (const id of [executed, other]) assert.deepStrictEqual(endsOf(yield* logOf(id)), ["run.interrupted"])
      assert.strictEqual((yield* awake.yard.get(waiting)).host.id, "awake")

      const before = alive.size
      yield* sleeper.wake
      yield* TestClock.adjust(5_000)
      assert.isAtLeast(before, 2)
      assert.strictEqual(alive.size, 0)
      for (const id of [executed, other]) assert.deepStrictEqual(endsOf(yield* logOf(id)), ["run.interrupted"])

      yield* awake.close
      playing = quick
      const { id: later } = yield* sleeper.yard.submit(request)
      const ended = yield* Effect.forkChild(sleeper.yard.await(later))
      yield* TestClock.adjust(5_000)
      assert.strictEqual((yield* Fiber.join(ended)).state, "succeeded")
    }),
  )

  it.effect("says again that it is well, although that was a defect once", () =>
    Effect.gen(function* () {
      let beats = 0
      const { yard } = yield* oneHost({
        script: hang,
        queue: ({ beat }) => ({
          beat: (...asked) =>
            Effect.suspend(() => (++beats === 3 ? Effect.die(new Error("injected")) : beat(...asked))),
        }),
      })
      yield* yard.submit(request)
      yield* TestClock.adjust("20 seconds")
      assert.isAtLeast(beats, 10)
    }),
  )
})
