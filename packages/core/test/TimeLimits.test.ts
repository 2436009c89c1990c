import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import type { AgentEvent } from "../src/AgentEvent.ts"
import { EventLog } from "../src/EventLog.ts"
import { defaultSettings } from "../src/HostSettings.ts"
import { RunStore } from "../src/RunStore.ts"
import type { RunEvent } from "../src/RunEvent.ts"
import { errorInfo } from "../src/RunyardError.ts"
import { fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript, FakeStep } from "../src/testing/FakeProcessHost.ts"
import { defaultTimeLimits, timeLimits } from "../src/TimeLimits.ts"
import {
  done,
  endsOf,
  hang,
  idOf,
  isProbe,
  oneHost,
  openHost,
  openStore,
  probe,
  request,
  tester,
  types,
  withProtocol,
  type World,
} from "./hosts.ts"

const say = (event: AgentEvent): FakeStep => ({ stdout: fakeLine({ event }) })
const turn = say({ type: "agent.turn_started", payload: {} })
const turnEnd = say({ type: "agent.turn_ended", payload: { status: "completed" } })
const tool = (toolId: string, kind: "command" | "web" = "command") =>
  say({ type: "agent.tool_started", payload: { toolId, kind, name: "it", command: "secret words" } })
const toolEnd = (toolId: string) =>
  say({ type: "agent.tool_completed", payload: { toolId, kind: "command", name: "it", status: "completed" } })
const task = (status: string) => say({ type: "agent.task", payload: { taskId: "t1", status } })
const wait = (waitMillis: number): FakeStep => ({ waitMillis })
const forever: FakeStep = { hang: true }
const script = (...steps: ReadonlyArray<FakeStep>): FakeScript => ({ steps })

const lastOf = (log: ReadonlyArray<RunEvent>) => {
  const last = log.at(-1)
  if (last === undefined) throw new Error("an empty log")
  return last
}

/** A run to its end, and when that was, in milliseconds after the submit. */
const ended = Effect.fnUntraced(function* (world: World, limits: object) {
  const { yard, logOf } = yield* oneHost(world)
  const run = yield* yard.submit({ ...request, limits })
  yield* TestClock.adjust("3 hours")
  const log = yield* logOf(run.id)
  const last = lastOf(log)
  return { log, last, run: yield* yard.get(run.id), after: last.at - run.createdAt }
})

/** One long step of the test clock leaves those who wait for each other a few ticks behind. */
const isAbout = (millis: number, expected: number) => assert.isTrue(Math.abs(millis - expected) <= 300, `${millis} ms`)

describe("timeLimits", () => {
  it("takes what the request asks for, then the host's, and for silence that of an agent without tools", () => {
    const host = { ...defaultTimeLimits, idleMillis: 700, queueMillis: 50 }
    assert.deepStrictEqual(timeLimits(undefined, host), {
      ...defaultTimeLimits,
      queueMillis: 50,
      idleMillis: 700,
      toolIdleMillis: 700,
    })
    assert.deepStrictEqual(timeLimits({ idleMillis: 5, lingerMillis: 3, queueMillis: 1 }, host), {
      ...defaultTimeLimits,
      queueMillis: 1,
      idleMillis: 5,
      toolIdleMillis: 5,
      lingerMillis: 3,
    })
    assert.strictEqual(timeLimits({ idleMillis: 5 }, { ...host, toolIdleMillis: 9 }).toolIdleMillis, 9)
    assert.strictEqual(timeLimits({ idleMillis: 5 }, { ...host, lingerMillis: 0 }).lingerMillis, 5)
  })
})

describe("A run in the queue", () => {
  /** Two runs on a host with one place, which the first never leaves. */
  const blocked = Effect.fnUntraced(function* (limits: object, world: World = {}) {
    const spawned: Array<string> = []
    const host = yield* oneHost({
      ...world,
      host: {
        onEvent: (event, command) => void (event === "spawn" && !isProbe(command) && spawned.push(command.marker)),
        ...world.host,
      },
    })
    const first = yield* host.yard.submit(request)
    const second = yield* host.yard.submit({ ...request, limits })
    return { ...host, first, second, spawned }
  })

  it.effect("times out with a code of its own when its turn does not come in time, and never starts", () =>
    Effect.gen(function* () {
      const { yard, logOf, first, second, spawned } = yield* blocked({ queueMillis: 90_000 })
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual((yield* yard.get(second.id)).state, "queued")
      yield* TestClock.adjust("1 second")
      const log = yield* logOf(second.id)
      assert.deepStrictEqual(types(log), ["run.queued", "run.timed_out"])
      const last = lastOf(log)
      assert.strictEqual(last.type === "run.timed_out" ? last.payload.limit : undefined, "queue")
      const run = yield* yard.get(second.id)
      assert.strictEqual(run.state, "timed_out")
      assert.strictEqual(run.error?.code, "QUEUE_TIMED_OUT")
      assert.strictEqual(run.error?.class, "transient")
      assert.deepStrictEqual(run.error?.detail, { limitMillis: 90_000 })
      const canceling = yield* Effect.forkChild(yard.cancel(first.id, tester))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(canceling)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(spawned, [first.id])
    }),
  )

  it.effect("has no limit unless the request or the host sets one", () =>
    Effect.gen(function* () {
      const forgotten = yield* blocked({})
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* forgotten.yard.get(forgotten.second.id)).state, "queued")
      const limited = yield* blocked(
        {},
        { settings: { limits: { ...defaultSettings.limits, queueMillis: 1000, idleMillis: 0 } } },
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* limited.yard.get(limited.second.id)).state, "timed_out")
      assert.strictEqual((yield* limited.yard.get(limited.first.id)).state, "running")
    }),
  )

  it.effect("gets one end when its turn, its limit and a cancel come at the same moment", () =>
    Effect.gen(function* () {
      for (const offset of [-1, 0, 1]) {
        const { yard, logOf, first, second, spawned } = yield* blocked(
          { queueMillis: 1000 },
          { script: script(wait(1000 + offset), { stdout: done }) },
        )
        yield* TestClock.adjust("1 second")
        const canceling = yield* Effect.forkChild(yard.cancel(second.id, tester))
        yield* TestClock.adjust("10 seconds")
        const canceled = yield* Fiber.join(canceling)
        const log = yield* logOf(second.id)
        assert.strictEqual(endsOf(log).length, 1)
        assert.strictEqual(spawned.includes(second.id), types(log).includes("queue.claimed"))
        if (canceled.error?.code === "QUEUE_TIMED_OUT") assert.notInclude(types(log), "queue.claimed")
        assert.strictEqual((yield* yard.get(first.id)).state, "succeeded")
      }
    }),
  )

  it.effect("never starts once its cancel has returned, however near its turn is", () =>
    Effect.gen(function* () {
      for (let at = 95; at < 105; at++) {
        const { yard, logOf, second, spawned } = yield* blocked({}, { script: script(wait(100), { stdout: done }) })
        yield* TestClock.adjust(at)
        const canceling = yield* Effect.forkChild(yard.cancel(second.id, tester))
        yield* TestClock.adjust("10 seconds")
        const state = (yield* Fiber.join(canceling)).state
        const log = yield* logOf(second.id)
        assert.strictEqual(endsOf(log).length, 1)
        if (!types(log).includes("queue.claimed")) {
          assert.strictEqual(state, "canceled")
          assert.notInclude(spawned, second.id)
          assert.deepStrictEqual(types(log), ["run.queued", "audit.cancel_requested", "run.canceled"])
        }
      }
    }),
  )

  it.effect("times out although its host died: with whoever adopts it, recovers it, or waits for it", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const spawned: Array<string> = []
      const dying = yield* openHost(store, { host: { self: idOf("dying") } })
      yield* dying.yard.submit(request)
      const limits = { queueMillis: 60_000 }
      const runs = yield* Effect.replicateEffect(dying.yard.submit({ ...request, limits }), 3)
      const [adopted, recovered, awaited] = runs
      assert.isDefined(adopted)
      assert.isDefined(recovered)
      assert.isDefined(awaited)
      const closing = yield* Effect.forkChild(dying.close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      const here = yield* openHost(store, {
        host: {
          dead: new Set(["dying"]),
          onEvent: (event, command) => void (event === "spawn" && spawned.push(command.marker)),
        },
      })
      const left = yield* here.yard.recover
      assert.sameMembers([...left.queued], [adopted.id, recovered.id, awaited.id])
      yield* TestClock.adjust("70 seconds")
      yield* here.yard.adopt([adopted.id])
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* here.yard.get(adopted.id)).error?.code, "QUEUE_TIMED_OUT")
      const waiting = yield* Effect.forkChild(here.yard.await(awaited.id))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Fiber.join(waiting)).error?.code, "QUEUE_TIMED_OUT")
      assert.deepStrictEqual((yield* here.yard.recover).queued, [])
      assert.strictEqual((yield* here.yard.get(recovered.id)).error?.code, "QUEUE_TIMED_OUT")
      assert.deepStrictEqual(spawned, [])
    }),
  )
})

describe("The wall clock", () => {
  it.effect("counts from the claim: a CLI that does not tell its version takes of it", () =>
    Effect.gen(function* () {
      let spawned = 0
      const { yard, logOf } = yield* oneHost({
        host: {
          // The second asks for the version once more, as that of the first is too old by then.
          play: (command) =>
            isProbe(command) ? (spawned++ === 0 ? probe : hang) : script(wait(120_000), { stdout: done }),
        },
      })
      yield* yard.submit(request)
      const run = yield* yard.submit({ ...request, limits: { wallMillis: 5000 } })
      yield* TestClock.adjust("124 seconds")
      assert.strictEqual((yield* yard.get(run.id)).state, "starting")
      yield* TestClock.adjust("2 seconds")
      const log = yield* logOf(run.id)
      assert.deepStrictEqual(types(log), ["run.queued", "queue.claimed", "run.timed_out"])
      assert.strictEqual((yield* yard.get(run.id)).error?.code, "CLI_TIMED_OUT")
      assert.strictEqual(lastOf(log).mono, 5000)
    }),
  )
})

describe("A silent run", () => {
  it.effect("may be silent for longer while a tool runs, and no longer after it", () =>
    Effect.gen(function* () {
      const { run, after } = yield* ended(
        { script: script(turn, wait(500), tool("a"), wait(5000), toolEnd("a"), forever) },
        { idleMillis: 1000, toolIdleMillis: 6000 },
      )
      assert.strictEqual(run.state, "timed_out")
      assert.strictEqual(run.error?.code, "CLI_IDLE")
      assert.deepStrictEqual(run.error?.detail, { limitMillis: 1000, limit: "idle" })
      isAbout(after, 500 + 5000 + 1000)
    }),
  )

  it.effect("is ended with the kinds of its tools in the error, and nothing that they were asked", () =>
    Effect.gen(function* () {
      const { run, last, after } = yield* ended(
        { script: script(turn, tool("a"), tool("b", "web"), toolEnd("c"), forever) },
        { idleMillis: 1000, toolIdleMillis: 6000 },
      )
      assert.strictEqual(last.type === "run.timed_out" ? last.payload.limit : undefined, "idle")
      assert.deepStrictEqual(run.error?.detail, { limitMillis: 6000, limit: "tool", tools: ["command", "web"] })
      assert.notInclude(JSON.stringify(last), "secret words")
      isAbout(after, 6000)
    }),
  )

  it.effect("may be given less time for a tool than for the agent", () =>
    Effect.gen(function* () {
      const { after } = yield* ended(
        { script: script(turn, wait(5000), tool("a"), forever) },
        { idleMillis: 9000, toolIdleMillis: 100 },
      )
      isAbout(after, 5100)
    }),
  )

  it.effect("has the limit of a tool for one that never completes, as long as the turn goes on", () =>
    Effect.gen(function* () {
      const { run, after } = yield* ended(
        {
          script: script(turn, tool("a"), wait(500), say({ type: "agent.message", payload: { text: "on" } }), forever),
        },
        { idleMillis: 1000, toolIdleMillis: 2000 },
      )
      assert.strictEqual(run.error?.detail["limit"], "tool")
      isAbout(after, 2500)
    }),
  )
})

describe("A run whose result has arrived", () => {
  const limits = { idleMillis: 60_000, lingerMillis: 2000 }

  it.effect("counts as what the protocol said when its process lingers, and says that it was ended", () =>
    Effect.gen(function* () {
      const { log, last, run, after } = yield* ended(
        { script: script(turn, wait(1000), { stdout: done }, turnEnd, forever) },
        limits,
      )
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(run.finalMessage, "bye")
      isAbout(after, 3000)
      assert.isTrue(last.type === "run.completed" && last.payload.lingered)
      assert.strictEqual(last.type === "run.completed" ? last.payload.evidence?.step : undefined, "SIGTERM")
      assert.deepStrictEqual(last.type === "run.completed" ? last.payload.exit : undefined, {
        code: null,
        signal: "SIGTERM",
      })
      assert.deepStrictEqual(types(log).slice(-3), ["run.progress", "run.progress", "run.completed"])
    }),
  )

  it.effect("fails with the protocol's own error", () =>
    Effect.gen(function* () {
      const failed = fakeLine({ done: { outcome: "failed", error: errorInfo("CLI_RATE_LIMITED") } })
      const { last, run } = yield* ended(
        {
          script: script(turn, { stdout: failed }, turnEnd, forever),
          settings: { retry: { ...defaultSettings.retry, maxTries: 1 } },
        },
        limits,
      )
      assert.strictEqual(run.error?.code, "CLI_RATE_LIMITED")
      assert.isTrue(last.type === "run.failed" && last.payload.lingered)
    }),
  )

  it.effect("is judged by what was said before we ended it, not by what the CLI answers to a signal", () =>
    Effect.gen(function* () {
      const other = fakeLine({ done: { outcome: "failed", error: errorInfo("CLI_INTERRUPTED") } })
      const { run } = yield* ended(
        {
          script: script(turn, { stdout: done }, turnEnd, forever),
          handle: (made) => ({ stdout: Stream.concat(made.stdout, Stream.make(other)) }),
        },
        limits,
      )
      assert.strictEqual(run.state, "succeeded")
    }),
  )

  it.effect("does not depend on how the exit of a process that we ended looks", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      yield* ended(
        {
          script: script(turn, { stdout: done }, turnEnd, forever),
          adapter: withProtocol((protocol) => ({
            end: (exit) => {
              asked.push(exit)
              return protocol.end(exit)
            },
          })),
        },
        limits,
      )
      assert.deepStrictEqual(asked, [undefined])
    }),
  )

  it.effect("is left alone when its process ends by itself in time", () =>
    Effect.gen(function* () {
      const { last, after } = yield* ended({ script: script(turn, { stdout: done }, turnEnd, wait(1999)) }, limits)
      assert.strictEqual(last.type, "run.completed")
      assert.notProperty(last.payload, "lingered")
      isAbout(after, 1999)
    }),
  )

  it.effect("gets the grace anew with every sign of life, and with another turn the agent's own limit", () =>
    Effect.gen(function* () {
      const { run, last, after } = yield* ended(
        {
          script: script(
            turn,
            { stdout: done },
            turnEnd,
            wait(1500),
            { stderr: "flushing\n" },
            wait(1500),
            turn,
            wait(30_000),
            turnEnd,
            forever,
          ),
        },
        limits,
      )
      assert.strictEqual(run.state, "succeeded")
      assert.isTrue(last.type === "run.completed" && last.payload.lingered)
      isAbout(after, 1500 + 1500 + 30_000 + 2000)
    }),
  )

  it.effect("is not taken for one that lingers while a task in the background may bring another result", () =>
    Effect.gen(function* () {
      const { run, last, after } = yield* ended(
        {
          script: script(
            turn,
            task("started"),
            turnEnd,
            wait(25_000),
            task("completed"),
            turn,
            { stdout: done },
            turnEnd,
          ),
        },
        limits,
      )
      assert.strictEqual(run.state, "succeeded")
      assert.notProperty(last.payload, "lingered")
      isAbout(after, 25_000)
      // One that never ends, such as a server that the agent has started, is a silent tool.
      const served = yield* ended(
        { script: script(turn, task("started"), { stdout: done }, turnEnd, forever) },
        { ...limits, toolIdleMillis: 40_000 },
      )
      assert.strictEqual(served.run.state, "succeeded")
      assert.isTrue(served.last.type === "run.completed" && served.last.payload.lingered)
      isAbout(served.after, 40_000)
    }),
  )

  it.effect("keeps its result when the wall clock or the end of the host comes during the grace", () =>
    Effect.gen(function* () {
      const lingering = script(turn, { stdout: done }, turnEnd, forever)
      const walled = yield* ended({ script: lingering }, { ...limits, wallMillis: 1000 })
      assert.strictEqual(walled.run.state, "succeeded")
      isAbout(walled.after, 1000)
      const { yard, close, logOf } = yield* oneHost({ script: lingering })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const closing = yield* Effect.forkChild(close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(endsOf(yield* logOf(run.id)), ["run.completed"])
    }),
  )

  it.effect("is canceled when somebody asks for it during the grace", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: script(turn, { stdout: done }, turnEnd, forever) })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, tester))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "canceled")
    }),
  )

  it.effect("gets ten seconds when nobody says otherwise", () =>
    Effect.gen(function* () {
      const { after } = yield* ended({ script: script(turn, { stdout: done }, turnEnd, forever) }, {})
      isAbout(after, 10_000)
    }),
  )
})

describe("The request for a cancel", () => {
  const auditsOf = (log: ReadonlyArray<RunEvent>) =>
    log.flatMap((event) => (event.type === "audit.cancel_requested" ? [event.payload] : []))

  it.effect("is in the log before the end begins, and so is a second one that forces", () =>
    Effect.gen(function* () {
      const seen: Array<ReadonlyArray<string>> = []
      const store = yield* openStore
      const log = Context.get(store, EventLog)
      const inLog = (id: string) =>
        Stream.runCollect(log.events(id as never, { follow: false })).pipe(Effect.map(types), Effect.orDie)
      const { yard } = yield* openHost(store, {
        handle: (made) => ({
          end: (ladder, interrupt) =>
            Effect.gen(function* () {
              seen.push(yield* inLog(made.record.marker))
              if (ladder.length > 0) return yield* Effect.never
              return yield* made.end(ladder, interrupt)
            }),
        }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const asking = yield* Effect.forkChild(yard.cancel(run.id, { by: "first", reason: "enough", force: false }))
      yield* TestClock.adjust("1 second")
      const forcing = yield* Effect.forkChild(yard.cancel(run.id, { by: "second", force: true }))
      yield* TestClock.adjust("2 seconds")
      const both = [yield* Fiber.join(asking), yield* Fiber.join(forcing)]
      assert.deepStrictEqual(both[0], both[1])
      const stored = yield* Stream.runCollect(log.events(run.id, { follow: false }))
      assert.deepStrictEqual(auditsOf(stored), [
        { by: "first", reason: "enough", force: false },
        { by: "first", reason: "enough", force: true },
      ])
      assert.deepStrictEqual(endsOf(stored), ["run.canceled"])
      const [polite, forced] = seen.map((before) => before.filter((type) => type === "audit.cancel_requested").length)
      assert.deepStrictEqual([polite, forced], [1, 2])
    }),
  )

  it.effect("gives both who ask the same answer, after the proof", () =>
    Effect.gen(function* () {
      let gone = false
      const { yard, logOf } = yield* oneHost({
        handle: (made) => ({
          end: (ladder, interrupt) =>
            Effect.sleep("700 millis").pipe(
              Effect.andThen(made.end(ladder, interrupt)),
              Effect.tap(() => Effect.sync(() => void (gone = true))),
            ),
        }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const ask = (by: string) =>
        Effect.forkChild(Effect.map(yard.cancel(run.id, { by, force: false }), (found) => ({ found, gone })))
      const first = yield* ask("a")
      yield* TestClock.adjust("300 millis")
      const second = yield* ask("b")
      yield* TestClock.adjust("2 seconds")
      const answers = [yield* Fiber.join(first), yield* Fiber.join(second)]
      assert.deepStrictEqual(answers[0], answers[1])
      assert.isTrue(answers[0]?.gone)
      const last = lastOf(yield* logOf(run.id))
      assert.strictEqual(last.type === "run.canceled" ? last.payload.by : undefined, "a")
      assert.deepStrictEqual(auditsOf(yield* logOf(run.id)), [{ by: "a", force: false }])
    }),
  )

  it.effect("does not wait long for a store that does not take it", () =>
    Effect.gen(function* () {
      const { yard, logOf } = yield* oneHost({
        log: (log) => ({
          append: (id, drafts) =>
            drafts.some(({ type }) => type === "audit.cancel_requested")
              ? Effect.andThen(Effect.sleep("1 second"), log.append(id, drafts))
              : log.append(id, drafts),
        }),
      })
      const ends: Array<number> = []
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const canceling = yield* Effect.forkChild(yard.cancel(run.id, { ...tester, force: true }))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Fiber.join(canceling)).state, "canceled")
      const log = yield* logOf(run.id)
      ends.push(auditsOf(log).length)
      assert.deepStrictEqual(types(log).slice(-4), [
        "audit.cancel_requested",
        "run.progress",
        "run.progress",
        "run.canceled",
      ])
      assert.deepStrictEqual(ends, [1])
    }),
  )

  it.effect("is with the end of a run that waited, or that waits for a person", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const { yard } = yield* openHost(store, {
        script: script({ stdout: fakeLine({ done: { outcome: "failed", error: errorInfo("AUTH_REJECTED") } }) }),
      })
      const run = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Context.get(store, RunStore).get(run.id)).state, "action_needed")
      yield* yard.cancel(run.id, { ...tester, reason: "no need" })
      const log = yield* Stream.runCollect(Context.get(store, EventLog).events(run.id, { follow: false }))
      assert.deepStrictEqual(auditsOf(log), [{ by: "tester", reason: "no need", force: false }])
      assert.deepStrictEqual(types(log).slice(-2), ["audit.cancel_requested", "run.canceled"])
    }),
  )
})
