/**
 * Random schedules of everything that may end a run, at once: whatever comes first, there is one end, and it is told right.
 * `RUNYARD_ENDS_ROUNDS` sets how many (100).
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import { TestClock } from "effect/testing"
import type { AgentEvent } from "../src/AgentEvent.ts"
import { isTerminal, type Run, type RunState } from "../src/Run.ts"
import type { RunEvent } from "../src/RunEvent.ts"
import { fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript, FakeStep } from "../src/testing/FakeProcessHost.ts"
import { done, endsOf, isProbe, oneHost, probe, request, types } from "./hosts.ts"

const rounds = Number(process.env["RUNYARD_ENDS_ROUNDS"] ?? 100)

const say = (event: AgentEvent): FakeStep => ({ stdout: fakeLine({ event }) })
const lines: ReadonlyArray<FakeStep> = [
  say({ type: "agent.turn_started", payload: {} }),
  say({ type: "agent.turn_ended", payload: { status: "completed" } }),
  say({ type: "agent.tool_started", payload: { toolId: "a", kind: "command", name: "it" } }),
  say({ type: "agent.tool_completed", payload: { toolId: "a", kind: "command", name: "it", status: "completed" } }),
  say({ type: "agent.task", payload: { taskId: "t", status: "started" } }),
  say({ type: "agent.task", payload: { taskId: "t", status: "completed" } }),
  { stdout: done },
  { stderr: "prose\n" },
]

const pick = <A>(from: ReadonlyArray<A>) =>
  Effect.map(Random.nextIntBetween(0, from.length - 1), (at) => {
    const found = from[at]
    if (found === undefined) throw new Error("nothing to pick from")
    return found
  })

/** Times that meet often, so that several things come at the same instant. */
const times = [0, 50, 100, 100, 150, 200, 200, 300, 400, 500]
const limitNames = ["queueMillis", "wallMillis", "idleMillis", "toolIdleMillis", "lingerMillis"] as const

const randomScript: Effect.Effect<FakeScript> = Effect.gen(function* () {
  const steps: Array<FakeStep> = []
  const count = yield* Random.nextIntBetween(0, 8)
  for (let n = 0; n < count; n++) {
    steps.push(yield* pick(lines))
    if (yield* Random.nextBoolean) steps.push({ waitMillis: yield* pick(times) })
  }
  return { steps: (yield* Random.nextBoolean) ? steps : [...steps, { hang: true }] }
})

const randomLimits = Effect.gen(function* () {
  const limits: Partial<Record<(typeof limitNames)[number], number>> = {}
  for (const name of limitNames) if (yield* Random.nextBoolean) limits[name] = yield* pick(times)
  // Whatever else is left out, this ends it.
  return { ...limits, wallMillis: limits.wallMillis || 2000 }
})

interface Action {
  readonly at: number
  readonly what: "cancel" | "force" | "close"
  readonly run: number
}
const randomActions = Effect.gen(function* () {
  const actions: Array<Action> = []
  const count = yield* Random.nextIntBetween(0, 4)
  for (let n = 0; n < count; n++) {
    const what = yield* pick(["cancel", "cancel", "force", "close"] as const)
    actions.push({ at: yield* pick(times), what, run: yield* Random.nextIntBetween(0, 2) })
  }
  return actions.toSorted((one, other) => one.at - other.at)
})

const states: Readonly<Record<string, RunState>> = {
  "run.completed": "succeeded",
  "run.failed": "failed",
  "run.canceled": "canceled",
  "run.timed_out": "timed_out",
  "run.interrupted": "interrupted",
}

const check = (run: Run, log: ReadonlyArray<RunEvent>, spawned: number, closed: boolean, what: string): void => {
  const all = types(log)
  const ends = endsOf(log)
  const last = log.at(-1)
  assert.deepStrictEqual(
    log.map(({ seq }) => seq),
    log.map((_, index) => index + 1),
    what,
  )
  // Only what was never claimed may wait on, and only when its host has gone.
  if (!isTerminal(run.state)) {
    assert.isTrue(closed && run.state === "queued" && spawned === 0, `${what}: ${run.state}`)
    return
  }
  assert.strictEqual(ends.length, 1, what)
  assert.strictEqual(last?.type, ends[0], what)
  assert.strictEqual(run.state, states[ends[0] ?? ""], what)
  assert.isAtMost(spawned, 1, what)
  if (spawned === 1) {
    const progress = log.filter(({ type }) => type === "run.progress").length
    assert.strictEqual(progress, all.includes("run.started") ? 2 : 0, what)
  }
  const audits = log.filter(({ type }) => type === "audit.cancel_requested")
  assert.isAtMost(audits.length, 2, what)
  if (last?.type === "run.canceled") assert.isAtLeast(audits.length, 1, what)
  if (last?.type === "run.timed_out" && last.payload.limit === "queue") {
    assert.strictEqual(spawned, 0, what)
    assert.deepStrictEqual(all, ["run.queued", "run.timed_out"], what)
  }
}

describe("A run", () => {
  it.effect(
    "has exactly one end, whatever the order of cancel, force, limits, exit, linger and shutdown",
    () =>
      Effect.gen(function* () {
        const seen = new Set<string>()
        for (let round = 0; round < rounds; round++) {
          const scripts = [yield* randomScript, yield* randomScript, yield* randomScript]
          const limits = [yield* randomLimits, yield* randomLimits, yield* randomLimits]
          const actions = yield* randomActions
          const what = `round ${round}: ${JSON.stringify({ scripts, limits, actions })}`
          const spawned = new Map<string, number>()
          const alive = new Set<string>()
          const played = new Map<string, FakeScript>()
          const { yard, close, logOf } = yield* oneHost({
            host: {
              play: (command) => (isProbe(command) ? probe : (played.get(command.marker) ?? { steps: [] })),
              onEvent: (event, { marker, args }) => {
                if (isProbe({ args })) return
                if (event === "end") return void alive.delete(marker)
                alive.add(marker)
                spawned.set(marker, (spawned.get(marker) ?? 0) + 1)
              },
            },
          })
          const runs: Array<Run> = []
          for (const [index, script] of scripts.entries()) {
            const run = yield* yard.submit({ ...request, limits: limits[index] })
            played.set(run.id, script)
            runs.push(run)
          }
          const doing: Array<Fiber.Fiber<unknown, unknown>> = []
          let now = 0
          let closed = false
          for (const action of actions) {
            yield* TestClock.adjust(action.at - now)
            now = action.at
            const run = runs[action.run]
            if (run === undefined) continue
            if (action.what === "close") closed = true
            const act = closed
              ? close
              : yard.cancel(run.id, { by: `person ${doing.length}`, force: action.what === "force" })
            doing.push(yield* Effect.forkChild(act))
          }
          for (let step = 0; step < 40; step++) yield* TestClock.adjust("200 millis")
          if (!closed) for (const fiber of doing) yield* Fiber.join(fiber)
          for (const run of runs) {
            const log = yield* logOf(run.id)
            const ended = yield* yard.get(run.id)
            check(ended, log, spawned.get(run.id) ?? 0, closed, what)
            const last = log.at(-1)
            if (last === undefined) continue
            const limit = last.type === "run.timed_out" ? ` ${last.payload.limit}` : ""
            seen.add(`${last.type}${limit}${"lingered" in last.payload ? " lingered" : ""}`)
          }
          assert.deepStrictEqual([...alive], [], what)
        }
        // Schedules that never meet a limit would prove nothing.
        assert.includeMembers(
          [...seen],
          [
            "run.completed",
            "run.completed lingered",
            "run.failed",
            "run.canceled",
            "run.timed_out wall",
            "run.timed_out idle",
            "run.timed_out queue",
            "run.interrupted",
          ],
        )
      }).pipe(Random.withSeed("one end")),
    30_000 + rounds * 200,
  )
})
