import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Breakers } from "../src/Breakers.ts"
import { defaultSettings } from "../src/HostSettings.ts"
import type { Run } from "../src/Run.ts"
import { type ErrorInfo, errorInfo } from "../src/RunyardError.ts"
import { fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript } from "../src/testing/FakeProcessHost.ts"
import { done, idOf, isProbe, openHost, openStore, probe, request, tester } from "./hosts.ts"

const second = 1000
const minute = 60 * second

/** A service that all hosts use: what it answers now, and when it was asked by which host. */
const makeService = () => {
  const asked: Array<{ readonly host: string; readonly at: number }> = []
  const service = {
    asked,
    error: undefined as ErrorInfo | undefined,
    /** How long an attempt takes, and whether the model says something at once. */
    millis: 100,
    answersFirst: false,
    now: () => 0,
    play: (host: string): FakeScript => {
      asked.push({ host, at: service.now() })
      const { answersFirst, error, millis } = service
      return {
        steps: [
          ...(answersFirst
            ? [{ stdout: fakeLine({ event: { type: "agent.message", payload: { text: "hi" } } }) }]
            : []),
          { waitMillis: millis },
          { stdout: error === undefined ? done : fakeLine({ done: { outcome: "failed", error } }) },
        ],
      }
    },
  }
  return service
}

const policy = defaultSettings.breaker

/** Two hosts on one store that execute four runs of a provider at once, and a service for both. */
const twoHosts = Effect.gen(function* () {
  const store = yield* openStore
  const service = makeService()
  const clock = yield* Effect.clockWith(Effect.succeed)
  service.now = () => clock.currentTimeMillisUnsafe()
  const open = (id: string) =>
    openHost(store, {
      settings: {
        concurrency: { global: 4, perProvider: 4 },
        retry: { ...defaultSettings.retry, maxTries: 20, maxElapsedMillis: 60 * minute, baseMillis: 1 },
      },
      host: { self: idOf(id), play: (command) => (isProbe(command) ? probe : service.play(id)) },
    })
  const [one, other] = [yield* open("one"), yield* open("other")]
  const submit = (count: number, asked: object = {}) =>
    Effect.forEach(
      Array.from({ length: count }, (_, index) => (index % 2 === 0 ? one : other)),
      ({ yard }) => yard.submit({ ...request, ...asked }),
    )
  const statesOf = (runs: ReadonlyArray<Run>) =>
    Effect.forEach(runs, ({ id }) => Effect.map(one.yard.get(id), ({ state }) => state))
  const breaker = Context.get(store, Breakers).get("fake")
  return { one, other, service, submit, statesOf, breaker }
})

const overloaded = errorInfo("CLI_OVERLOADED")

describe("The breaker of a provider", () => {
  it.effect("opens after failures of runs of all hosts together, and then none of them asks the service", () =>
    Effect.gen(function* () {
      const { breaker, one, service, statesOf, submit } = yield* twoHosts
      service.error = overloaded
      const runs = yield* submit(12)
      yield* TestClock.adjust(20 * second)
      // Four at once, so that three more may be under way when the fifth failure comes.
      assert.isAtMost(service.asked.length, policy.failures + 3)
      assert.isAtLeast(service.asked.length, policy.failures)
      assert.sameMembers([...new Set(service.asked.map(({ host }) => host))], ["one", "other"])
      const open = yield* breaker
      assert.strictEqual(open._tag, "Open")
      assert.deepStrictEqual(yield* one.yard.breakers, [{ account: "fake", state: open }])
      const states = yield* statesOf(runs)
      assert.isTrue(states.every((state) => state === "queued" || state === "retry_wait"))
    }),
  )

  it.effect(
    "lets one run try it for all hosts, stays open for longer when that fails, and closes when it succeeds",
    () =>
      Effect.gen(function* () {
        const { breaker, service, statesOf, submit } = yield* twoHosts
        service.error = overloaded
        const runs = yield* submit(12)
        yield* TestClock.adjust(20 * second)
        const first = service.asked.length
        yield* TestClock.adjust(20 * second)
        assert.strictEqual(service.asked.length, first + 1)
        const again = yield* breaker
        assert.isTrue(again._tag === "Open" && again.openings === 2)
        // One minute this time.
        yield* TestClock.adjust(45 * second)
        assert.strictEqual(service.asked.length, first + 1)
        service.error = undefined
        yield* TestClock.adjust(30 * second)
        assert.deepStrictEqual([...new Set(yield* statesOf(runs))], ["succeeded"])
        assert.deepStrictEqual(yield* breaker, { _tag: "Closed", failures: [] })
        assert.strictEqual(service.asked.length, first + 1 + 12)
        const [probed, next] = service.asked.slice(first + 1)
        assert.isAtLeast((next?.at ?? 0) - (probed?.at ?? 0), service.millis)
      }),
  )

  it.effect("closes with the first words of the model, while the run that tried it goes on", () =>
    Effect.gen(function* () {
      const { breaker, service, submit } = yield* twoHosts
      service.error = overloaded
      yield* submit(12)
      yield* TestClock.adjust(20 * second)
      Object.assign(service, { error: undefined, millis: 4 * minute, answersFirst: true })
      yield* TestClock.adjust(15 * second)
      assert.deepStrictEqual(yield* breaker, { _tag: "Closed", failures: [] })
      assert.strictEqual(service.asked.filter(({ at }) => at >= 30 * second).length, 4)
    }),
  )

  it.effect("gives the right to try on at once when the run that had it is canceled", () =>
    Effect.gen(function* () {
      const { breaker, one, service, submit } = yield* twoHosts
      service.error = overloaded
      yield* submit(12)
      yield* TestClock.adjust(20 * second)
      const before = service.asked.length
      service.millis = 4 * minute
      yield* TestClock.adjust(15 * second)
      assert.strictEqual(service.asked.length, before + 1)
      const [running] = yield* one.yard.list({ states: ["running"] })
      assert.isDefined(running)
      if (running !== undefined) {
        const canceling = yield* Effect.forkChild(one.yard.cancel(running.id, tester))
        yield* TestClock.adjust(2 * second)
        canceling.interruptUnsafe()
      }
      assert.strictEqual(service.asked.length, before + 2)
      assert.strictEqual((yield* breaker)._tag, "HalfOpen")
    }),
  )

  it.effect("closes an account until the end of its usage limit with one report, and no other account", () =>
    Effect.gen(function* () {
      const { one, service, statesOf, submit } = yield* twoHosts
      service.error = errorInfo("CLI_USAGE_LIMIT", { detail: { resetsAt: 10 * minute } })
      const team = yield* submit(1, { account: "team" })
      yield* TestClock.adjust(second)
      service.error = undefined
      const more = yield* submit(4, { account: "team" })
      const others = yield* submit(4)
      yield* TestClock.adjust(5 * minute)
      assert.deepStrictEqual([...new Set(yield* statesOf(others))], ["succeeded"])
      assert.deepStrictEqual([...new Set(yield* statesOf(more))], ["queued"])
      assert.deepStrictEqual(yield* statesOf(team), ["retry_wait"])
      const [breaker] = yield* one.yard.breakers
      assert.isTrue(breaker?.account === "fake/team" && breaker.state._tag === "Open")
      yield* TestClock.adjust(7 * minute)
      assert.deepStrictEqual([...new Set(yield* statesOf([...team, ...more]))], ["succeeded"])
      assert.deepStrictEqual(yield* one.yard.breakers, [])
    }),
  )

  it.effect("keeps no run of another account from starting, however many wait for it", () =>
    Effect.gen(function* () {
      const { service, statesOf, submit } = yield* twoHosts
      service.error = errorInfo("CLI_USAGE_LIMIT", { detail: { resetsAt: minute } })
      yield* submit(1, { account: "team" })
      yield* TestClock.adjust(second)
      service.error = undefined
      yield* submit(2_500, { account: "team" })
      const [last] = yield* submit(1)
      yield* TestClock.adjust(second)
      assert.deepStrictEqual(yield* statesOf(last === undefined ? [] : [last]), ["succeeded"])
      assert.strictEqual(service.asked.length, 2)
      yield* TestClock.adjust(minute)
      assert.isAtLeast(service.asked.length, 3)
    }),
  )

  it.effect("says nothing of a request that fails for reasons of its own", () =>
    Effect.gen(function* () {
      const { one, service, submit } = yield* twoHosts
      service.error = errorInfo("CLI_NO_RESULT")
      yield* submit(12)
      yield* TestClock.adjust(20 * second)
      assert.deepStrictEqual(yield* one.yard.breakers, [])
      assert.strictEqual(service.asked.length, 12)
    }),
  )
})
