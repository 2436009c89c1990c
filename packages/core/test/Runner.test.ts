import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import type { Adapter, Protocol } from "../src/Adapter.ts"
import { Capabilities } from "../src/Capabilities.ts"
import { childEnvironment } from "../src/ChildEnvironment.ts"
import { EventLog } from "../src/EventLog.ts"
import { defaultSettings } from "../src/HostSettings.ts"
import { type ProcessCommand, ProcessHost } from "../src/ProcessHost.ts"
import { PromptSeal } from "../src/PromptSeal.ts"
import type { RunId, RunRequest } from "../src/Run.ts"
import { isTerminalEvent } from "../src/RunEvent.ts"
import { RunStore } from "../src/RunStore.ts"
import { errorInfo, type RunyardError, runyardError } from "../src/RunyardError.ts"
import { fakeAdapter, fakeLine } from "../src/testing/FakeAdapter.ts"
import { type FakeHostOptions, fakeProcessHost, type FakeScript } from "../src/testing/FakeProcessHost.ts"

import {
  busy,
  done,
  endsOf,
  hang,
  idOf,
  isProbe,
  probe,
  type Log,
  oneHost,
  openHost,
  openStore,
  quick,
  request,
  tester,
  types,
  withProtocol,
  type World,
} from "./hosts.ts"

describe("Runner", () => {
  it.effect("fails a run whose adapter throws, ends its tree, and repeats nothing of what was thrown", () =>
    Effect.gen(function* () {
      const broken = () => {
        throw new TypeError("output: secret words")
      }
      const parts: ReadonlyArray<Partial<Protocol>> = [{ decode: broken }, { end: broken }, { drain: broken }]
      for (const part of parts) {
        const ends: Array<string> = []
        const { yard, logOf } = yield* oneHost({
          adapter: withProtocol(() => part),
          script: { steps: [{ stdout: done }, ...(part.decode === undefined ? [] : [{ hang: true } as const])] },
          host: { onEvent: (event, command) => void (isProbe(command) || ends.push(event)) },
        })
        const run = yield* yard.submit(request)
        yield* TestClock.adjust("1 second")
        const log = yield* logOf(run.id)
        assert.deepStrictEqual(endsOf(log), ["run.failed"])
        assert.strictEqual((yield* yard.get(run.id)).error?.code, "INTERNAL_DEFECT")
        assert.include(ends, "end")
        assert.notInclude(JSON.stringify(log), "secret words")
      }
    }),
  )

  it.effect("loses nothing of what is on its way to a slow store when the run ends", () =>
    Effect.gen(function* () {
      const slow = (log: Log): Partial<Log> => ({
        append: (id, drafts) =>
          drafts.some(({ type }) => type === "run.chunk.stderr")
            ? Effect.andThen(Effect.sleep("30 millis"), log.append(id, drafts))
            : log.append(id, drafts),
      })
      const { yard, logOf } = yield* oneHost({
        log: slow,
        script: { steps: [{ stderr: "some prose\nand more of it\n" }, { waitMillis: 110 }] },
      })
      const run = yield* yard.submit(request)
      // Everything waits by now: the ticker for 100 ms, the process for 110.
      for (let n = 0; n < 10; n++) yield* TestClock.adjust("1 millis")
      yield* TestClock.adjust("2 seconds")
      const log = yield* logOf(run.id)
      const said = log.flatMap((event) => (event.type === "run.chunk.stderr" ? [event.payload.text] : []))
      assert.strictEqual(said.join("\n"), "some prose\nand more of it")
      assert.deepStrictEqual(endsOf(log), ["run.failed"])
    }),
  )

  it.effect("goes on when the store cannot say for a moment whether somebody wants a cancel", () =>
    Effect.gen(function* () {
      let asked = 0
      const { yard, logOf } = yield* oneHost({
        script: { steps: [{ waitMillis: 1000 }, { stdout: done }] },
        runs: (store) => ({
          cancelRequest: (id) =>
            Effect.suspend(() => (asked++ % 2 === 0 ? Effect.fail(busy) : store.cancelRequest(id))),
        }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(endsOf(yield* logOf(run.id)), ["run.completed"])
      assert.isAbove(asked, 3)
    }),
  )

  it.effect("tries again to store the last event when the store is busy", () =>
    Effect.gen(function* () {
      let refusals = 0
      const { yard, logOf } = yield* oneHost({
        script: quick,
        log: (log) => ({
          append: (id, drafts) =>
            Effect.suspend(() =>
              drafts.some(isTerminalEvent) && refusals++ < 3 ? Effect.fail(busy) : log.append(id, drafts),
            ),
        }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(endsOf(yield* logOf(run.id)), ["run.completed"])
      assert.strictEqual(refusals, 4)
    }),
  )

  it.effect("tells who follows a run that its last event could not be stored", () =>
    Effect.gen(function* () {
      const full = runyardError("STORE_FULL")
      const { yard, logOf } = yield* oneHost({
        script: quick,
        log: (log) => ({
          append: (id, drafts) => (drafts[0]?.type === "run.progress" ? Effect.fail(full) : log.append(id, drafts)),
        }),
      })
      const run = yield* yard.submit(request)
      const following = yield* Effect.forkChild(Effect.flip(Stream.runDrain(yard.events(run.id))))
      const waiting = yield* Effect.forkChild(Effect.flip(yard.await(run.id)))
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* Fiber.join(following)).code, "STORE_FULL")
      assert.strictEqual((yield* Fiber.join(waiting)).code, "STORE_FULL")
      assert.deepStrictEqual(endsOf(yield* logOf(run.id)), [])
    }),
  )

  it.effect("ends the log of a run that is followed when its host dies", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const dead = new Set<string>()
      const first = yield* openHost(store, { host: { self: idOf("first") } })
      const second = yield* openHost(store, { host: { self: idOf("second"), dead } })
      const run = yield* first.yard.submit(request)
      const following = yield* Effect.forkChild(second.yard.await(run.id))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* second.yard.get(run.id)).state, "running")
      dead.add("first")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Fiber.join(following)).state, "interrupted")
    }),
  )

  const warned = fakeLine({ event: { type: "agent.warning", payload: { text: "words" } } })
  const isWarning = ({ type }: { readonly type: string }) => type === "agent.warning"
  const refusing = (refuses: () => RunyardError | undefined) => ({
    log: (log: Log): Partial<Log> => ({
      append: (id, drafts) =>
        Effect.suspend(() => {
          const error = drafts.some(isWarning) ? refuses() : undefined
          return error === undefined ? log.append(id, drafts) : Effect.fail(error)
        }),
    }),
  })

  it.effect("never calls a run well that has lost output to a failing store, and ends its tree", () =>
    Effect.gen(function* () {
      const { yard, logOf } = yield* oneHost({
        script: { steps: [{ stdout: warned }, { waitMillis: 9 }, { stdout: done }] },
        settings: { storePatienceMillis: 1_000 },
        ...refusing(() => runyardError("STORE_FAILED")),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("4 seconds")
      const ended = yield* yard.get(run.id)
      assert.strictEqual(ended.state, "failed")
      assert.strictEqual(ended.error?.code, "STORE_FAILED")
      assert.deepStrictEqual(types(yield* logOf(run.id)).slice(-3), ["run.progress", "run.progress", "run.failed"])
    }),
  )

  it.effect("makes a run wait for a store in trouble and go on with all its output, silent as it is meanwhile", () =>
    Effect.gen(function* () {
      let trouble: RunyardError | undefined = runyardError("STORE_FULL")
      const { yard, logOf } = yield* oneHost({
        script: { steps: [{ stdout: warned }, { waitMillis: 22_000 }, { stdout: done }] },
        settings: { limits: { ...defaultSettings.limits, idleMillis: 5_000 } },
        ...refusing(() => trouble),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* yard.get(run.id)).state, "running")
      trouble = undefined
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* yard.get(run.id)).state, "succeeded")
      assert.strictEqual((yield* logOf(run.id)).filter(isWarning).length, 1)
    }),
  )

  it.effect("ends a run whose store stays in trouble, and writes its output and its end as soon as it can", () =>
    Effect.gen(function* () {
      for (const code of ["STORE_FULL", "STORE_BUSY", "STORE_UNAVAILABLE"] as const) {
        const ends: Array<string> = []
        let trouble: RunyardError | undefined = runyardError(code)
        const { yard, logOf } = yield* oneHost({
          script: { steps: [{ stdout: warned }, { hang: true }] },
          settings: { storePatienceMillis: 10_000 },
          host: { onEvent: (event, command) => void (isProbe(command) || ends.push(event)) },
          ...refusing(() => trouble),
        })
        const run = yield* yard.submit(request)
        yield* TestClock.adjust("5 seconds")
        assert.notInclude(ends, "end")
        yield* TestClock.adjust("15 seconds")
        assert.include(ends, "end")
        for (const asked of [yard.await(run.id), yard.cancel(run.id, tester), Stream.runDrain(yard.events(run.id))]) {
          const failing = yield* Effect.forkChild(Effect.flip(asked))
          yield* TestClock.adjust("2 seconds")
          assert.strictEqual((yield* Fiber.join(failing)).code, code)
        }
        trouble = undefined
        yield* TestClock.adjust("3 seconds")
        const ended = yield* yard.await(run.id)
        assert.deepStrictEqual([ended.state, ended.error?.code], ["failed", code])
        assert.strictEqual((yield* logOf(run.id)).filter(isWarning).length, 1)
      }
    }),
  )

  it.effect("ends a run of its own whose cancel the store cannot take", () =>
    Effect.gen(function* () {
      const { yard, logOf } = yield* oneHost({
        runs: () => ({ requestCancel: () => Effect.fail(runyardError("STORE_FULL")) }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, tester))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "canceled")
      assert.deepStrictEqual(endsOf(yield* logOf(run.id)), ["run.canceled"])
    }),
  )

  it.effect("ends a run although its process can be ended by nothing", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({
        script: { ...hang, survivors: [42] },
        handle: () => ({ exit: Effect.never }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, tester))
      yield* TestClock.adjust("3 seconds")
      const ended = yield* Fiber.join(canceling)
      assert.strictEqual(ended.error?.code, "CLI_SURVIVORS")
    }),
  )

  it.effect("writes what the agent still said, then one last event, when the host is closed", () =>
    Effect.gen(function* () {
      const late = "last words"
      const { yard, close, logOf } = yield* oneHost({
        handle: (made) => ({
          stdout: Stream.concat(
            made.stdout,
            Stream.make(fakeLine({ event: { type: "agent.warning", payload: { text: late } } })),
          ),
        }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const closing = yield* Effect.forkChild(close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      const log = yield* logOf(run.id)
      assert.deepStrictEqual(types(log).slice(-4), ["agent.warning", "run.progress", "run.progress", "run.interrupted"])
      const last = log.at(-1)
      assert.strictEqual(last?.type === "run.interrupted" ? last.payload.evidence?.step : undefined, "SIGTERM")
    }),
  )

  it.effect("gives a run its one last event wherever in its life the host is closed", () =>
    Effect.gen(function* () {
      const step: (log: Log) => Partial<Log> = (log) => ({
        append: (id, drafts) => Effect.andThen(Effect.sleep("10 millis"), log.append(id, drafts)),
      })
      for (let at = 10; at < 240; at += 7) {
        let alive = 0
        const { yard, close, logOf, store } = yield* oneHost({
          script: { steps: [{ waitMillis: 20 }, { stderr: "a\n" }, { waitMillis: 120 }, { stdout: done }] },
          log: step,
          host: { onEvent: (event, command) => void (isProbe(command) || (event === "spawn" ? alive++ : (alive = 0))) },
        })
        const submitting = yield* Effect.forkChild(yard.submit(request))
        yield* TestClock.adjust(at)
        const closing = yield* Effect.forkChild(close)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(closing)
        yield* Fiber.await(submitting)
        const [run] = yield* Context.get(store, RunStore).list({})
        const log = run === undefined ? [] : yield* logOf(run.id)
        assert.isAtMost(endsOf(log).length, 1, `closed at ${at}`)
        if (log.some(({ type }) => type === "queue.claimed"))
          assert.strictEqual(endsOf(log).length, 1, `closed at ${at}`)
        assert.strictEqual(alive, 0)
      }
    }).pipe(Random.withSeed("closing")),
  )

  it.effect("cancels a run whose CLI is still being asked for its version, without starting it", () =>
    Effect.gen(function* () {
      const spawned: Array<string> = []
      const { yard, store } = yield* oneHost({
        host: {
          play: (command) => (isProbe(command) ? { steps: [{ hang: true }] } : hang),
          onEvent: (event, command) => void (event === "spawn" && spawned.push(command.args[0] ?? "")),
        },
      })
      // Stored by a host that died, so that its profile is not known here.
      const other = yield* openHost(store, {
        host: { self: idOf("other") },
        settings: { concurrency: { global: 1, perProvider: 1 } },
      })
      yield* other.yard.submit(request)
      const run = yield* other.yard.submit(request)
      yield* other.close
      const here = yield* openHost(store, {
        host: {
          dead: new Set(["other"]),
          play: (command) => (isProbe(command) ? { steps: [{ hang: true }] } : hang),
          onEvent: (event, command) => void (event === "spawn" && spawned.push(command.args[0] ?? "")),
        },
      })
      yield* here.yard.adopt([run.id])
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(run.id)).state, "starting")
      const canceling = yield* Effect.forkChild(here.yard.cancel(run.id, tester))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "canceled")
      assert.notInclude(spawned, "run")
    }),
  )

  it.effect("ends a run for whose files nobody answers, when it is canceled, takes too long or its host stops", () =>
    Effect.gen(function* () {
      const adapter: Adapter = {
        ...fakeAdapter,
        prepare: (asked, context) =>
          Result.map(fakeAdapter.prepare(asked, context), (made) => ({ ...made, files: { schema: "{}" } })),
      }
      const world: World = { adapter, workspace: { write: () => Effect.never } }
      const spawned: Array<string> = []
      const host: World["host"] = {
        play: (command) => (isProbe(command) ? probe : hang),
        onEvent: (event, command) => void (event === "spawn" && !isProbe(command) && spawned.push(command.marker)),
      }
      const { close, yard } = yield* oneHost({
        ...world,
        host,
        settings: { concurrency: { global: 3, perProvider: 3 } },
      })
      const canceled = yield* yard.submit(request)
      const late = yield* yard.submit({ ...request, limits: { wallMillis: 5_000 } })
      const left = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const canceling = yield* Effect.forkChild(yard.cancel(canceled.id, tester))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "canceled")
      assert.strictEqual((yield* yard.get(late.id)).state, "timed_out")
      assert.strictEqual((yield* yard.get(left.id)).state, "starting")
      const closing = yield* Effect.forkChild(close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      assert.strictEqual((yield* yard.get(left.id)).state, "interrupted")
      assert.deepStrictEqual(spawned, [])
    }),
  )

  it.effect("does not take a jump of the wall clock for silence of the agent", () =>
    Effect.gen(function* () {
      const today = 1_700_000_000_000
      let jump = today
      const clock = yield* Clock.clockWith(Effect.succeed)
      const jumping: Clock.Clock = Object.assign({}, clock, {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + jump,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + jump),
      })
      yield* Effect.gen(function* () {
        for (const hours of [8, -8]) {
          jump = today
          const { yard, logOf } = yield* oneHost({ script: { steps: [{ waitMillis: 1000 }, { stdout: done }] } })
          const run = yield* yard.submit({ ...request, limits: { wallMillis: 2000, idleMillis: 1500 } })
          yield* TestClock.adjust("200 millis")
          jump += hours * 3_600_000
          yield* TestClock.adjust("5 seconds")
          const log = yield* logOf(run.id)
          assert.deepStrictEqual(endsOf(log), ["run.completed"])
          assert.isTrue(log.every(({ mono }) => mono >= 0 && mono < 5000))
        }
        const { yard, logOf } = yield* oneHost({})
        const run = yield* yard.submit({ ...request, limits: { wallMillis: 2000 } })
        jump -= 3_600_000
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(endsOf(yield* logOf(run.id)), ["run.timed_out"])
      }).pipe(Effect.provideService(Clock.Clock, jumping))
    }),
  )

  it.effect("takes limits that no timer can hold", () =>
    Effect.gen(function* () {
      const { yard, logOf } = yield* oneHost({ script: quick })
      const limits = { wallMillis: Number.MAX_SAFE_INTEGER, idleMillis: 2 ** 40 }
      const run = yield* yard.submit({ ...request, limits })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(endsOf(yield* logOf(run.id)), ["run.completed"])
    }),
  )

  it.effect("takes a host's limit of zero for none", () =>
    Effect.gen(function* () {
      const { yard, logOf } = yield* oneHost({
        script: quick,
        settings: { limits: { ...defaultSettings.limits, wallMillis: 0, idleMillis: 0 } },
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(endsOf(yield* logOf(run.id)), ["run.completed"])
    }),
  )

  it.effect("masks what the adapter decoded from masked output, and errors of its own", () =>
    Effect.gen(function* () {
      const key = "plain-words-that-no-rule-knows"
      const { yard, logOf } = yield* oneHost({
        script: { steps: [{ stdout: done }] },
        host: { env: { PATH: "/bin", FAKE_KEY: key } },
        adapter: withProtocol(() => ({
          end: () => ({
            outcome: "failed",
            finalMessage: key,
            error: errorInfo("CLI_FAILED", { message: key, detail: { key } }),
          }),
        })),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(run.id)).error?.code, "CLI_FAILED")
      assert.notInclude(JSON.stringify(yield* logOf(run.id)), key)
    }),
  )
})

describe("Runyard with other hosts", () => {
  /** A store with a run that a host queued and never started. */
  const leftQueued = Effect.fnUntraced(function* (input: unknown, world: World = {}) {
    const store = yield* openStore
    const dying = yield* openHost(store, { ...world, host: { ...world.host, self: idOf("dying") } })
    yield* dying.yard.submit(request)
    const run = yield* dying.yard.submit(input)
    yield* TestClock.adjust("1 second")
    const closing = yield* Effect.forkChild(dying.close)
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(closing)
    return {
      store,
      run,
      logOf: (id: RunId) => Stream.runCollect(Context.get(store, EventLog).events(id, { follow: false })),
    }
  })

  it.effect("executes a run once that two hosts adopt, and ends it once", () =>
    Effect.gen(function* () {
      const { store, run, logOf } = yield* leftQueued(request)
      let spawned = 0
      const host = (id: string, script: FakeScript): World => ({
        script,
        settings: { concurrency: { global: 2, perProvider: 2 } },
        host: {
          self: idOf(id),
          dead: new Set(["dying"]),
          onEvent: (event, command) => void (event === "spawn" && !isProbe(command) && spawned++),
        },
      })
      const first = yield* openHost(store, host("a", hang))
      const second = yield* openHost(store, host("b", hang))
      // The second is busy: its turn for the adopted run comes later.
      const blocker = yield* second.yard.submit(request)
      yield* TestClock.adjust("1 second")
      yield* Effect.all([first.yard.adopt([run.id, run.id]), second.yard.adopt([run.id])], { concurrency: 2 })
      yield* TestClock.adjust("1 second")
      yield* first.yard.adopt([run.id])
      assert.strictEqual((yield* first.yard.get(run.id)).state, "running")
      const canceling = yield* Effect.forkChild(second.yard.cancel(run.id, tester))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(canceling)
      const log = yield* logOf(run.id)
      assert.deepStrictEqual(types(log).slice(-3), ["run.progress", "run.progress", "run.canceled"])
      const other = yield* Effect.forkChild(second.yard.cancel(blocker.id, tester))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(other)
      assert.strictEqual(spawned, 2)
    }),
  )

  it.effect("leaves the queued run alone that a live host will execute", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const owner = yield* openHost(store, { host: { self: idOf("owner") } })
      yield* owner.yard.submit(request)
      const run = yield* owner.yard.submit(request)
      const other = yield* openHost(store, { host: { self: idOf("other") } })
      yield* other.yard.adopt([run.id])
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* other.yard.get(run.id)).state, "queued")
    }),
  )

  describe("a queued run whose stored request is masked", () => {
    const secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_")
    const adopted = Effect.fnUntraced(function* (promptSecrets: "allow" | "warn", lose: boolean) {
      const { store, run, logOf } = yield* leftQueued(
        { ...request, prompt: `use ${secret}` },
        { settings: { promptSecrets } },
      )
      const seal = Context.get(store, PromptSeal)
      const spawned: Array<ProcessCommand> = []
      let atStart: RunRequest | undefined
      if (lose) yield* seal.destroy(run.id)
      const here = yield* openHost(store, {
        script: quick,
        host: {
          dead: new Set(["dying"]),
          play: (command) => {
            if (isProbe(command)) return probe
            spawned.push(command)
            atStart = Effect.runSync(seal.unseal(run.id))
            return quick
          },
        },
      })
      yield* here.yard.adopt([run.id])
      yield* TestClock.adjust("1 second")
      const log = yield* logOf(run.id)
      assert.notInclude(JSON.stringify(log), secret)
      const ended = yield* here.yard.get(run.id)
      return { log, ended, spawned, atStart, left: yield* seal.unseal(run.id) }
    })

    it.effect("is executed with its exact request by the host that adopts it, which then forgets it", () =>
      Effect.gen(function* () {
        const { ended, spawned, atStart, left } = yield* adopted("allow", false)
        assert.strictEqual(ended.state, "succeeded")
        assert.deepStrictEqual(
          spawned.map(({ stdin }) => (stdin.kind === "text" ? stdin.text : "")),
          [`use ${secret}`],
        )
        assert.strictEqual(atStart?.prompt, `use ${secret}`)
        assert.isUndefined(left)
      }),
    )

    it.effect("says that it goes ahead where the host wants to be told", () =>
      Effect.gen(function* () {
        const { log } = yield* adopted("warn", false)
        const told = log.find(({ type }) => type === "policy.applied")
        assert.strictEqual(told?.severity, "warning")
        assert.include(JSON.stringify(told?.payload), "github-token")
      }),
    )

    it.effect("is never executed with the masked one where the exact one is lost", () =>
      Effect.gen(function* () {
        const { ended, spawned } = yield* adopted("allow", true)
        assert.strictEqual(ended.state, "interrupted")
        assert.strictEqual(ended.error?.code, "QUEUE_HOST_DIED")
        assert.deepStrictEqual(spawned, [])
      }),
    )
  })

  it.effect("returns from a cancel when the run's host dies before it could obey", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const dead = new Set<string>()
      const owner = yield* openHost(store, {
        host: { self: idOf("owner") },
        runs: () => ({ cancelRequest: () => Effect.succeed(undefined) }),
      })
      const run = yield* owner.yard.submit(request)
      yield* TestClock.adjust("1 second")
      const other = yield* openHost(store, { host: { self: idOf("other"), dead } })
      const canceling = yield* Effect.forkChild(other.yard.cancel(run.id, tester))
      yield* TestClock.adjust("5 seconds")
      assert.isUndefined(canceling.pollUnsafe())
      dead.add("owner")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "interrupted")
    }),
  )
})

describe("Runyard at awkward moments", () => {
  it.effect("returns from a cancel when the run ends at that very moment", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const { yard } = yield* oneHost({
        script: quick,
        runs: (store) => ({
          requestCancel: (id, asked) => Effect.andThen(Deferred.await(ended), store.requestCancel(id, asked)),
        }),
      })
      const run = yield* yard.submit(request)
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, tester))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(run.id)).state, "succeeded")
      yield* Deferred.succeed(ended, undefined)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "succeeded")
    }),
  )

  it.effect("cancels a run that stops for a person while the cancel is on its way", () =>
    Effect.gen(function* () {
      const stopped = yield* Deferred.make<void>()
      const { yard, logOf } = yield* oneHost({
        script: {
          steps: [
            { waitMillis: 50 },
            { stdout: fakeLine({ done: { outcome: "failed", error: errorInfo("AUTH_REJECTED") } }) },
          ],
        },
        runs: (store) => ({
          requestCancel: (id, asked) => Effect.andThen(Deferred.await(stopped), store.requestCancel(id, asked)),
        }),
      })
      const run = yield* yard.submit(request)
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, tester))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(run.id)).state, "action_needed")
      yield* Deferred.succeed(stopped, undefined)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "canceled")
      assert.deepStrictEqual(endsOf(yield* logOf(run.id)), ["run.canceled"])
    }),
  )

  it.effect("cancels a run of its own that could not be recorded", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({
        log: (log) => ({
          append: (id, drafts) =>
            drafts.some(({ type }) => type === "queue.claimed") ? Effect.fail(busy) : log.append(id, drafts),
        }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, tester))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "canceled")
    }),
  )

  it.effect("executes what it has stored although whoever submitted it went away", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({
        script: quick,
        log: (log) => ({
          append: (id, drafts) =>
            drafts[0]?.type === "run.queued"
              ? Effect.tap(log.append(id, drafts), () => Effect.sleep("10 millis"))
              : log.append(id, drafts),
        }),
      })
      const submitting = yield* Effect.forkChild(yard.submit(request))
      yield* TestClock.adjust("5 millis")
      const leaving = yield* Effect.forkChild(Fiber.interrupt(submitting))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(leaving)
      assert.deepStrictEqual(
        (yield* yard.list()).map(({ state }) => state),
        ["succeeded"],
      )
    }),
  )

  it.effect("neither stores nor repeats a secret of the host that a caller put somewhere", () =>
    Effect.gen(function* () {
      const key = "plain-words-that-no-rule-knows"
      const world: World = { host: { env: { PATH: "/bin", FAKE_KEY: key } } }
      const strict = yield* oneHost(world)
      const refused = yield* Effect.flip(strict.yard.submit({ ...request, prompt: `it is ${key}` }))
      assert.strictEqual(refused.code, "POLICY_SECRET_IN_PROMPT")
      const misplaced = yield* Effect.flip(strict.yard.submit({ ...request, cwd: `/missing/${key}` }))
      assert.strictEqual(misplaced.code, "IO_DIRECTORY_UNREADABLE")
      assert.notInclude(JSON.stringify(misplaced), key)

      const { yard, logOf } = yield* oneHost({ ...world, settings: { promptSecrets: "allow" } })
      const run = yield* yard.submit({ ...request, prompt: `it is ${key}`, cwd: `/work/${key}` })
      yield* TestClock.adjust("1 second")
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, { ...tester, reason: key }))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(canceling)
      const log = yield* logOf(run.id)
      assert.include(types(log), "run.started")
      assert.notInclude(JSON.stringify(log), key)
    }),
  )

  it.effect("asks the store little, however many runs wait, and still cancels one of them at once", () =>
    Effect.gen(function* () {
      let asked = 0
      const { yard } = yield* oneHost({
        runs: (store) => ({
          cancelRequest: (id) => {
            asked++
            return store.cancelRequest(id)
          },
        }),
      })
      const runs = yield* Effect.replicateEffect(yard.submit(request), 400)
      yield* TestClock.adjust("10 seconds")
      assert.isBelow(asked, 4000)
      const last = runs.at(-1)
      assert.isDefined(last)
      const canceling = yield* Effect.forkChild(yard.cancel(last.id, tester))
      yield* TestClock.adjust("10 millis")
      assert.strictEqual((yield* yard.get(last.id)).state, "canceled")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(canceling)
    }),
  )

  it.effect("ends the live text of a run that has ended, or that nobody knows", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: quick })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(run.id)).state, "succeeded")
      assert.deepStrictEqual(yield* Stream.runCollect(yard.liveText(run.id)), [])
      const unknown = `${run.id.slice(0, -1)}${run.id.endsWith("0") ? "1" : "0"}` as RunId
      assert.deepStrictEqual(yield* Stream.runCollect(yard.liveText(unknown)), [])
    }),
  )
})

describe("ChildEnvironment", () => {
  it("takes the password of a URL and what a request asks for by a telling name for secrets", () => {
    const host = {
      PATH: "/bin",
      HTTPS_PROXY: "http://someone:a-proxy-password@proxy.example:3128",
      DB_PASS: "a-database-password",
      EDITOR: "a-harmless-editor",
      FAKE_KEY: "short",
    }
    const { secrets } = childEnvironment(host, fakeAdapter, { env: ["DB_PASS", "EDITOR"] })
    assert.deepStrictEqual(
      secrets.map(({ value }) => value),
      ["a-proxy-password", "a-database-password"],
    )
  })
})

describe("Capabilities", () => {
  const counting = (answers: ReadonlyArray<string>) => {
    const asked: Array<string> = []
    const host: Partial<FakeHostOptions> = {
      play: (command) => {
        if (!isProbe(command)) return quick
        asked.push(command.marker)
        return { steps: [{ waitMillis: 10 }, { stdout: answers[asked.length - 1] ?? "9.9.9\n" }] }
      },
    }
    return { asked, host }
  }

  it.effect("asks a CLI for its version once for all who want to know, and again when it may have been updated", () =>
    Effect.gen(function* () {
      const { asked, host } = counting(["1.0.0\n", "2.0.0\n"])
      const { yard } = yield* oneHost({ host })
      const both = yield* Effect.forkChild(Effect.all([yard.submit(request), yard.submit(request)], { concurrency: 2 }))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(both)
      assert.strictEqual(asked.length, 1)
      yield* TestClock.adjust("2 minutes")
      const later = yield* Effect.forkChild(yard.submit(request))
      yield* TestClock.adjust("1 second")
      const run = yield* yard.get((yield* Fiber.join(later)).id)
      assert.strictEqual(run.attempts[0]?.version, "2.0.0")
    }),
  )

  it.effect("does not take the version of one provider for that of another with the same executable", () =>
    Effect.gen(function* () {
      const { host } = counting(["1.0.0\n", "2.0.0\n"])
      const twin: Adapter = { ...fakeAdapter, provider: "twin" }
      const found = yield* Effect.forkChild(
        Capabilities.use((it) => Effect.all([it.diagnose(fakeAdapter), it.diagnose(twin)])).pipe(
          Effect.provide(Layer.provide(Capabilities.layer, fakeProcessHost({ play: () => quick, ...host }))),
        ),
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        (yield* Fiber.join(found)).map(({ profile }) => profile?.version),
        ["1.0.0", "2.0.0"],
      )
    }),
  )

  it.effect("does not remember that a CLI did not tell its version", () =>
    Effect.gen(function* () {
      const { asked, host } = counting(["\n", "2.0.0\n"])
      const { yard } = yield* oneHost({ host })
      const submitting = yield* Effect.forkChild(yard.submit(request))
      yield* TestClock.adjust("1 second")
      const run = yield* yard.get((yield* Fiber.join(submitting)).id)
      assert.strictEqual(asked.length, 2)
      assert.strictEqual(run.attempts[0]?.version, "2.0.0")
    }),
  )

  it.effect("takes the answer of a CLI that leaves something running on its pipes", () =>
    Effect.gen(function* () {
      const processes = fakeProcessHost({ play: () => ({ steps: [{ stdout: "1.0.0\n" }] }) })
      const holding = Layer.effect(
        ProcessHost,
        Effect.map(ProcessHost, (inner) =>
          ProcessHost.of({
            ...inner,
            spawn: (command) =>
              Effect.map(inner.spawn(command), (made) => ({
                ...made,
                stderr: Stream.concat(made.stderr, Stream.never),
              })),
          }),
        ),
      ).pipe(Layer.provide(processes))
      const diagnosing = yield* Effect.forkChild(
        Capabilities.use((capabilities) => capabilities.diagnose(fakeAdapter)).pipe(
          Effect.provide(Layer.provide(Capabilities.layer, holding)),
        ),
      )
      yield* TestClock.adjust("1 second")
      const found = yield* Fiber.join(diagnosing)
      assert.strictEqual(found.profile?.version, "1.0.0")
    }),
  )
})
