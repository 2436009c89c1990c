/** Runs under budgets, on hosts without processes: who is let in, who is stopped and when, and what the ledger says. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import type { Adapter, PrepareContext } from "../src/Adapter.ts"
import type { BudgetRule } from "../src/Budget.ts"
import { NanoUsd } from "../src/Money.ts"
import { errorInfo } from "../src/RunyardError.ts"
import type { Run } from "../src/Run.ts"
import type { Runyard } from "../src/Runyard.ts"
import { fakeAdapter, fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript, FakeStep } from "../src/testing/FakeProcessHost.ts"
import { UsageLedger } from "../src/UsageLedger.ts"
import { done, endsOf, isProbe, oneHost, openHost, openStore, probe, request, types, type World } from "./hosts.ts"

type Yard = Runyard["Service"]

const told = (usd: number): FakeStep => ({
  stdout: fakeLine({
    event: { type: "run.usage", payload: { cost: { usd, source: "reported", basis: "run" } } },
  }),
})
const tokens = (output: number): FakeStep => ({
  stdout: fakeLine({
    event: {
      type: "run.usage",
      payload: {
        usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: output, cacheIncluded: false, basis: "run" },
      },
    },
  }),
})
const turn: FakeStep = { stdout: fakeLine({ event: { type: "agent.turn_started", payload: {} } }) }
/** In one piece: what a turn has cost, and that it is over. */
const lastTold = (usd: number): FakeStep => ({
  stdout: [
    fakeLine({ event: { type: "run.usage", payload: { cost: { usd, source: "reported", basis: "run" } } } }),
    fakeLine({ event: { type: "agent.turn_ended", payload: { status: "completed" } } }),
  ].join(""),
})
const wait = (waitMillis: number): FakeStep => ({ waitMillis })
/** Says every second that it has used one cent more, for ever. */
const endless = (step: (count: number) => FakeStep): FakeScript => ({
  steps: Array.from({ length: 1_000 }, (_, index) => [wait(1_000), step(index + 1)]).flat(),
})
const spender = endless((count) => told(count / 100))

const rule = (fields: Partial<BudgetRule>): BudgetRule => ({
  id: "all",
  scope: "all",
  kind: "money",
  limit: 1_000_000_000,
  window: "total",
  unknown: "allow",
  ...fields,
})

const cents = (count: number): NanoUsd => NanoUsd.make(count * 10_000_000)

/** Lets the clock run until a run has stopped. */
const toEnd = (yard: Yard, ...runs: ReadonlyArray<Run>) =>
  Effect.gen(function* () {
    const ends = yield* Effect.forEach(runs, (run) => Effect.forkChild(yard.await(run.id)))
    for (let second = 0; second < 120 && ends.some((end) => end.pollUnsafe() === undefined); second++) {
      yield* TestClock.adjust("500 millis")
      yield* Effect.replicateEffect(Effect.yieldNow, 20, { discard: true })
    }
    return yield* Effect.forEach(ends, Fiber.join)
  })

const runOn = (world: World, asked: object = {}) =>
  Effect.gen(function* () {
    const ends: Array<string> = []
    const host = yield* oneHost({
      ...world,
      host: { ...world.host, onEvent: (event, command) => (isProbe(command) ? undefined : ends.push(event)) },
    })
    const [run] = yield* toEnd(host.yard, yield* host.yard.submit({ ...request, ...asked }))
    if (run === undefined) throw new Error("It did not end")
    const log = [...(yield* host.logOf(run.id))]
    const ledger = Context.get(host.store, UsageLedger)
    return { ...host, run, log, ends, ledger, entries: yield* ledger.entries({}) }
  })

const used = (entries: Effect.Success<ReturnType<typeof runOn>>["entries"]) => entries.map(({ charge }) => charge.money)

describe("a run under a budget", () => {
  it.effect(
    "is stopped with its tree at the first usage event above its own limit, and the ledger has what was told",
    () =>
      Effect.gen(function* () {
        const { ends, entries, log, run } = yield* runOn({ script: spender }, { budget: { maxCostUsd: 0.03 } })
        assert.strictEqual(run.state, "failed")
        assert.deepStrictEqual([run.error?.code, run.error?.class], ["POLICY_BUDGET", "policy"])
        assert.include(run.error?.message, "request.maxCostUsd")
        assert.deepStrictEqual(types(log).filter((type) => type === "run.usage").length, 4)
        assert.deepStrictEqual(ends, ["spawn", "end"])
        assert.include(types(log), "run.progress")
        assert.deepStrictEqual(endsOf(log), ["run.failed"])
        assert.deepStrictEqual(used(entries), [cents(4)])
      }),
  )

  it.effect("may use all of its limit", () =>
    Effect.gen(function* () {
      const script = { steps: [wait(10), told(0.03), wait(1_000), { stdout: done }] }
      const { run } = yield* runOn({ script }, { budget: { maxCostUsd: 0.03 } })
      assert.strictEqual(run.state, "succeeded")
    }),
  )

  it.effect("is stopped by tokens, and by a turn too many at its start", () =>
    Effect.gen(function* () {
      const byTokens = yield* runOn({ script: endless((count) => tokens(count * 10)) }, { budget: { maxTokens: 25 } })
      assert.strictEqual(byTokens.run.error?.code, "POLICY_BUDGET")
      assert.strictEqual(types(byTokens.log).filter((type) => type === "run.usage").length, 3)
      const byTurns = yield* runOn({ script: endless(() => turn) }, { budget: { maxTurns: 2 } })
      assert.strictEqual(byTurns.run.error?.code, "POLICY_BUDGET")
      assert.strictEqual(types(byTurns.log).filter((type) => type === "agent.turn_started").length, 3)
    }),
  )

  it.effect("keeps a result that has arrived when it was overdrawn, and its log says so", () =>
    Effect.gen(function* () {
      const script = { steps: [turn, wait(10), lastTold(5), { stdout: done }, wait(1_000)] }
      const { log, run } = yield* runOn({ script }, { budget: { maxCostUsd: 1 } })
      assert.strictEqual(run.state, "succeeded")
      const noted = log.filter((event) => event.type === "policy.applied")
      assert.deepStrictEqual(
        noted.map(({ payload }) => [payload.policy, payload.decision]),
        [["budget", "overdrawn"]],
      )
    }),
  )

  it.effect("goes on with a cost that nobody knows, unless it is told to stop then", () =>
    Effect.gen(function* () {
      const script = { steps: [wait(10), tokens(10), wait(1_000), { stdout: done }] }
      const allowed = yield* runOn({ script }, { budget: { maxCostUsd: 1 } })
      assert.strictEqual(allowed.run.state, "succeeded")
      assert.deepStrictEqual(
        allowed.entries.map(({ charge }) => [charge.money, charge.costSource]),
        [[undefined, "unknown"]],
      )
      const strict = { budget: { maxCostUsd: 1, unknownCost: "stop" } }
      // It is known before: the CLI does not tell, and the model has no price.
      const { yard } = yield* oneHost({ script })
      assert.strictEqual((yield* Effect.flip(yard.submit({ ...request, ...strict }))).code, "POLICY_BUDGET_UNKNOWN")
      // It shows only then: the CLI was said to tell.
      const stopped = yield* runOn({ script, adapter: { ...fakeAdapter, reportsCost: true } }, strict)
      assert.strictEqual(stopped.run.error?.code, "POLICY_BUDGET_UNKNOWN")
      // A price in the settings makes it known.
      const price = { model: "m", input: 1, output: 1, asOf: "2026-01-01", source: "settings" } as const
      const settings = { prices: [price] }
      const priced = yield* oneHost({ script, settings })
      const run = yield* priced.yard.submit({ ...request, ...strict, model: "m" })
      yield* priced.yard.cancel(run.id, { by: "tester", force: true })
    }),
  )

  it.effect("hands what is left to the CLI's own caps, and gives our reason when the CLI stops there", () =>
    Effect.gen(function* () {
      const seen: Array<PrepareContext["caps"]> = []
      const adapter: Adapter = {
        ...fakeAdapter,
        prepare: (asked, context) => {
          seen.push(context.caps)
          return fakeAdapter.prepare(asked, context)
        },
      }
      const capped = fakeLine({ done: { outcome: "failed", error: errorInfo("CLI_BUDGET_EXCEEDED") } })
      const script = { steps: [wait(10), lastTold(0.5), { stdout: capped }] }
      const { run } = yield* runOn({ script, adapter }, { budget: { maxCostUsd: 0.5, maxTurns: 7 } })
      assert.deepStrictEqual(seen.at(-1), { maxCostUsd: 0.5, maxTurns: 7 })
      assert.strictEqual(run.error?.code, "POLICY_BUDGET")
      const free = yield* runOn({ script, adapter })
      assert.deepStrictEqual(seen.at(-1), {})
      assert.strictEqual(free.run.error?.code, "CLI_BUDGET_EXCEEDED")
    }),
  )
})

describe("budgets that runs share", () => {
  it.effect("stop both of two runs as soon as one of them has used them up", () =>
    Effect.gen(function* () {
      const { yard, store } = yield* oneHost({
        script: spender,
        settings: { concurrency: { global: 2, perProvider: 2 }, budgets: [rule({ window: "day", limit: cents(5) })] },
      })
      const runs = yield* toEnd(yard, yield* yard.submit(request), yield* yard.submit({ ...request, cwd: "/other" }))
      assert.deepStrictEqual(
        runs.map(({ error }) => error?.code),
        ["POLICY_BUDGET", "POLICY_BUDGET"],
      )
      const ledger = Context.get(store, UsageLedger)
      assert.deepStrictEqual(
        (yield* ledger.entries({})).map(({ charge }) => Number(charge.money)),
        // One cent more than there was.
        [cents(3), cents(3)],
      )
      // Nothing is left today, and everything tomorrow.
      assert.strictEqual((yield* Effect.flip(yard.submit(request))).code, "POLICY_BUDGET")
      yield* TestClock.adjust("24 hours")
      const next = yield* yard.submit(request)
      assert.strictEqual(next.state, "queued")
      yield* yard.cancel(next.id, { by: "tester", force: true })
    }),
  )

  it.effect("count all hosts on the store", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const settings = { budgets: [rule({ limit: cents(3) })] }
      const world = (id: string): World => ({
        script: spender,
        settings,
        host: { self: { id, pid: 1, startTime: "1" } },
      })
      const first = yield* openHost(store, world("one"))
      const second = yield* openHost(store, world("two"))
      yield* toEnd(first.yard, yield* first.yard.submit(request))
      assert.strictEqual((yield* Effect.flip(second.yard.submit(request))).code, "POLICY_BUDGET")
    }),
  )

  it.effect("set aside what a run says that it may use, until it ends", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({
        script: { steps: [wait(10), told(0.1), wait(1_000), { stdout: done }] },
        settings: { budgets: [rule({ scope: "workspace" })] },
      })
      const asked = { ...request, budget: { maxCostUsd: 0.6 } }
      const first = yield* yard.submit(asked)
      assert.strictEqual((yield* Effect.flip(yard.submit(asked))).code, "POLICY_BUDGET")
      // Another workspace has its own.
      const other = yield* yard.submit({ ...asked, cwd: "/other" })
      yield* toEnd(yard, first)
      const again = yield* yard.submit(asked)
      const ends = yield* toEnd(yard, other, again)
      assert.deepStrictEqual(
        ends.map(({ state }) => state),
        ["succeeded", "succeeded"],
      )
    }),
  )

  it.effect("end a run that waited while they were used up, before anything is started", () =>
    Effect.gen(function* () {
      const spawned: Array<string> = []
      const { yard } = yield* oneHost({
        script: spender,
        settings: { budgets: [rule({ limit: cents(2) })] },
        host: {
          play: (command) => (isProbe(command) ? probe : spender),
          onEvent: (event, command) => (isProbe(command) ? undefined : spawned.push(event)),
        },
      })
      const ends = yield* toEnd(yard, yield* yard.submit(request), yield* yard.submit(request))
      assert.deepStrictEqual(
        ends.map(({ error }) => error?.code),
        ["POLICY_BUDGET", "POLICY_BUDGET"],
      )
      assert.deepStrictEqual(spawned, ["spawn", "end"])
    }),
  )

  it.effect("refuse before anything is stored", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ settings: { budgets: [rule({ limit: 0 })] } })
      const refused = yield* Effect.result(yard.submit(request))
      assert.isTrue(Result.isFailure(refused) && refused.failure.code === "POLICY_BUDGET")
      assert.deepStrictEqual(yield* yard.list(), [])
    }),
  )
})

describe("the ledger", () => {
  it.effect("says who asked, by the submit or by the host", () =>
    Effect.gen(function* () {
      const script = { steps: [wait(10), told(0.1), { stdout: done }] }
      const { yard, store } = yield* oneHost({ script, settings: { actor: "ada" } })
      yield* toEnd(yard, yield* yard.submit(request), yield* yard.submit({ ...request, cwd: "/other" }, "token-1"))
      const sums = yield* Context.get(store, UsageLedger).sums("actor", {})
      assert.deepStrictEqual(
        sums.map(({ key, vendor }) => [key, vendor]),
        [
          ["ada", cents(10)],
          ["token-1", cents(10)],
        ],
      )
    }),
  )
})
