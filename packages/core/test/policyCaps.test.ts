/** Runs under policies that limit turns and money, on a host without processes: when they are stopped, and what they are told. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import type { Adapter } from "../src/Adapter.ts"
import type { AgentEvent } from "../src/AgentEvent.ts"
import { draft } from "../src/EventDraft.ts"
import type { Enforcement, Enforcements } from "../src/CliRules.ts"
import { agentSteps } from "../src/internal/agentSteps.ts"
import type { ModelPrice } from "../src/PriceTable.ts"
import { fakeAdapter, fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript, FakeStep } from "../src/testing/FakeProcessHost.ts"
import { done, oneHost, request, types, type World } from "./hosts.ts"

const not: Enforcement = { enforced: "not enforced", note: "It cannot" }
const counted: Enforcement = { ...not, counted: true }
const of = (more: Partial<Enforcements>, adapter: Adapter = fakeAdapter): Adapter => ({
  ...adapter,
  enforces: () => ({ maxTurns: not, maxCostUsd: not, allowedTools: not, deniedTools: not, network: not, ...more }),
})

const said = (text: string, parentToolId?: string): AgentEvent => ({
  type: "agent.message",
  payload: { text, ...(parentToolId === undefined ? {} : { parentToolId }) },
})
const tool = (toolId: string, parentToolId?: string): AgentEvent => ({
  type: "agent.tool_started",
  payload: { toolId, kind: "command", name: "sh", ...(parentToolId === undefined ? {} : { parentToolId }) },
})
const ended = (toolId: string): AgentEvent => ({
  type: "agent.tool_completed",
  payload: { toolId, kind: "command", name: "sh", status: "completed" },
})
const tokens = (outputTokens: number, interim: boolean): AgentEvent => ({
  type: "run.usage",
  payload: {
    usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens, cacheIncluded: false, basis: "run" },
    ...(interim ? { interim } : {}),
  },
})
const step = (event: AgentEvent): FakeStep => ({ stdout: fakeLine({ event }) })
const forever = (turn: (count: number) => ReadonlyArray<AgentEvent>): FakeScript => ({
  steps: Array.from({ length: 500 }, (_, index) => [{ waitMillis: 1_000 }, ...turn(index + 1).map(step)]).flat(),
})

const runOn = (world: World, asked: object) =>
  Effect.gen(function* () {
    const { logOf, yard } = yield* oneHost(world)
    const submitted = yield* yard.submit({ ...request, model: "m", ...asked })
    const end = yield* Effect.forkChild(yard.await(submitted.id))
    for (let second = 0; second < 120 && end.pollUnsafe() === undefined; second++) {
      yield* TestClock.adjust("500 millis")
      yield* Effect.replicateEffect(Effect.yieldNow, 20, { discard: true })
    }
    return { run: yield* Fiber.join(end), log: yield* logOf(submitted.id) }
  })

const countOf = (events: ReadonlyArray<AgentEvent>): number => {
  const steps = agentSteps()
  let count = 0
  for (const { payload, type } of events) count = steps.read(draft(type, payload))
  return count
}

describe("The turns of an agent whose CLI counts none", () => {
  it("are what it says and a tool, together or alone", () => {
    assert.strictEqual(countOf([]), 0)
    assert.strictEqual(countOf([said("hello")]), 1)
    assert.strictEqual(countOf([said("I look."), tool("a"), ended("a"), said("Done.")]), 2)
    assert.strictEqual(countOf([tool("a"), ended("a"), tool("b"), ended("b"), said("Done.")]), 3)
  })

  it("go on with each tool at once, after one that stays in the background, and with another prompt", () => {
    assert.strictEqual(countOf([tool("a"), tool("b"), ended("b"), ended("a"), said("Done.")]), 3)
    assert.strictEqual(countOf([tool("a"), said("It goes on."), tool("b"), said("Still.")]), 3)
    const over: AgentEvent = { type: "agent.turn_ended", payload: { status: "completed" } }
    assert.strictEqual(countOf([said("one"), over, said("two")]), 2)
  })

  it("are not those of an agent inside it", () => {
    const inner = [tool("b", "a"), ended("b"), said("inside", "a"), tool("c", "a")]
    assert.strictEqual(countOf([tool("a"), ...inner, ended("a"), said("Done.")]), 2)
  })
})

describe("A policy with a limit of turns that the CLI cannot keep, and that may be missed", () => {
  const adapter = of({ maxTurns: counted })
  const policy = { maxTurns: 3, unenforced: "warn" }
  const loops = forever((count) => [tool(`t${count}`), ended(`t${count}`)])

  it.effect("ends the run with the event that begins one too many, and says whose policy it was", () =>
    Effect.gen(function* () {
      const { log, run } = yield* runOn({ adapter, script: loops }, { policy })
      assert.deepStrictEqual([run.state, run.error?.code], ["failed", "POLICY_BUDGET"])
      assert.deepInclude(run.error?.detail, { rule: "maxTurns", source: "the request", limit: 3, spent: 4 })
      assert.strictEqual(types(log).filter((type) => type === "agent.tool_started").length, 4)
    }),
  )

  it.effect("lets all of them be used, and keeps a result that has arrived", () =>
    Effect.gen(function* () {
      const all = [tool("a"), ended("a"), tool("b"), ended("b"), said("Done.")].map(step)
      const script = { steps: [{ waitMillis: 10 }, ...all, { stdout: done }] }
      assert.strictEqual((yield* runOn({ adapter, script }, { policy })).run.state, "succeeded")
    }),
  )

  it.effect("counts nothing that the CLI itself counts", () =>
    Effect.gen(function* () {
      const script = {
        steps: [{ waitMillis: 10 }, ...["a", "b", "c", "d"].map((id) => step(tool(id))), { stdout: done }],
      }
      const keeps = of({ maxTurns: { enforced: "cli", note: "It does" } })
      assert.strictEqual((yield* runOn({ adapter: keeps, script }, { policy })).run.state, "succeeded")
    }),
  )

  it.effect("does not count as kept: without that word the run is refused", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ adapter, script: loops })
      const refused = yield* Effect.flip(yard.submit({ ...request, policy: { maxTurns: 3 } }))
      assert.strictEqual(refused.code, "POLICY_NOT_ENFORCED")
    }),
  )
})

describe("A policy with a limit of money", () => {
  // A dollar for each of 100 tokens.
  const price: ModelPrice = { model: "m", input: 0, output: 10_000, asOf: "2026-01-01", source: "settings" }
  const world = { adapter: of({ maxCostUsd: { enforced: "cli", note: "It does" } }), settings: { prices: [price] } }

  it.effect("ends the run with the usage event above it, by the price table, in the middle of a turn too", () =>
    Effect.gen(function* () {
      for (const interim of [true, false]) {
        const script = forever((count) => [tokens(count * 100, interim)])
        const { log, run } = yield* runOn({ ...world, script }, { policy: { maxCostUsd: 3 } })
        assert.deepStrictEqual([run.state, run.error?.code], ["failed", "POLICY_BUDGET"])
        assert.deepInclude(run.error?.detail, { rule: "maxCostUsd", limit: 3, spent: 4 })
        assert.strictEqual(types(log).filter((type) => type === "run.usage").length, 4)
      }
    }),
  )

  it.effect("keeps a result that has arrived with what was too much, and the log says so", () =>
    Effect.gen(function* () {
      const over: AgentEvent = { type: "agent.turn_ended", payload: { status: "completed" } }
      const last = [said("Done."), tokens(400, false), over].map((event) => fakeLine({ event })).join("")
      const script = { steps: [{ waitMillis: 10 }, { stdout: last }, { stdout: done }, { waitMillis: 500 }] }
      const { log, run } = yield* runOn({ ...world, script }, { policy: { maxCostUsd: 3 } })
      assert.strictEqual(run.state, "succeeded")
      const noted = log.flatMap((event) => (event.type === "policy.applied" ? [event.payload.decision] : []))
      assert.deepStrictEqual(noted, ["overdrawn"])
    }),
  )

  it.effect("goes on where nobody knows the price", () =>
    Effect.gen(function* () {
      const script = { steps: [{ waitMillis: 10 }, step(tokens(1_000_000, false)), { stdout: done }] }
      const { run } = yield* runOn({ ...world, settings: {}, script }, { policy: { maxCostUsd: 3 } })
      assert.strictEqual(run.state, "succeeded")
    }),
  )
})
