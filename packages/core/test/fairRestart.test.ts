/** Who is owed a start is owed it by the next host, too. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { hang, idOf, openHost, openStore, quick, request, type World } from "./hosts.ts"

const by = { by: "ann" }
const settings = { shared: true, adopt: true }

/** Two runs of one directory and then one of another wait; the first has had its turn when the host stops. */
const nextAfterRestart = Effect.fnUntraced(function* (seen: World["queue"] = () => ({})) {
  const store = yield* openStore
  const first = yield* openHost(store, { script: quick, settings, host: { self: idOf("first") } })
  yield* first.yard.queue.decide({ kind: "pause" }, by)
  const asked = yield* Effect.forEach(["/a", "/a", "/b"], (cwd) => first.yard.submit({ ...request, cwd }))
  yield* first.yard.queue.decide({ kind: "resume" }, by)
  yield* TestClock.adjust("40 millis")
  yield* first.yard.queue.decide({ kind: "pause" }, by)
  yield* TestClock.adjust("1 second")
  yield* first.close
  const second = yield* openHost(store, { script: hang, settings, host: { self: idOf("second") }, queue: seen })
  yield* second.yard.adopt(asked.map(({ id }) => id))
  yield* second.yard.queue.decide({ kind: "resume" }, by)
  yield* TestClock.adjust("1 second")
  return yield* Effect.forEach(asked, ({ id }) => Effect.map(second.yard.get(id), ({ state }) => state))
})

describe("The fair order", () => {
  it.effect("goes on after a restart where it was", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* nextAfterRestart(), ["succeeded", "queued", "running"])
      // Without what was kept, all lanes begin alike, and who came first goes first.
      const forgetful = yield* nextAfterRestart(() => ({ clock: Effect.undefined }))
      assert.deepStrictEqual(forgetful, ["succeeded", "running", "queued"])
    }),
  )
})
