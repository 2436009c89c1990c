import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { AdapterRegistry } from "../../src/AdapterRegistry.ts"
import { Capabilities } from "../../src/Capabilities.ts"
import { EventLog } from "../../src/EventLog.ts"
import { defaultSettings, HostSettings } from "../../src/HostSettings.ts"
import { LiveView } from "../../src/LiveView.ts"
import * as MemoryStore from "../../src/MemoryStore.ts"
import { Redactor } from "../../src/Redactor.ts"
import { nobody, type RunId } from "../../src/Run.ts"
import { isTerminalEvent } from "../../src/RunEvent.ts"
import { Runner } from "../../src/Runner.ts"
import { Runyard } from "../../src/Runyard.ts"
import { SecretStore } from "../../src/SecretStore.ts"
import type { StoreServices } from "../../src/StoreServices.ts"
import { fakeAdapter, fakeLine } from "../../src/testing/FakeAdapter.ts"
import { type FakeHostOptions, fakeProcessHost, type FakeScript } from "../../src/testing/FakeProcessHost.ts"
import { fakeStructuredOutput, fakeWorkspace } from "../../src/testing/FakeWorkspace.ts"

type Append = EventLog["Service"]["append"]

interface World {
  readonly script?: FakeScript
  readonly host?: Partial<FakeHostOptions>
  readonly finishMillis?: number
  /** What this host sees of the store. */
  readonly append?: (append: Append) => Append
}

const hang: FakeScript = { steps: [{ hang: true }] }
const slow: FakeScript = {
  steps: [
    { waitMillis: 5000 },
    { stdout: fakeLine({ done: { outcome: "succeeded", finalMessage: "done" } }) },
    { waitMillis: 10 },
  ],
}

const openHost = Effect.fnUntraced(function* (store: Context.Context<StoreServices>, world: World) {
  const log = Context.get(store, EventLog)
  const append = world.append === undefined ? log.append : world.append(log.append)
  const layer = Runyard.layer.pipe(
    Layer.provideMerge(Runner.layer),
    Layer.provideMerge(Capabilities.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        AdapterRegistry.layer([fakeAdapter]),
        Redactor.layer({ key: new Uint8Array(32) }),
        Layer.succeedContext(Context.add(store, EventLog, { ...log, append })),
        LiveView.layer,
        SecretStore.layerMemory(),
        fakeWorkspace,
        fakeStructuredOutput(),
      ),
    ),
    Layer.provideMerge(
      fakeProcessHost({
        play: ({ args }) => (args[0] === "--version" ? { steps: [{ stdout: "1.0.0\n" }] } : (world.script ?? hang)),
        ...world.host,
      }),
    ),
    Layer.provideMerge(
      Layer.succeed(
        HostSettings,
        Object.assign({}, defaultSettings, {
          workspaces: "any",
          shutdown: { finishMillis: world.finishMillis ?? 0 },
        }),
      ),
    ),
  )
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const yard = Context.get(yield* Layer.buildWithScope(layer, scope), Runyard)
  return { yard, close: Scope.close(scope, Exit.void) }
})

const oneHost = Effect.fnUntraced(function* (world: World = {}) {
  const store = yield* Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(MemoryStore.layer, scope))
  const logOf = (id: RunId) => Stream.runCollect(Context.get(store, EventLog).events(id, { follow: false }))
  return { ...(yield* openHost(store, world)), store, logOf }
})

const request = { provider: "fake", prompt: "Say hello", cwd: "/work" }
const politely = { force: false }

describe("A host that shuts down", () => {
  it.effect("refuses what is submitted from then on, and stores nothing of it", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost()
      yield* yard.shutdown(politely)
      const error = yield* Effect.flip(yard.submit(request))
      assert.strictEqual(error.code, "QUEUE_SHUTTING_DOWN")
      assert.strictEqual(error.class, "transient")
      assert.deepStrictEqual(yield* yard.list(), [])
    }),
  )

  it.effect("refuses what was being checked when it began", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({
        host: { play: () => ({ steps: [{ waitMillis: 50 }, { stdout: "1.0.0\n" }] }) },
      })
      const submitting = yield* Effect.forkChild(Effect.flip(yard.submit(request)), { startImmediately: true })
      yield* yard.shutdown(politely)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(submitting)).code, "QUEUE_SHUTTING_DOWN")
      assert.deepStrictEqual(yield* yard.list(), [])
    }),
  )

  it.effect("lets go of a run that was being stored when it began, and waits for that", () =>
    Effect.gen(function* () {
      const storing = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const { yard, logOf } = yield* oneHost({
        append: (append) => (id, drafts) =>
          drafts[0]?.type === "run.queued"
            ? Deferred.succeed(storing, undefined).pipe(
                Effect.andThen(Deferred.await(go)),
                Effect.andThen(append(id, drafts)),
              )
            : append(id, drafts),
      })
      const submitting = yield* Effect.forkChild(yard.submit(request))
      yield* TestClock.adjust("1 second")
      yield* Deferred.await(storing)
      const stopping = yield* Effect.forkChild(yard.shutdown(politely), { startImmediately: true })
      yield* Deferred.succeed(go, undefined)
      assert.deepStrictEqual(yield* Fiber.join(stopping), { left: [] })
      const { id } = yield* Fiber.join(submitting)
      assert.deepStrictEqual(
        (yield* logOf(id)).map(({ type }) => type),
        ["run.queued", "queue.released"],
      )
    }),
  )

  it.effect("ends what it executes at once, each run with one end, and lets go of what waits", () =>
    Effect.gen(function* () {
      const { yard, logOf } = yield* oneHost()
      const [first, second] = [yield* yard.submit(request), yield* yard.submit(request)]
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* yard.shutdown(politely), { left: [] })
      const log = yield* logOf(first.id)
      assert.deepStrictEqual(
        log.filter(isTerminalEvent).map(({ type }) => type),
        ["run.interrupted"],
      )
      const waiting = yield* yard.get(second.id)
      assert.deepStrictEqual([waiting.state, waiting.host], ["queued", nobody])
    }),
  )

  it.effect("gives its queued runs to a host that adopts them while its own program lives", () =>
    Effect.gen(function* () {
      const { yard, store } = yield* oneHost()
      yield* yard.submit(request)
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      yield* yard.shutdown(politely)
      const self = { id: "host-other", pid: 2, startTime: "2" }
      const other = yield* openHost(store, { host: { self } })
      const { queued, interrupted } = yield* other.yard.recover
      assert.deepStrictEqual([queued, interrupted], [[id], []])
      yield* other.yard.adopt(queued)
      yield* TestClock.adjust("1 second")
      const { state, host } = yield* other.yard.get(id)
      assert.deepStrictEqual([state, host], ["running", self])
    }),
  )

  it.effect("lets runs finish for as long as the host allows, and starts none that waits", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: slow, finishMillis: 10_000 })
      const [first, second] = [yield* yard.submit(request), yield* yard.submit(request)]
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.forkChild(yard.shutdown(politely), { startImmediately: true })
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.join(stopping)
      assert.strictEqual((yield* yard.get(first.id)).state, "succeeded")
      assert.strictEqual((yield* yard.get(second.id)).state, "queued")
    }),
  )

  it.effect("ends what has not finished in that time", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ finishMillis: 10_000 })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.forkChild(yard.shutdown(politely), { startImmediately: true })
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual((yield* yard.get(id)).state, "running")
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(stopping)
      assert.strictEqual((yield* yard.get(id)).state, "interrupted")
    }),
  )

  it.effect("waits for nothing once it is hurried", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ finishMillis: 10_000 })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.forkChild(yard.shutdown(politely), { startImmediately: true })
      const hurrying = yield* yard.shutdown({ force: true })
      assert.deepStrictEqual(yield* Fiber.join(stopping), hurrying)
      assert.strictEqual((yield* yard.get(id)).state, "interrupted")
    }),
  )

  it.effect("names the runs whose ends the store did not take in time, and stops all the same", () =>
    Effect.gen(function* () {
      const { yard, close } = yield* oneHost({
        append: (append) => (id, drafts) => (drafts.some(isTerminalEvent) ? Effect.never : append(id, drafts)),
      })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.forkChild(yard.shutdown(politely), { startImmediately: true })
      yield* TestClock.adjust("8 seconds")
      assert.deepStrictEqual(yield* Fiber.join(stopping), { left: [id] })
      yield* close
    }),
  )
})
