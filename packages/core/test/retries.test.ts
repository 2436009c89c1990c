import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { EventLog } from "../src/EventLog.ts"
import { defaultSettings, type HostSettings } from "../src/HostSettings.ts"
import { PromptSeal } from "../src/PromptSeal.ts"
import type { Run, RunRequest } from "../src/Run.ts"
import type { RunEvent } from "../src/RunEvent.ts"
import { type ErrorInfo, errorInfo } from "../src/RunyardError.ts"
import { claimedBy, draft, queued, started, testRunId } from "../src/testing/EventDrafts.ts"
import { fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript, FakeStep } from "../src/testing/FakeProcessHost.ts"
import {
  hang,
  idOf,
  isProbe,
  oneHost,
  openHost,
  openStore,
  probe,
  quick,
  request,
  tester,
  types,
  type World,
} from "./hosts.ts"

const second = 1000
const minute = 60 * second
const hour = 60 * minute

const failing = (error: ErrorInfo, ...before: ReadonlyArray<FakeStep>): FakeScript => ({
  steps: [...before, { waitMillis: 50 }, { stdout: fakeLine({ done: { outcome: "failed", error } }) }],
  exit: { code: 1, signal: null },
})
const overloaded = errorInfo("CLI_OVERLOADED")
const tool = (toolId: string, status?: "completed" | "denied"): FakeStep => ({
  stdout: fakeLine({
    event:
      status === undefined
        ? { type: "agent.tool_started", payload: { toolId, kind: "command", name: "it" } }
        : { type: "agent.tool_completed", payload: { toolId, kind: "command", name: "it", status } },
  }),
})

/** A world whose attempts play these scripts, one after the other, and then the last again and again. */
const playing = (scripts: ReadonlyArray<FakeScript>, settings: Partial<HostSettings> = {}) => {
  let spawned = 0
  const prompts: Array<string> = []
  const world: World = {
    settings,
    host: {
      play: (command) => {
        if (isProbe(command)) return probe
        if (command.stdin.kind === "text") prompts.push(command.stdin.text)
        return scripts[Math.min(spawned++, scripts.length - 1)] ?? quick
      },
    },
  }
  return { world, spawned: () => spawned, prompts }
}

const policy = (change: Partial<HostSettings["retry"]>) => ({ retry: { ...defaultSettings.retry, ...change } })

/** Lets some time pass, and gives the run and its log. */
const after = Effect.fnUntraced(function* (
  millis: number,
  scripts: ReadonlyArray<FakeScript>,
  asked: Partial<RunRequest> = {},
  settings: Partial<HostSettings> = {},
) {
  const played = playing(scripts, settings)
  const { logOf, yard, ...host } = yield* oneHost(played.world)
  const { id } = yield* yard.submit({ ...request, ...asked })
  yield* TestClock.adjust(millis)
  return { ...played, ...host, yard, id, run: yield* yard.get(id), log: yield* logOf(id) }
})

const scheduled = (log: ReadonlyArray<RunEvent>) =>
  log.flatMap((event) => (event.type === "run.retry_scheduled" ? [event] : []))
const claims = (log: ReadonlyArray<RunEvent>) => log.flatMap(({ at, type }) => (type === "queue.claimed" ? [at] : []))
/** Why the run was not tried again. */
const reason = (run: Run) => [run.state, run.attempts.at(-1)?.retry?.reason]

describe("A run whose service fails", () => {
  const twice = after(minute, [failing(overloaded), failing(overloaded), quick])

  it.effect("is tried again after a growing random wait, each attempt in its log, and succeeds without a person", () =>
    Effect.gen(function* () {
      const { log, run, spawned } = yield* twice
      assert.strictEqual(run.state, "succeeded")
      assert.isUndefined(run.error)
      assert.strictEqual(spawned(), 3)
      assert.deepStrictEqual(
        run.attempts.map(({ error, number, retry }) => [number, error?.code, retry?.reason]),
        [
          [1, "CLI_OVERLOADED", "backoff"],
          [2, "CLI_OVERLOADED", "backoff"],
          [3, undefined, undefined],
        ],
      )
      const of = (attempt: number) => types(log.filter((event) => event.attempt === attempt))
      const lost = [
        "queue.claimed",
        "run.started",
        "run.chunk.stdout",
        "run.progress",
        "run.progress",
        "run.retry_scheduled",
      ]
      assert.deepStrictEqual(of(1), lost)
      assert.deepStrictEqual(of(2), lost)
      assert.deepStrictEqual(of(3), [...lost.slice(0, -1), "run.completed"])
      const waits = scheduled(log).map(({ at, payload }) => payload.at - at)
      for (const [index, wait] of waits.entries()) {
        assert.isAtLeast(wait, 0)
        assert.isBelow(wait, 2 * second * 2 ** index)
      }
      scheduled(log).forEach(({ payload }, index) => {
        assert.isAtLeast(claims(log)[index + 1] ?? 0, payload.at)
        assert.isDefined(payload.evidence)
        assert.match(payload.retry?.sentence ?? "", /^Tried again in .* failed with CLI_OVERLOADED\.$/)
      })
    }),
  )

  it.effect("waits as long with the same seed, and otherwise with another one", () =>
    Effect.gen(function* () {
      const waits = (seed: string) =>
        Effect.map(twice, ({ log }) => scheduled(log).map(({ at, payload }) => payload.at - at)).pipe(
          (effect) => Effect.provide(effect, TestClock.layer(), { local: true }),
          Random.withSeed(seed),
        )
      const one = yield* waits("one")
      assert.deepStrictEqual(yield* waits("one"), one)
      assert.notDeepEqual(yield* waits("two"), one)
    }),
  )

  it.effect("is not settled while it waits: who follows it sees the next attempt", () =>
    Effect.gen(function* () {
      const { world } = playing([failing(errorInfo("CLI_RATE_LIMITED", { retryAfterMillis: minute })), quick])
      const { yard } = yield* oneHost(world)
      const { id } = yield* yard.submit(request)
      const followed = yield* Effect.forkChild(Stream.runCollect(yard.events(id)))
      const awaited = yield* Effect.forkChild(yard.await(id))
      yield* TestClock.adjust(30 * second)
      const waiting = yield* yard.get(id)
      assert.deepStrictEqual([waiting.state, waiting.error?.code], ["retry_wait", "CLI_RATE_LIMITED"])
      yield* TestClock.adjust(minute)
      assert.strictEqual((yield* Fiber.join(awaited)).state, "succeeded")
      assert.strictEqual((yield* Fiber.join(followed)).at(-1)?.type, "run.completed")
    }),
  )

  it.effect("never starts before the wait that the service asked for is over", () =>
    Effect.gen(function* () {
      const error = errorInfo("CLI_RATE_LIMITED", { retryAfterMillis: 90 * second })
      const { log, run } = yield* after(10 * minute, [failing(error), quick])
      assert.strictEqual(run.state, "succeeded")
      const [asked] = scheduled(log)
      assert.strictEqual(asked?.payload.retry?.reason, "retry_after")
      assert.isAtLeast((claims(log)[1] ?? 0) - (asked?.at ?? 0), 90 * second)
    }),
  )

  it.effect("fails after its last try, and says so", () =>
    Effect.gen(function* () {
      const { log, run, spawned } = yield* after(hour, [failing(overloaded)])
      assert.strictEqual(spawned(), 4)
      assert.deepStrictEqual(reason(run), ["failed", "tries_spent"])
      const last = log.at(-1)
      assert.isTrue(last?.type === "run.failed" && last.payload.retry?.reason === "tries_spent")
      const chosen = yield* after(hour, [failing(overloaded)], { retry: { maxTries: 2 } })
      assert.deepStrictEqual([chosen.spawned(), ...reason(chosen.run)], [2, "failed", "tries_spent"])
    }),
  )

  it.effect("fails when its next try would come too late", () =>
    Effect.gen(function* () {
      const error = errorInfo("CLI_RATE_LIMITED", { retryAfterMillis: 10 * minute })
      const { run, spawned } = yield* after(hour, [failing(error)], { retry: { maxElapsedMillis: 15 * minute } })
      assert.deepStrictEqual([spawned(), ...reason(run)], [2, "failed", "time_spent"])
    }),
  )

  it.effect("is tried once where the request says never, or where its conversation's id is taken", () =>
    Effect.gen(function* () {
      const never = yield* after(hour, [failing(overloaded)], { retry: "never" })
      assert.deepStrictEqual([never.spawned(), ...reason(never.run)], [1, "failed", "never"])
      const chosen = yield* after(hour, [failing(overloaded)], { session: { kind: "new", id: "s-1" } })
      assert.deepStrictEqual([chosen.spawned(), ...reason(chosen.run)], [1, "failed", "session_taken"])
    }),
  )

  it.effect("stops for its money once its attempts have cost too much", () =>
    Effect.gen(function* () {
      const paid = (usd?: number): FakeScript => ({
        steps: [
          {
            stdout: fakeLine({
              done: {
                outcome: "failed",
                error: overloaded,
                ...(usd === undefined ? {} : { cost: { usd, source: "reported", basis: "run" } }),
              },
            }),
          },
        ],
      })
      const limited = policy({ maxMoney: 1_000_000_000 as never, maxTries: 9 })
      const spent = yield* after(hour, [paid(0.6), paid(0.4)], {}, limited)
      assert.deepStrictEqual([spent.spawned(), ...reason(spent.run)], [2, "failed", "money_spent"])
      assert.strictEqual(spent.run.attempts.at(-1)?.retry?.spent, 1_000_000_000)
      const unknown = yield* after(hour, [paid(0.1), paid()], {}, limited)
      assert.deepStrictEqual([unknown.spawned(), ...reason(unknown.run)], [2, "failed", "money_unknown"])
    }),
  )

  it.effect("waits for a person as before where only one can help", () =>
    Effect.gen(function* () {
      const { log, run, spawned } = yield* after(hour, [failing(errorInfo("AUTH_REJECTED"))])
      assert.deepStrictEqual([spawned(), ...reason(run)], [1, "action_needed", "person_needed"])
      assert.strictEqual(log.at(-1)?.type, "run.action_needed")
    }),
  )

  it.effect("has as long in the queue again as it had the first time", () =>
    Effect.gen(function* () {
      const error = errorInfo("CLI_RATE_LIMITED", { retryAfterMillis: 10 * minute })
      const { log, run } = yield* after(hour, [failing(error), quick], { limits: { queueMillis: minute } })
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(run.queue?.expiresAt, (scheduled(log)[0]?.payload.at ?? 0) + minute)
    }),
  )
})

describe("A run that may have done something", () => {
  it.effect("is not tried again once a tool was executed, in whichever attempt", () =>
    Effect.gen(function* () {
      const one = yield* after(hour, [failing(overloaded, tool("a"), tool("a", "completed"))])
      assert.deepStrictEqual([one.spawned(), ...reason(one.run)], [1, "failed", "side_effects"])
      const unfinished = yield* after(hour, [failing(overloaded, tool("a"))])
      assert.deepStrictEqual([unfinished.spawned(), ...reason(unfinished.run)], [1, "failed", "side_effects"])
      const later = yield* after(hour, [failing(overloaded), failing(overloaded, tool("a", "completed")), quick])
      assert.deepStrictEqual([later.spawned(), ...reason(later.run)], [2, "failed", "side_effects"])
      assert.isTrue(later.run.attempts[1]?.sideEffects?.executed)
    }),
  )

  it.effect("is tried again when the tool was refused, or the request says that twice is as good as once", () =>
    Effect.gen(function* () {
      const denied = yield* after(hour, [failing(overloaded, tool("a"), tool("a", "denied")), quick])
      assert.deepStrictEqual([denied.spawned(), denied.run.state], [2, "succeeded"])
      const twice = yield* after(hour, [failing(overloaded, tool("a", "completed")), quick], { idempotent: true })
      assert.deepStrictEqual([twice.spawned(), twice.run.state], [2, "succeeded"])
    }),
  )

  it.effect("is not tried again when some of its output was not understood", () =>
    Effect.gen(function* () {
      const { run, spawned } = yield* after(hour, [failing(overloaded, { stdout: '{"news":1}\n' })])
      assert.deepStrictEqual([spawned(), ...reason(run)], [1, "failed", "side_effects_unknown"])
    }),
  )
})

describe("A run that meets a usage limit", () => {
  const limited = (resetsAt: number) => failing(errorInfo("CLI_USAGE_LIMIT", { detail: { resetsAt } }))

  it.effect("is parked until the limit ends, which costs no try", () =>
    Effect.gen(function* () {
      const asked = { retry: { maxTries: 1 } }
      const { log, run, spawned } = yield* after(2 * hour, [limited(hour), quick], asked)
      assert.deepStrictEqual([spawned(), run.state], [2, "succeeded"])
      const [parked] = scheduled(log)
      assert.deepStrictEqual([parked?.payload.retry?.reason, parked?.payload.retry?.parked], ["usage_limit", true])
      const [, again] = claims(log)
      assert.isAtLeast(again ?? 0, hour)
      assert.isAtMost(again ?? 0, hour + minute + second)
    }),
  )

  it.effect("waits for a person when the limit ends too late, and fails when it was parked too often", () =>
    Effect.gen(function* () {
      const far = yield* after(minute, [limited(30 * 24 * hour)])
      assert.deepStrictEqual(reason(far.run), ["action_needed", "reset_too_far"])
      assert.strictEqual(far.log.at(-1)?.type, "run.action_needed")
      const often = yield* after(minute, [limited(hour)], { retry: { maxParks: 0 } })
      assert.deepStrictEqual(reason(often.run), ["failed", "parks_spent"])
    }),
  )
})

describe("A run that waits to be tried again", () => {
  const later = failing(errorInfo("CLI_RATE_LIMITED", { retryAfterMillis: minute }))

  it.effect("is canceled at once, and never starts", () =>
    Effect.gen(function* () {
      const { id, spawned, yard } = yield* after(10 * second, [later, quick])
      assert.strictEqual((yield* yard.get(id)).state, "retry_wait")
      assert.strictEqual((yield* yard.cancel(id, tester)).state, "canceled")
      yield* TestClock.adjust(hour)
      assert.strictEqual(spawned(), 1)
    }),
  )

  it.effect("is let go of by a host that shuts down, at no cost, and executed by another one when it is due", () =>
    Effect.gen(function* () {
      const { close, id, spawned, store } = yield* after(10 * second, [later])
      yield* close
      const other = playing([quick])
      const { yard } = yield* openHost(store, {
        settings: { adopt: true },
        host: { ...other.world.host, self: idOf("other") },
      })
      yield* TestClock.adjust(20 * second)
      assert.strictEqual((yield* yard.get(id)).state, "retry_wait")
      yield* TestClock.adjust(minute)
      const run = yield* yard.get(id)
      assert.deepStrictEqual([run.state, run.host.id, run.attempts.length], ["succeeded", "other", 2])
      assert.deepStrictEqual([spawned(), other.spawned()], [1, 1])
    }),
  )

  it.effect("is adopted from a host that died meanwhile, and not before it is due", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const id = testRunId(1)
      const error = errorInfo("CLI_OVERLOADED")
      yield* Context.get(store, EventLog).append(id, [
        queued(),
        claimedBy(idOf("dead")),
        started,
        draft("run.retry_scheduled", { at: minute, error }),
      ])
      const played = playing([quick])
      const { yard } = yield* openHost(store, {
        settings: { adopt: true, recoverEveryMillis: 2000 },
        host: { ...played.world.host, dead: new Set(["dead"]) },
      })
      yield* TestClock.adjust(55 * second)
      assert.deepStrictEqual([(yield* yard.get(id)).state, played.spawned()], ["retry_wait", 0])
      yield* TestClock.adjust(10 * second)
      assert.deepStrictEqual([(yield* yard.get(id)).state, played.spawned()], ["succeeded", 1])
    }),
  )

  it.effect("is looked after by who follows it on another host, and its own host is not taken for dead", () =>
    Effect.gen(function* () {
      const { id, store } = yield* after(10 * second, [later, quick])
      const other = yield* openHost(store, { host: { self: idOf("other"), play: () => hang } })
      const followed = yield* Effect.forkChild(other.yard.await(id))
      yield* TestClock.adjust(2 * minute)
      assert.strictEqual((yield* Fiber.join(followed)).state, "succeeded")
    }),
  )
})

describe("A run whose stored request is masked", () => {
  const secret = ["sk-ant-", "api03-", "a1B2c3D4".repeat(11), "AA"].join("")

  it.effect("is tried again with the exact one, which is gone when it has ended", () =>
    Effect.gen(function* () {
      const prompt = `use ${secret}`
      const { id, prompts, run, store } = yield* after(
        minute,
        [failing(overloaded), quick],
        { prompt },
        { promptSecrets: "allow" },
      )
      assert.notInclude(JSON.stringify(run), secret)
      assert.strictEqual(run.state, "succeeded")
      assert.deepStrictEqual(prompts, [prompt, prompt])
      assert.isUndefined(yield* Context.get(store, PromptSeal).unseal(id))
    }),
  )

  it.effect("is not tried again when the exact one is lost, and keeps none when it is never to be", () =>
    Effect.gen(function* () {
      const settings = { promptSecrets: "allow" } as const
      const slow = failing(overloaded, { waitMillis: minute })
      const lost = yield* after(second, [slow], { prompt: `use ${secret}` }, settings)
      yield* Context.get(lost.store, PromptSeal).destroy(lost.id)
      yield* TestClock.adjust(hour)
      assert.deepStrictEqual(reason(yield* lost.yard.get(lost.id)), ["failed", "request_lost"])
      const never = yield* after(second, [hang], { prompt: `use ${secret}`, retry: "never" }, settings)
      assert.strictEqual(never.run.state, "running")
      assert.isUndefined(yield* Context.get(never.store, PromptSeal).unseal(never.id))
    }),
  )
})
