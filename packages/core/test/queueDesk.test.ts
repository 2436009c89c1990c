/** What people do to the queue, and doing runs again. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { EventLog } from "../src/EventLog.ts"
import { draft, opening, testRunId } from "../src/testing/EventDrafts.ts"
import { fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript } from "../src/testing/FakeProcessHost.ts"
import { openControl } from "../src/QueueControl.ts"
import { estimateStarts } from "../src/QueueEstimate.ts"
import { errorInfo } from "../src/RunyardError.ts"
import type { QueueJob } from "../src/QueueJob.ts"
import { defaultFairSettings } from "../src/FairSettings.ts"
import { hang, idOf, oneHost, openHost, openStore, quick, request, types } from "./hosts.ts"

const ann = { by: "ann", reason: "it is urgent" }
const tick = TestClock.adjust("1 second")
const login: FakeScript = {
  steps: [{ stdout: fakeLine({ done: { outcome: "failed", error: errorInfo("AUTH_REQUIRED") } }) }],
}

describe("Runyard.queue", () => {
  it.effect("puts a run before others by its class, and says who did it", () =>
    Effect.gen(function* () {
      const { logOf, yard } = yield* oneHost({ script: { steps: [{ waitMillis: 60_000 }] } })
      const [, second, third] = yield* Effect.replicateEffect(yard.submit(request), 3)
      if (second === undefined || third === undefined) return assert.fail("three runs")
      const listed = Effect.map(yard.queue.list(), ({ runs }) => runs.map(({ position, runId }) => [runId, position]))
      const [running] = yield* listed
      assert.deepStrictEqual(yield* listed, [running, [second.id, 1], [third.id, 2]])
      const changed = yield* yard.queue.change(third.id, { priority: "interactive" }, ann)
      assert.deepStrictEqual(changed.queue, { priority: "interactive" })
      assert.deepStrictEqual(yield* listed, [running, [third.id, 1], [second.id, 2]])
      const [, event] = yield* logOf(third.id)
      assert.deepStrictEqual([event?.type, event?.payload], ["queue.changed", { ...ann, priority: "interactive" }])
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(
        yield* Effect.forEach([second, third], ({ id }) => Effect.map(yard.get(id), ({ state }) => state)),
        ["queued", "running"],
      )
    }),
  )

  it.effect("shows one tenant its own runs and how many of them wait, at their places among all", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: { steps: [{ waitMillis: 60_000 }] } })
      const acme = { platform: "web", tenant: "acme", workspace: "site" }
      yield* yard.submit(request)
      yield* yard.submit(request)
      const { id } = yield* yard.submit({ ...request, scope: acme })
      const held = yield* yard.submit({ ...request, scope: acme })
      yield* yard.queue.change(held.id, { held: true }, ann)
      const all = yield* yard.queue.list()
      const told = yield* yard.queue.list({ tenant: acme, limit: 2 })
      const ids = new Set<string>([id, held.id])
      assert.deepStrictEqual(
        told.runs,
        all.runs.filter(({ runId }) => ids.has(runId)),
      )
      assert.deepStrictEqual([told.runs.length, told.waiting, all.waiting], [2, 2, 3])
      assert.deepStrictEqual(yield* yard.queue.list({ tenant: { platform: "web", tenant: "other" } }), {
        control: openControl,
        waiting: 0,
        runs: [],
      })
    }),
  )

  it.effect("holds a run until it is let go on, wherever that is said", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const { yard } = yield* openHost(store, { script: quick, host: { self: idOf("one") } })
      const other = yield* openHost(store, { script: quick, host: { self: idOf("two") } })
      yield* yard.submit(request)
      const { id } = yield* yard.submit(request)
      yield* other.yard.queue.change(id, { held: true }, ann)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* yard.get(id)).state, "queued")
      const { runs } = yield* other.yard.queue.list()
      assert.deepStrictEqual(
        runs.map(({ runId, state }) => [runId, state]),
        [[id, "held"]],
      )
      yield* other.yard.queue.change(id, { held: false }, ann)
      yield* tick
      assert.strictEqual((yield* yard.get(id)).state, "succeeded")
      const refused = yield* Effect.flip(yard.queue.change(id, { held: true }, ann))
      assert.deepStrictEqual([refused.code, refused.detail["state"]], ["QUEUE_NOT_WAITING", "succeeded"])
    }),
  )

  it.effect("holds a run that its host has already taken, and the host goes on with it once it is released", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const events = Context.get(store, EventLog)
      let late = true
      // The hold comes between the lease and the claim.
      const { yard } = yield* openHost(store, {
        script: quick,
        log: (log) => ({
          append: (id, drafts) => {
            if (!late || drafts[0]?.type !== "queue.claimed") return log.append(id, drafts)
            late = false
            const held = draft("queue.changed", { by: "ann", held: true }, { attempt: 0 })
            return Effect.andThen(events.append(id, [held]), log.append(id, drafts))
          },
        }),
      })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 hour")
      assert.isFalse(late)
      assert.deepStrictEqual([(yield* yard.get(id)).state, (yield* yard.get(id)).attempts], ["queued", []])
      const other = yield* openHost(store, { script: quick, host: { self: idOf("two") } })
      yield* other.yard.queue.change(id, { held: false }, ann)
      yield* tick
      assert.strictEqual((yield* yard.get(id)).state, "succeeded")
    }),
  )

  it.effect("decides for all hosts, remembers it, and refuses what is no decision", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang })
      yield* yard.queue.decide({ kind: "limits", limits: { provider: { fake: 3 } } }, ann)
      yield* Effect.replicateEffect(yard.submit(request), 3)
      yield* tick
      assert.strictEqual((yield* yard.list({ states: ["running"] })).length, 2)
      yield* yard.queue.decide({ kind: "limits", limits: { global: 5 } }, ann)
      yield* tick
      assert.strictEqual((yield* yard.list({ states: ["running"] })).length, 3)
      const wrong: ReadonlyArray<unknown> = [
        {},
        { kind: "stop" },
        { kind: "limits", limits: { global: -1 } },
        { kind: "limits", limits: { nobody: 1 } },
        { kind: "pause", provider: "No Provider" },
      ]
      for (const change of wrong) {
        assert.strictEqual((yield* Effect.flip(yard.queue.decide(change, ann))).code, "QUEUE_REQUEST_INVALID")
      }
      const decisions = yield* yard.queue.decisions()
      assert.deepStrictEqual(
        decisions.map(({ by, change, reason }) => [by, reason, change.kind]),
        [
          ["ann", "it is urgent", "limits"],
          ["ann", "it is urgent", "limits"],
        ],
      )
      assert.deepStrictEqual((yield* yard.queue.list()).control.limits, { global: 5, provider: { fake: 3 } })
    }),
  )

  it.effect("drains: what is executed finishes, and nothing else begins", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: { steps: [{ waitMillis: 60_000 }] } })
      const [first, second] = yield* Effect.replicateEffect(yard.submit(request), 2)
      const drained = yield* Effect.forkChild(yard.queue.drain(ann))
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(drained.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(drained)
      assert.strictEqual((yield* yard.get(first?.id ?? assert.fail())).state, "failed")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* yard.get(second?.id ?? assert.fail())).state, "queued")
    }),
  )

  it.effect("guesses when runs start by how long the last ones took, and leaves open what it cannot know", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: { steps: [{ waitMillis: 60_000 }] } })
      yield* yard.submit(request)
      assert.deepStrictEqual(
        (yield* yard.queue.list()).runs.map(({ startsAt }) => startsAt),
        [undefined],
      )
      yield* TestClock.adjust("61 seconds")
      const at = 61_000
      yield* Effect.replicateEffect(yard.submit(request), 3)
      yield* TestClock.adjust("20 seconds")
      const { runs, waiting } = yield* yard.queue.list()
      assert.strictEqual(waiting, 2)
      const [executed, ...others] = runs
      assert.deepStrictEqual([executed?.state, executed?.startsAt], ["executed", undefined])
      for (const [index, { startsAt = 0 }] of others.entries()) {
        assert.approximately(startsAt, at + 60_000 * (index + 1), 1_500)
      }
      assert.strictEqual((yield* yard.queue.list({ limit: 2 })).runs.length, 2)
    }),
  )
})

describe("estimateStarts", () => {
  const job = (id: string, sequence: number, change: Partial<QueueJob> = {}): QueueJob => ({
    id,
    sequence,
    tenant: "t",
    workspace: "w",
    provider: "a",
    priority: "normal",
    units: 1,
    enqueuedAt: 0,
    ...change,
  })

  it("plays the queue with its limits and delays", () => {
    const queued = [job("1", 1), job("2", 2), job("3", 3, { provider: "b" }), job("4", 4, { notBefore: 500 })]
    const starts = estimateStarts({
      settings: defaultFairSettings,
      rows: { queued, running: [job("0", 0)] },
      now: 100,
      duration: (provider) => (provider === "a" ? 100 : undefined),
      startedAt: new Map([["0", 50]]),
      limit: 10,
    })
    assert.deepStrictEqual(
      [...starts],
      [
        ["3", 100],
        ["1", 150],
        ["2", 250],
        ["4", 500],
      ],
    )
  })
})

describe("Runyard.retry", () => {
  it.effect("is a new attempt of a run that waited for a person, and its log is one", () =>
    Effect.gen(function* () {
      let script = login
      const { logOf, yard } = yield* oneHost({
        host: { play: ({ args }) => (args[0] === "--version" ? { steps: [{ stdout: "1.0.0\n" }] } : script) },
      })
      const { id } = yield* yard.submit(request)
      yield* tick
      assert.strictEqual((yield* yard.get(id)).state, "action_needed")
      script = quick
      const again = yield* yard.retry(id, ann)
      assert.deepStrictEqual([again.id, again.attempts.length], [id, 1])
      yield* tick
      const ended = yield* yard.get(id)
      assert.deepStrictEqual([ended.state, ended.attempts.length, ended.error], ["succeeded", 2, undefined])
      const log = types(yield* logOf(id))
      assert.deepStrictEqual(
        log.filter((type) => /^queue|action|completed/.test(type)),
        ["queue.claimed", "run.action_needed", "queue.requeued", "queue.released", "queue.claimed", "run.completed"],
      )
      assert.deepStrictEqual(types(yield* Stream.runCollect(yard.events(id, { follow: false }))), log)
      assert.deepStrictEqual(types(yield* Stream.runCollect(yard.events(id))), log)
      assert.strictEqual((yield* Effect.flip(yard.retry(id, ann))).code, "QUEUE_NOT_WAITING")
    }),
  )

  it.effect("is one attempt when two hosts are asked at once", () =>
    Effect.gen(function* () {
      let script = login
      const play = ({ args }: { readonly args: ReadonlyArray<string> }) =>
        args[0] === "--version" ? { steps: [{ stdout: "1.0.0\n" }] } : script
      const store = yield* openStore
      const one = yield* openHost(store, { host: { self: idOf("one"), play } })
      const two = yield* openHost(store, { host: { self: idOf("two"), play } })
      const { id } = yield* one.yard.submit(request)
      yield* tick
      script = quick
      const results = yield* Effect.all(
        [Effect.result(one.yard.retry(id, ann)), Effect.result(two.yard.retry(id, ann))],
        {
          concurrency: "unbounded",
        },
      )
      assert.deepStrictEqual(results.map(({ _tag }) => _tag).toSorted(), ["Failure", "Success"])
      yield* tick
      const { attempts, state } = yield* one.yard.get(id)
      assert.deepStrictEqual([attempts.length, state], [2, "succeeded"])
    }),
  )
})

describe("A run whose next attempt is due later", () => {
  it.effect("says so, and is tried at once when somebody says so, also when its host has died", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const { yard } = yield* openHost(store, {
        script: quick,
        host: { self: idOf("here"), dead: new Set(["host-2"]) },
      })
      const id = testRunId(1)
      const error = errorInfo("CLI_CRASHED")
      const due = 3_600_000
      yield* Context.get(store, EventLog).append(id, [...opening(), draft("run.retry_scheduled", { at: due, error })])
      const told = yield* yard.explain(id)
      assert.deepStrictEqual(told.reasons, [{ code: "NO_HOST" }, { code: "RETRY_WAIT", until: due }])
      assert.strictEqual(told.error?.code, "CLI_CRASHED")
      assert.include(told.text, "its last attempt failed, and the next one is due at 1970-01-01 01:00:00 UTC (in 1 h)")
      assert.strictEqual((yield* yard.retry(id, ann)).queue?.notBefore, 0)
      yield* tick
      const { attempts, state } = yield* yard.get(id)
      assert.deepStrictEqual([state, attempts.length], ["succeeded", 2])
    }),
  )
})

describe("Runyard.rerun", () => {
  it.effect("is a new run, linked to the first, with the request of then and what is changed", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: quick })
      const asked = { ...request, model: "m-1", idempotencyKey: "k", session: { kind: "new", id: "s-1" } }
      const { id } = yield* yard.submit(asked)
      yield* tick
      const again = yield* yard.rerun(id)
      assert.deepStrictEqual(again.request, { ...request, model: "m-1", rerunOf: id })
      const other = yield* yard.rerun(id, { prompt: "Say bye", priority: "high" })
      assert.deepStrictEqual(other.request, { ...again.request, prompt: "Say bye", priority: "high" })
      assert.strictEqual(new Set([id, again.id, other.id]).size, 3)
      assert.strictEqual((yield* Effect.flip(yard.rerun(id, { weight: 0 }))).code, "QUEUE_REQUEST_INVALID")
    }),
  )

  it.effect("does not repeat a request that was stored masked", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: quick, settings: { promptSecrets: "allow" } })
      const secret = `ghp_${"A1b2C3d4E5".repeat(4).slice(0, 36)}`
      const { id } = yield* yard.submit({ ...request, prompt: `Use ${secret}` })
      yield* tick
      const refused = yield* Effect.flip(yard.rerun(id))
      assert.deepStrictEqual([refused.code, refused.detail["runId"]], ["QUEUE_REQUEST_INVALID", id])
    }),
  )
})
