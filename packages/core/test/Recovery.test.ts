/** What becomes of runs whose host died, decided on made-up processes. With real ones: tests/crash. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import type { Adapter } from "../src/Adapter.ts"
import { AdapterRegistry } from "../src/AdapterRegistry.ts"
import { Capabilities } from "../src/Capabilities.ts"
import { EventLog } from "../src/EventLog.ts"
import { defaultSettings, HostSettings } from "../src/HostSettings.ts"
import { LiveView } from "../src/LiveView.ts"
import * as MemoryStore from "../src/MemoryStore.ts"
import type { Leftover, ProcessCommand } from "../src/ProcessHost.ts"
import { Redactor } from "../src/Redactor.ts"
import type { RunId, RunRequest } from "../src/Run.ts"
import { type EndEvidence, isTerminalEvent, type RunEvent } from "../src/RunEvent.ts"
import { Runner } from "../src/Runner.ts"
import { RunStore } from "../src/RunStore.ts"
import { Runyard } from "../src/Runyard.ts"
import { runyardError } from "../src/RunyardError.ts"
import { SecretStore } from "../src/SecretStore.ts"
import type { StoreServices } from "../src/StoreServices.ts"
import { claimed, queued, session, started, testRunId } from "../src/testing/EventDrafts.ts"
import { fakeAdapter, fakeLine } from "../src/testing/FakeAdapter.ts"
import { type FakeHostOptions, fakeProcessHost, type FakeScript } from "../src/testing/FakeProcessHost.ts"
import { fakeStructuredOutput, fakeWorkspace } from "../src/testing/FakeWorkspace.ts"

type Store = Context.Context<StoreServices>

interface World {
  readonly script?: FakeScript
  readonly host?: Partial<FakeHostOptions>
  readonly settings?: Partial<HostSettings>
}

/** Shows in its arguments which conversation it was asked to go on with. */
const adapter: Adapter = {
  ...fakeAdapter,
  prepare: (request, context) =>
    Result.map(fakeAdapter.prepare(request, context), (invocation) => ({
      ...invocation,
      args: ["run", request.session?.kind === "resume" ? `resume ${request.session.id}` : "new"],
    })),
}

const done: FakeScript = { steps: [{ stdout: fakeLine({ done: { outcome: "succeeded", finalMessage: "bye" } }) }] }
const probe: FakeScript = { steps: [{ stdout: "1.0.0\n" }] }
const isProbe = (command: ProcessCommand) => command.args[0] === "--version"

const openStore = Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(MemoryStore.layer, scope))

/** A host on a store whose other hosts, "host-1" and "host-2", are dead. */
const openHost = Effect.fnUntraced(function* (store: Store, id: string, { host, script, settings }: World = {}) {
  const layer = Runyard.layer.pipe(
    Layer.provideMerge(Runner.layer),
    Layer.provideMerge(Capabilities.layer),
    Layer.provideMerge(
      Layer.mergeAll(
        AdapterRegistry.layer([adapter]),
        Redactor.layer({ key: new Uint8Array(32) }),
        LiveView.layer,
        SecretStore.layerMemory(),
        Layer.succeedContext(store),
        fakeWorkspace,
        fakeStructuredOutput(),
      ),
    ),
    Layer.provideMerge(
      fakeProcessHost({
        self: { id, pid: 9, startTime: "9" },
        dead: new Set(["host-1", "host-2"]),
        play: (command) => (isProbe(command) ? probe : (script ?? done)),
        ...host,
      }),
    ),
    Layer.provideMerge(
      Layer.succeed(HostSettings, Object.assign({}, defaultSettings, { workspaces: "any" }, settings)),
    ),
  )
  return Context.get(yield* Layer.buildWithScope(layer, yield* Effect.scope), Runyard)
})

/** A run that "host-2" executed when it died. */
const running = Effect.fnUntraced(function* (store: Store, n: number, request: Partial<RunRequest> = {}) {
  const id = testRunId(n)
  yield* Context.get(store, EventLog).append(id, [queued(request), claimed, started, session("s-1")])
  return id
})

const logOf = (store: Store, id: RunId) => Stream.runCollect(Context.get(store, EventLog).events(id, { follow: false }))

const last = (log: ReadonlyArray<RunEvent>) => log.at(-1)
const evidence = (change: Partial<EndEvidence> = {}): EndEvidence => ({
  step: "SIGTERM",
  durationMillis: 5,
  descendants: 2,
  killed: 2,
  survivors: [],
  found: "alive",
  ...change,
})

describe("Runyard.recover", () => {
  it.effect("ends the leftovers of all dead hosts in one search, and interrupts their runs with what was found", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const ids = yield* Effect.forEach([1, 2, 3], (n) => running(store, n))
      const starting = testRunId(4)
      yield* Context.get(store, EventLog).append(starting, [queued(), claimed])
      const waiting = testRunId(5)
      yield* Context.get(store, EventLog).append(waiting, [queued()])
      const searches: Array<ReadonlyArray<Leftover>> = []
      const yard = yield* openHost(store, "here", {
        host: {
          endLeftovers: (leftovers) => {
            searches.push(leftovers)
            return leftovers.map(() => evidence())
          },
        },
      })
      const report = yield* yard.recover
      assert.deepStrictEqual(report.interrupted.toSorted(), [...ids, starting].toSorted())
      assert.deepStrictEqual([report.queued, report.resumed, report.survivors], [[waiting], [], []])
      assert.strictEqual(searches.length, 1)
      const found = new Map(searches[0]?.map((leftover) => [leftover.marker, leftover.process?.root]))
      assert.deepStrictEqual(found.get("m-1"), { pid: 42, startTime: "boot:4200" })
      // It died before it could say what it had started: the marker is all there is.
      assert.isTrue(found.has(starting))
      assert.isUndefined(found.get(starting))
      for (const id of report.interrupted) {
        const event = last(yield* logOf(store, id))
        assert.isTrue(event?.type === "run.interrupted" && event.payload.evidence?.found === "alive")
        const { error, state } = yield* yard.get(id)
        assert.deepStrictEqual([state, error?.code], ["interrupted", "QUEUE_HOST_DIED"])
        assert.deepStrictEqual(error?.detail, { pid: 2, killed: 2, found: "alive" })
      }
      assert.deepStrictEqual(yield* yard.recover, {
        interrupted: [],
        resumed: [],
        queued: [waiting],
        dead: ["host-1"],
        survivors: [],
      })
    }),
  )

  it.effect("names processes that nothing could end", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const id = yield* running(store, 1, { recovery: "resume" })
      const yard = yield* openHost(store, "here", {
        host: { endLeftovers: () => [evidence({ survivors: [70, 71] })] },
      })
      assert.deepStrictEqual((yield* yard.recover).survivors, [{ id, pids: [70, 71] }])
      const { error, state } = yield* yard.get(id)
      assert.deepStrictEqual([state, error?.code], ["interrupted", "CLI_SURVIVORS"])
      assert.include(error?.message, "70, 71")
      assert.deepStrictEqual(error?.detail["pids"], [70, 71])
    }),
  )

  it.effect("gives every run one end when two hosts recover at once, and each run is reported by one of them", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const ids = yield* Effect.forEach([1, 2, 3, 4], (n) => running(store, n, n > 2 ? { recovery: "resume" } : {}))
      const hosts = [yield* openHost(store, "a"), yield* openHost(store, "b")]
      const reports = yield* Effect.forEach(hosts, (yard) => yard.recover, { concurrency: 2 })
      assert.deepStrictEqual(reports.flatMap(({ interrupted }) => interrupted).toSorted(), ids.slice(0, 2))
      assert.deepStrictEqual(reports.flatMap(({ resumed }) => resumed).toSorted(), ids.slice(2))
      for (const id of ids.slice(0, 2)) assert.strictEqual((yield* logOf(store, id)).filter(isTerminalEvent).length, 1)
      for (const id of ids.slice(2)) {
        const log = yield* logOf(store, id)
        assert.strictEqual(log.filter(({ type }) => type === "queue.requeued").length, 1)
      }
    }),
  )

  it.effect("leaves the runs of living hosts alone, and its own", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      yield* running(store, 1)
      const yard = yield* openHost(store, "host-2", { host: { dead: new Set(["host-1", "host-2"]) } })
      const other = yield* openHost(store, "other", { host: { dead: new Set() } })
      for (const host of [yard, other]) {
        assert.deepStrictEqual(yield* host.recover, {
          interrupted: [],
          resumed: [],
          queued: [],
          dead: [],
          survivors: [],
        })
      }
    }),
  )
})

describe("a run that is to be resumed", () => {
  /** Recovers and adopts at a host that notes what it starts. */
  const resume = Effect.fnUntraced(function* (store: Store, world: World = {}) {
    const spawned: Array<ProcessCommand> = []
    const yard = yield* openHost(store, "here", {
      ...world,
      host: {
        ...world.host,
        onEvent: (event, command) => void (event === "spawn" && !isProbe(command) && spawned.push(command)),
      },
    })
    const report = yield* yard.recover
    yield* yard.adopt(report.resumed)
    yield* TestClock.adjust("1 second")
    return { yard, report, spawned }
  })

  it.effect("goes on with its conversation as a new attempt, by another prompt and under a marker of its own", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const id = yield* running(store, 1, { recovery: "resume", prompt: "delete the second line" })
      const { report, spawned, yard } = yield* resume(store)
      assert.deepStrictEqual([report.resumed, report.interrupted], [[id], []])
      const run = yield* yard.get(id)
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(run.host.id, "here")
      assert.strictEqual(run.request.prompt, "delete the second line")
      assert.deepStrictEqual(
        run.attempts.map(({ error, number, process }) => [number, error?.code, process?.marker]),
        [
          [1, "QUEUE_HOST_DIED", "m-1"],
          [2, undefined, `${id}.2`],
        ],
      )
      const [command] = spawned
      assert.strictEqual(spawned.length, 1)
      assert.deepStrictEqual(command?.args, ["run", "resume s-1"])
      assert.isTrue(command?.stdin.kind === "text" && /interrupted/.test(command.stdin.text))
      assert.isFalse(command?.stdin.kind === "text" && command.stdin.text.includes("delete"))
      const log = yield* logOf(store, id)
      assert.deepStrictEqual(
        log.map(({ seq }) => seq),
        log.map((_, index) => index + 1),
      )
      const back = log.find(({ type }) => type === "queue.requeued")
      assert.isTrue(back?.type === "queue.requeued" && back.payload.by === "recovery")
    }),
  )

  it.effect("is one by the host's own setting too, unless the request says otherwise", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const silent = yield* running(store, 1)
      const refusing = yield* running(store, 2, { recovery: "interrupt" })
      const { report } = yield* resume(store, { settings: { recovery: "resume" } })
      assert.deepStrictEqual([report.resumed, report.interrupted], [[silent], [refusing]])
    }),
  )

  it.effect("ends when it has taken its host down four times", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const id = yield* running(store, 1, { recovery: "resume" })
      const log = Context.get(store, EventLog)
      const yard = yield* openHost(store, "here")
      for (const attempt of [2, 3, 4]) {
        assert.deepStrictEqual((yield* yard.recover).resumed, [id])
        yield* log.append(id, [
          { ...claimed, attempt },
          { ...started, attempt },
        ])
      }
      assert.deepStrictEqual((yield* yard.recover).interrupted, [id])
      assert.strictEqual((yield* yard.get(id)).attempts.length, 4)
    }),
  )

  it.effect("ends where there is no conversation to go on with, or somebody wants its cancel", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const log = Context.get(store, EventLog)
      const early = testRunId(1)
      yield* log.append(early, [queued({ recovery: "resume" }), claimed, started])
      const forgetful = yield* running(store, 2, { recovery: "resume", persistSession: false })
      const unwanted = yield* running(store, 3, { recovery: "resume" })
      yield* Context.get(store, RunStore).requestCancel(unwanted, { by: "ann", force: false })
      const starting = testRunId(4)
      yield* log.append(starting, [queued({ recovery: "resume" }), claimed])
      const { report, spawned } = yield* resume(store)
      assert.deepStrictEqual(report.interrupted.toSorted(), [early, forgetful, unwanted, starting])
      assert.deepStrictEqual([report.resumed, spawned], [[], []])
    }),
  )

  it.effect("ends with the reason where its CLI cannot go on with it here", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const id = yield* running(store, 1, { recovery: "resume", sandbox: "read-only" })
      const { report, yard } = yield* resume(store)
      assert.deepStrictEqual(report.interrupted, [id])
      const { error } = yield* yard.get(id)
      assert.strictEqual(error?.detail["notResumed"], "QUEUE_OPTION_UNSUPPORTED")
    }),
  )

  it.effect("needs no secret that its prompt held, but every other part of its request", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const log = Context.get(store, EventLog)
      const redactions = [{ rule: "github-token", count: 1 }]
      const mark = "[redacted:github-token#00000000]"
      const opened = (n: number, request: Partial<RunRequest>) => {
        const id = testRunId(n)
        const first = { ...queued({ recovery: "resume", ...request }), redactions }
        return Effect.as(log.append(id, [first, claimed, started, session("s-1")]), id)
      }
      const prompt = yield* opened(1, { prompt: `use ${mark}`, title: mark })
      const option = yield* opened(2, { options: { key: mark } })
      const { report, spawned } = yield* resume(store)
      assert.deepStrictEqual([report.resumed, report.interrupted], [[prompt], [option]])
      assert.notInclude(JSON.stringify(spawned), "redacted")
    }),
  )

  it.effect("is canceled in the queue by its owner before it goes on", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const id = yield* running(store, 1, { recovery: "resume" })
      const yard = yield* openHost(store, "here")
      assert.deepStrictEqual((yield* yard.recover).resumed, [id])
      assert.strictEqual((yield* yard.cancel(id, { by: "ann", force: false })).state, "canceled")
    }),
  )
})

describe("a living host", () => {
  it.effect("ends what another one leaves behind while it lives, without being asked", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const dead = new Set<string>()
      const yard = yield* openHost(store, "here", { host: { dead }, settings: { recoverEveryMillis: 2000 } })
      const id = yield* running(store, 1)
      const waiting = testRunId(2)
      yield* Context.get(store, EventLog).append(waiting, [queued()])
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* yard.get(id)).state, "running")
      dead.add("host-1").add("host-2")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* yard.get(id)).state, "interrupted")
      // It did not ask to adopt.
      assert.strictEqual((yield* yard.get(waiting)).state, "queued")
    }),
  )

  it.effect("executes what a dead one left in the queue, and resumes, where it asked to adopt", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const dead = new Set<string>()
      const settings = { recoverEveryMillis: 2000, adopt: true }
      const yard = yield* openHost(store, "here", { host: { dead }, settings })
      const id = yield* running(store, 1, { recovery: "resume" })
      const waiting = testRunId(2)
      yield* Context.get(store, EventLog).append(waiting, [queued()])
      dead.add("host-1").add("host-2")
      yield* TestClock.adjust("5 seconds")
      for (const each of [id, waiting]) assert.strictEqual((yield* yard.get(each)).state, "succeeded")
    }),
  )

  it.effect("looks again after its store, or the search itself, failed", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const runs = Context.get(store, RunStore)
      let asked = 0
      let searched = 0
      const endLeftovers = (leftovers: ReadonlyArray<Leftover>) => {
        if (++searched === 1) throw new Error("too many open files")
        return leftovers.map(() => evidence())
      }
      const shaky = Context.add(store, RunStore, {
        ...runs,
        hosts: (states) => (++asked === 1 ? Effect.fail(runyardError("STORE_BUSY")) : runs.hosts(states)),
      })
      yield* running(store, 1)
      const yard = yield* openHost(shaky, "here", { host: { endLeftovers }, settings: { recoverEveryMillis: 2000 } })
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual((yield* yard.get(testRunId(1))).state, "running")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* yard.get(testRunId(1))).state, "interrupted")
    }),
  )
})
