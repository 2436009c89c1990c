import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { AdapterRegistry } from "../src/AdapterRegistry.ts"
import { Capabilities } from "../src/Capabilities.ts"
import { defaultSettings, HostSettings } from "../src/HostSettings.ts"
import { LiveView } from "../src/LiveView.ts"
import * as MemoryStore from "../src/MemoryStore.ts"
import { Redactor } from "../src/Redactor.ts"
import { Runner } from "../src/Runner.ts"
import { Runyard } from "../src/Runyard.ts"
import { errorInfo } from "../src/RunyardError.ts"
import { SecretStore } from "../src/SecretStore.ts"
import { fakeAdapter, fakeLine } from "../src/testing/FakeAdapter.ts"
import { type FakeHostOptions, fakeProcessHost, type FakeScript } from "../src/testing/FakeProcessHost.ts"
import { fakeStructuredOutput, fakeWorkspace } from "../src/testing/FakeWorkspace.ts"

interface World {
  readonly script: FakeScript
  readonly host?: Partial<FakeHostOptions>
  readonly settings?: Partial<HostSettings>
  readonly violations?: ReadonlyArray<string>
}

const hello: FakeScript = {
  steps: [
    { stdout: fakeLine({ event: { type: "agent.session", payload: { sessionId: "s1", model: "fake-1" } } }) },
    { waitMillis: 50 },
    { stdout: fakeLine({ delta: { messageId: "m1", text: "Hello to" } }) },
    { waitMillis: 50 },
    { stdout: fakeLine({ event: { type: "agent.message", payload: { messageId: "m1", text: "Hello to all" } } }) },
    { stdout: fakeLine({ done: { outcome: "succeeded", finalMessage: "Hello to all", sessionId: "s1" } }) },
  ],
}
const hang: FakeScript = { steps: [{ hang: true }] }

const world = ({ script, host, settings, violations }: World) =>
  Runyard.layer.pipe(
    Layer.provideMerge(Runner.layer),
    Layer.provideMerge(Capabilities.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        AdapterRegistry.layer([fakeAdapter]),
        Redactor.layer({ key: new Uint8Array(32) }),
        MemoryStore.layer,
        LiveView.layer,
        SecretStore.layerMemory(),
        fakeWorkspace,
        fakeStructuredOutput(violations),
      ),
    ),
    Layer.provideMerge(
      fakeProcessHost({
        play: (command) => (command.args[0] === "--version" ? { steps: [{ stdout: "1.0.0\n" }] } : script),
        ...host,
      }),
    ),
    Layer.provideMerge(
      Layer.succeed(HostSettings, Object.assign({}, defaultSettings, { workspaces: "any" }, settings)),
    ),
  )

const request = { provider: "fake", prompt: "Say hello", cwd: "/work" }

/** Starts a run and lets the test clock run until it has stopped. */
const runToEnd = (input: unknown = request) =>
  Effect.gen(function* () {
    const yard = yield* Runyard
    const run = yield* yard.submit(input)
    const ended = yield* Effect.forkChild(yard.await(run.id))
    // Until the process has come to its first wait.
    yield* Effect.replicateEffect(Effect.yieldNow, 20, { discard: true })
    yield* TestClock.adjust("3 hours")
    return yield* Fiber.join(ended)
  })

const logOf = (run: { readonly id: Parameters<Runyard["Service"]["events"]>[0] }) =>
  Effect.flatMap(Runyard, (yard) => Stream.runCollect(yard.events(run.id, { follow: false })))

const refused = (input: unknown) => Effect.flip(Effect.flatMap(Runyard, (yard) => yard.submit(input)))

describe("Runyard", () => {
  it.effect("takes a run from submit to its one terminal event", () =>
    Effect.gen(function* () {
      const run = yield* runToEnd()
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(run.finalMessage, "Hello to all")
      assert.strictEqual(run.sessionId, "s1")
      const log = yield* logOf(run)
      assert.deepStrictEqual(
        log.map(({ type }) => type),
        [
          "run.queued",
          "queue.claimed",
          "run.started",
          "agent.session",
          "agent.message",
          "run.chunk.stdout",
          "run.progress",
          "run.progress",
          "run.completed",
        ],
      )
      assert.deepStrictEqual(
        log.map(({ seq }) => seq),
        log.map((_, index) => index + 1),
      )
    }).pipe(Effect.provide(world({ script: hello }))),
  )

  it.effect("gives the same log, byte for byte, for the same inputs", () => {
    const once = () =>
      runToEnd().pipe(
        Effect.flatMap(logOf),
        Effect.map((log) => JSON.stringify(log)),
        Effect.provide(world({ script: hello }), { local: true }),
        Random.withSeed("seed"),
      )
    return Effect.gen(function* () {
      const [first, second] = yield* Effect.all([
        Effect.provide(once(), TestClock.layer(), { local: true }),
        Effect.provide(once(), TestClock.layer(), { local: true }),
      ])
      assert.strictEqual(first, second)
    })
  })

  it.effect("shows a message while it is written, to a reader that joins late too", () =>
    Effect.gen(function* () {
      const yard = yield* Runyard
      const run = yield* yard.submit(request)
      yield* Stream.runDrain(Stream.takeUntil(yard.events(run.id), ({ type }) => type === "agent.session"))
      yield* TestClock.adjust("60 millis")
      yield* TestClock.adjust("30 millis")
      const frames = yield* Effect.forkChild(Stream.runCollect(Stream.take(yard.liveText(run.id), 1)))
      assert.deepStrictEqual(yield* Fiber.join(frames), [{ messageId: "m1", offset: 0, text: "Hello " }])
    }).pipe(Effect.provide(world({ script: hello }))),
  )

  it.effect("cancels a running run through the ladder and says who asked", () =>
    Effect.gen(function* () {
      const yard = yield* Runyard
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, { by: "tester", force: false }))
      yield* TestClock.adjust("1 second")
      const ended = yield* Fiber.join(canceling)
      assert.strictEqual(ended.state, "canceled")
      const last = (yield* logOf(run)).at(-1)
      assert.isTrue(last?.type === "run.canceled" && last.payload.by === "tester")
      assert.isTrue(last?.type === "run.canceled" && last.payload.evidence?.step === "SIGTERM")
      const again = yield* yard.cancel(run.id, { by: "somebody else", force: false })
      assert.strictEqual(again.lastSeq, ended.lastSeq)
    }).pipe(Effect.provide(world({ script: hang }))),
  )

  it.effect("begins to end a running run as soon as its own host is asked to", () =>
    Effect.gen(function* () {
      const yard = yield* Runyard
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      // No time passes: who waited for the next look at the store would wait for ever.
      const ended = yield* yard.cancel(run.id, { by: "tester", force: false })
      assert.strictEqual(ended.state, "canceled")
    }).pipe(Effect.provide(world({ script: hang }))),
  )

  it.effect("never starts a queued run that was canceled", () => {
    let spawned = 0
    const count = (event: "spawn" | "end", command: { readonly args: ReadonlyArray<string> }) => {
      if (event === "spawn" && command.args[0] === "run") spawned++
    }
    return Effect.gen(function* () {
      const yard = yield* Runyard
      const first = yield* yard.submit(request)
      const second = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(second.id)).state, "queued")
      const canceling = yield* Effect.forkChild(yard.cancel(second.id, { by: "tester", force: false }))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "canceled")
      yield* Effect.forkChild(yard.cancel(first.id, { by: "tester", force: false }))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(first.id)).state, "canceled")
      assert.strictEqual(spawned, 1)
    }).pipe(Effect.provide(world({ script: hang, host: { onEvent: count } })))
  })

  it.effect("ends a run that takes longer than it may", () =>
    Effect.gen(function* () {
      const run = yield* runToEnd({ ...request, limits: { wallMillis: 5000 } })
      assert.strictEqual(run.state, "timed_out")
      assert.strictEqual(run.error?.code, "CLI_TIMED_OUT")
      assert.strictEqual((run.endedAt ?? 0) - run.createdAt, 5000)
    }).pipe(Effect.provide(world({ script: hang }))),
  )

  it.effect("ends a run that shows no sign of life, but not one that talks", () =>
    Effect.gen(function* () {
      const talk: FakeScript = {
        steps: [
          ...Array.from({ length: 10 }, (_, index) => [
            { waitMillis: 900 },
            { stderr: `still here ${index}\n` },
          ]).flat(),
          { hang: true },
        ],
      }
      const run = yield* runToEnd({ ...request, limits: { idleMillis: 1000 } }).pipe(
        Effect.provide(world({ script: talk })),
      )
      assert.strictEqual(run.error?.code, "CLI_IDLE")
      assert.strictEqual((run.endedAt ?? 0) - run.createdAt, 10_000)
    }),
  )

  it.effect("does not call a run succeeded because its process exited with 0", () =>
    Effect.gen(function* () {
      const run = yield* runToEnd()
      assert.strictEqual(run.state, "failed")
      assert.strictEqual(run.error?.code, "CLI_NO_RESULT")
    }).pipe(Effect.provide(world({ script: { steps: [{ stdout: "bye\n" }] } }))),
  )

  it.effect("asks for a person when the credentials were refused", () => {
    const done = fakeLine({ done: { outcome: "failed", error: errorInfo("AUTH_REJECTED") } })
    return Effect.gen(function* () {
      const run = yield* runToEnd()
      assert.strictEqual(run.state, "action_needed")
      const yard = yield* Runyard
      assert.strictEqual((yield* yard.cancel(run.id, { by: "tester", force: false })).state, "canceled")
    }).pipe(Effect.provide(world({ script: { steps: [{ stdout: done }] } })))
  })

  it.effect("fails a run whose answer does not fit the schema that was asked for", () => {
    const done = fakeLine({ done: { outcome: "succeeded", finalMessage: '{"a":1}' } })
    return Effect.gen(function* () {
      const run = yield* runToEnd({ ...request, outputSchema: { type: "string" } })
      assert.strictEqual(run.error?.code, "CLI_STRUCTURED_OUTPUT")
    }).pipe(Effect.provide(world({ script: { steps: [{ stdout: done }] }, violations: ["$ must be string"] })))
  })

  it.effect("names survivors instead of calling the run ended well", () =>
    Effect.gen(function* () {
      const run = yield* runToEnd()
      assert.strictEqual(run.error?.code, "CLI_SURVIVORS")
      assert.deepStrictEqual(run.error?.detail["pids"], [77])
    }).pipe(Effect.provide(world({ script: { ...hello, survivors: [77] } }))),
  )

  it.effect("masks the secrets of the child's environment wherever the agent prints them", () => {
    const key = "plain-words-that-no-rule-knows"
    const leak: FakeScript = {
      steps: [
        { stdout: fakeLine({ event: { type: "agent.message", payload: { text: `it is ${key}` } } }) },
        { stderr: "it is plain-words-" },
        { stderr: "that-no-rule-knows\n" },
        { stdout: fakeLine({ done: { outcome: "succeeded", finalMessage: key } }) },
      ],
    }
    return Effect.gen(function* () {
      const run = yield* runToEnd()
      const log = JSON.stringify(yield* logOf(run))
      assert.isFalse(log.includes(key))
      assert.isFalse(JSON.stringify(run).includes(key))
      assert.isAtLeast(run.redactionCount, 3)
    }).pipe(Effect.provide(world({ script: leak, host: { env: { PATH: "/bin", FAKE_KEY: key } } })))
  })

  it.effect("refuses bad requests with a code before anything is stored", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [unknown, string]> = [
        [{ ...request, prompt: "  " }, "CLI_NO_PROMPT"],
        [{ ...request, provider: "nobody" }, "QUEUE_PROVIDER_UNKNOWN"],
        [{ ...request, cwd: "/missing" }, "IO_DIRECTORY_UNREADABLE"],
        [{ ...request, nonsense: true }, "QUEUE_REQUEST_INVALID"],
        [{ ...request, sandbox: "read-only" }, "QUEUE_OPTION_UNSUPPORTED"],
        [
          { ...request, prompt: `use ${["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_")}` },
          "POLICY_SECRET_IN_PROMPT",
        ],
        ["hello", "QUEUE_REQUEST_INVALID"],
      ]
      for (const [input, code] of cases) {
        const error = yield* refused(input)
        assert.strictEqual(error.code, code)
        assert.isAbove(error.remedy.length, 10)
      }
      const yard = yield* Runyard
      assert.deepStrictEqual(yield* yard.list(), [])
    }).pipe(Effect.provide(world({ script: hello }))),
  )

  it.effect("refuses a request whose CLI is not installed", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* refused(request)).code, "CLI_NOT_FOUND")
    }).pipe(Effect.provide(world({ script: hello, settings: { executables: { fake: "/missing/fake" } } }))),
  )
})
