/**
 * A store that fails once, at each of the calls that the way of a run makes: refused for now, refused, and with a defect. Nothing
 * waits for ever, nothing is lost that could be kept, and nothing is alive afterwards.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Breakers } from "../src/Breakers.ts"
import { EventLog } from "../src/EventLog.ts"
import { PromptSeal } from "../src/PromptSeal.ts"
import { isTerminal, type Run } from "../src/Run.ts"
import type { RunEvent } from "../src/RunEvent.ts"
import { RunQueue } from "../src/RunQueue.ts"
import { RunStore } from "../src/RunStore.ts"
import { type RunyardError, runyardError } from "../src/RunyardError.ts"
import type { StoreServices } from "../src/StoreServices.ts"
import { fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript } from "../src/testing/FakeProcessHost.ts"
import { UsageLedger } from "../src/UsageLedger.ts"
import { done, endsOf, isProbe, openHost, openStore, probe, request } from "./hosts.ts"

const secret = `ghp_${"9fK2mQ7xV4tR8sW1zL5c".repeat(2).slice(0, 36)}`
const script: FakeScript = {
  steps: [
    { stdout: fakeLine({ event: { type: "agent.turn_started", payload: {} } }) },
    { stdout: fakeLine({ event: { type: "agent.message", payload: { text: "one" } } }) },
    { waitMillis: 300 },
    {
      stdout: fakeLine({
        event: { type: "run.usage", payload: { cost: { usd: 0.3, source: "reported", basis: "run" } } },
      }),
    },
    { waitMillis: 300 },
    { stdout: fakeLine({ event: { type: "agent.message", payload: { text: "two" } } }) },
    { stdout: done },
  ],
}

type Fault = (call: string) => Effect.Effect<void, RunyardError>
type Call = (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, RunyardError>

/** The service with a fault before each of its calls. Streams are left alone. */
const faulty = <S extends object>(name: string, service: S, fault: Fault): S => {
  const entries = Object.entries(service).map(([key, value]: [string, unknown]) => {
    const before = Effect.suspend(() => fault(`${name}.${key}`))
    if (Effect.isEffect(value)) return [key, Effect.andThen(before, value)]
    if (typeof value !== "function" || key === "events" || key === "all") return [key, value]
    return [key, (...args: ReadonlyArray<unknown>) => Effect.andThen(before, (value as Call)(...args))]
  })
  return Object.fromEntries(entries) as S
}

const withFaults = (store: Context.Context<StoreServices>, fault: Fault) =>
  store.pipe(
    Context.add(Breakers, faulty("Breakers", Context.get(store, Breakers), fault)),
    Context.add(EventLog, faulty("EventLog", Context.get(store, EventLog), fault)),
    Context.add(PromptSeal, faulty("PromptSeal", Context.get(store, PromptSeal), fault)),
    Context.add(RunQueue, faulty("RunQueue", Context.get(store, RunQueue), fault)),
    Context.add(RunStore, faulty("RunStore", Context.get(store, RunStore), fault)),
    Context.add(UsageLedger, faulty("UsageLedger", Context.get(store, UsageLedger), fault)),
  )

interface Played {
  readonly submitted: boolean
  readonly run: Run | undefined
  readonly log: ReadonlyArray<RunEvent>
  readonly calls: ReadonlyMap<string, number>
  readonly spawned: number
  readonly alive: number
}

type Kind = "STORE_BUSY" | "STORE_FAILED" | "defect"
interface Scene {
  readonly adopt: boolean
  /** When somebody cancels it, in milliseconds. */
  readonly cancelAt?: number
}

/** One run on a store that fails once, at the nth time that something is asked of it. */
const play = ({ adopt, cancelAt }: Scene, kind: Kind, call: string, nth: number) =>
  Effect.gen(function* () {
    const store = yield* openStore
    const calls = new Map<string, number>()
    const alive = new Set<string>()
    let spawned = 0
    const fault: Fault = (name) => {
      const count = (calls.get(name) ?? 0) + 1
      calls.set(name, count)
      if (name !== call || count !== nth) return Effect.void
      return kind === "defect" ? Effect.die(new Error("injected")) : Effect.fail(runyardError(kind))
    }
    const { close, yard } = yield* openHost(withFaults(store, fault), {
      settings: {
        adopt,
        promptSecrets: "allow",
        recoverEveryMillis: 2_000,
        budgets: [{ id: "all", scope: "all", kind: "money", limit: 1e12, window: "total", unknown: "allow" }],
      },
      host: {
        play: (command) => (isProbe(command) ? probe : script),
        onEvent: (event, { args, marker }) => {
          if (isProbe({ args })) return
          if (event === "end") return void alive.delete(marker)
          alive.add(marker)
          spawned++
        },
      },
    })
    const runs = Context.get(store, RunStore)
    const submitting = yield* Effect.forkChild(Effect.exit(yard.submit({ ...request, prompt: `use ${secret}` })))
    let canceling: Fiber.Fiber<unknown, unknown> | undefined
    for (let now = 0; now < 20_000; now += 50) {
      yield* TestClock.adjust("50 millis")
      const [run] = yield* runs.list({})
      if (run === undefined) continue
      if (now === cancelAt) canceling = yield* Effect.forkChild(yard.cancel(run.id, { by: "ann", force: false }))
      if (isTerminal(run.state) && (canceling ?? submitting).pollUnsafe() !== undefined) break
    }
    const [run] = yield* runs.list({})
    const log =
      run === undefined ? [] : yield* Stream.runCollect(Context.get(store, EventLog).events(run.id, { follow: false }))
    const closing = yield* Effect.forkChild(close)
    for (let second = 0; second < 20 && closing.pollUnsafe() === undefined; second++) {
      yield* TestClock.adjust("1 second")
    }
    assert.isDefined(closing.pollUnsafe(), `${call} ${nth}: the host does not close`)
    const submitted = submitting.pollUnsafe()
    assert.isDefined(submitted, `${call} ${nth}: the submit hangs`)
    const played: Played = {
      submitted: submitted !== undefined && Exit.isSuccess(submitted) && Exit.isSuccess(submitted.value),
      run,
      log,
      calls,
      spawned,
      alive: alive.size,
    }
    return played
  }).pipe(Effect.scoped)

const textsOf = (log: ReadonlyArray<RunEvent>) =>
  log.flatMap((event) => (event.type === "agent.message" ? [event.payload.text] : []))

const check = ({ alive, log, run, submitted, spawned }: Played, kind: Kind, { cancelAt }: Scene, what: string) => {
  assert.strictEqual(alive, 0, what)
  assert.isAtMost(spawned, 1, what)
  // What was refused is not there, and what is there was not refused.
  assert.strictEqual(run !== undefined, submitted, what)
  if (run === undefined) return
  assert.notInclude(JSON.stringify(log), secret, what)
  assert.deepStrictEqual(
    log.map(({ seq }) => seq),
    log.map((_, index) => index + 1),
    what,
  )
  assert.isTrue(isTerminal(run.state), `${what}: ${run.state}`)
  assert.strictEqual(endsOf(log).length, 1, what)
  assert.strictEqual(log.at(-1)?.type, endsOf(log)[0], what)
  const isWhole = textsOf(log).join() === "one,two"
  if (run.state === "succeeded") assert.isTrue(isWhole, what)
  if (cancelAt !== undefined) return
  // Trouble that passes is no reason for anything.
  if (kind === "STORE_BUSY") assert.strictEqual(run.state, "succeeded", `${what}: ${run.error?.code}`)
}

describe("A store that fails once", () => {
  const kinds: ReadonlyArray<Kind> = ["STORE_BUSY", "STORE_FAILED", "defect"]
  const scenes: ReadonlyArray<readonly [string, Scene]> = [
    ["on the way of a run", { adopt: false }],
    ["on the way of a run, of a host that adopts", { adopt: true }],
    ["on the way of a run that is canceled", { adopt: false, cancelAt: 400 }],
  ]
  for (const [name, scene] of scenes) {
    for (const kind of kinds) {
      it.effect(
        `${name} (${kind})`,
        () =>
          Effect.gen(function* () {
            const whole = yield* play(scene, kind, "", 0)
            check(whole, kind, scene, "without a fault")
            assert.isAtLeast(whole.calls.size, 15)
            for (const [call, count] of whole.calls) {
              for (let nth = 1; nth <= Math.min(count, 5); nth++) {
                check(yield* play(scene, kind, call, nth), kind, scene, `${call} ${nth}`)
              }
            }
          }),
        120_000,
      )
    }
  }
})
