/** Budgets that were decided for the whole store: who is held to them, from when on, and what is told of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import type { BudgetRule } from "../src/Budget.ts"
import { runyardError } from "../src/RunyardError.ts"
import { fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript } from "../src/testing/FakeProcessHost.ts"
import { done, hang, idOf, oneHost, openHost, openStore, request, types, type World } from "./hosts.ts"

const ann = { by: "ann", reason: "the month is over" }
const day = 24 * 60 * 60_000

const rule = (fields: Partial<BudgetRule> = {}): BudgetRule => ({
  id: "cap",
  scope: "all",
  kind: "money",
  limit: 1_000_000_000,
  window: "total",
  unknown: "allow",
  ...fields,
})

/** Costs so much, and is done. */
const costs = (usd: number): FakeScript => ({
  steps: [
    {
      stdout: fakeLine({
        event: { type: "run.usage", payload: { cost: { usd, source: "reported", basis: "run" } } },
      }),
    },
    { stdout: done },
  ],
})
const spends = (usd: number, settings: World["settings"] = {}): World => ({ script: costs(usd), settings })

/** Costs so much, and then says nothing for ever. */
const silent = (usd: number): FakeScript => ({ steps: [...costs(usd).steps.slice(0, 1), { hang: true }] })

const codeOf = <A>(effect: Effect.Effect<A, { readonly code: string }>) =>
  Effect.map(Effect.result(effect), (result) => (result._tag === "Failure" ? result.failure.code : "taken"))

describe("A budget of the store", () => {
  it.effect("holds for every host from the moment it is set, until it is taken back", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const one = yield* openHost(store, { ...spends(0.6), host: { self: idOf("one") } })
      const other = yield* openHost(store, { ...spends(0.6), host: { self: idOf("other") } })
      yield* one.yard.submit(request)
      yield* TestClock.adjust("1 second")
      yield* one.yard.budgets.set(rule(), ann)
      assert.strictEqual(yield* codeOf(other.yard.submit(request)), "taken")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* codeOf(other.yard.submit(request)), "taken")
      yield* TestClock.adjust("1 second")
      // Under the rule two runs have cost 1.2 $: what was used before it was set is not its business.
      assert.strictEqual(yield* codeOf(other.yard.submit(request)), "POLICY_BUDGET")
      assert.strictEqual(yield* codeOf(one.yard.submit(request)), "POLICY_BUDGET")
      yield* other.yard.budgets.set(rule({ limit: 2_000_000_000 }), ann)
      assert.strictEqual(yield* codeOf(one.yard.submit(request)), "taken")
      yield* TestClock.adjust("1 second")
      yield* one.yard.budgets.set(rule({ limit: 1 }), ann)
      assert.strictEqual(yield* codeOf(one.yard.submit(request)), "POLICY_BUDGET")
      yield* one.yard.budgets.remove("cap", ann)
      assert.strictEqual(yield* codeOf(other.yard.submit(request)), "taken")
    }),
  )

  it.effect("counts for an attempt that begins after it was set, though it was queued before", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost(spends(0.6))
      yield* yard.queue.decide({ kind: "pause" }, ann)
      const { id } = yield* yard.submit(request)
      yield* yard.budgets.set(rule({ limit: 0 }), ann)
      assert.match(
        (yield* yard.explain(id)).text,
        /The budget "cap" of 0\.00 \$ is used up or set aside: no attempt begins/,
      )
      yield* yard.queue.decide({ kind: "resume" }, ann)
      yield* TestClock.adjust("1 second")
      const run = yield* yard.get(id)
      assert.deepStrictEqual([run.state, run.error?.code], ["failed", "POLICY_BUDGET"])
    }),
  )

  it.effect("comes in place of a host's own rule of its id, which holds again when it is taken back", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost(spends(0.1, { budgets: [rule({ limit: 0 }), rule({ id: "own" })] }))
      assert.strictEqual(yield* codeOf(yard.submit(request)), "POLICY_BUDGET")
      yield* yard.budgets.set(rule(), ann)
      assert.strictEqual(yield* codeOf(yard.submit(request)), "taken")
      const listed = yield* yard.budgets.list
      assert.deepStrictEqual(
        listed.map(({ from, rule: { id, limit } }) => [id, from, limit]),
        [
          ["own", "host", 1_000_000_000],
          ["cap", "store", 1_000_000_000],
        ],
      )
      yield* yard.budgets.remove("cap", ann)
      assert.strictEqual(yield* codeOf(yard.submit(request)), "POLICY_BUDGET")
    }),
  )

  it.effect("is one for each workspace, tenant and profile, and for each day", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost(spends(0.6))
      yield* yard.budgets.set(
        rule({ id: "each workspace", scope: "workspace", window: "day", limit: 500_000_000 }),
        ann,
      )
      yield* yard.budgets.set(rule({ id: "night", scope: "profile", subject: "night", limit: 500_000_000 }), ann)
      const submitted = (more: object) =>
        Effect.tap(codeOf(yard.submit({ ...request, ...more })), TestClock.adjust("1 second"))
      assert.strictEqual(yield* submitted({ cwd: "/a" }), "taken")
      assert.strictEqual(yield* submitted({ cwd: "/a" }), "POLICY_BUDGET")
      assert.strictEqual(yield* submitted({ cwd: "/b", profile: "night" }), "taken")
      assert.strictEqual(yield* submitted({ cwd: "/c", profile: "night" }), "POLICY_BUDGET")
      assert.strictEqual(yield* submitted({ cwd: "/c", profile: "other" }), "taken")
      const [workspaces] = yield* yard.budgets.list
      assert.sameDeepMembers(workspaces?.uses.map(({ spent, subject }) => [subject.at(-1), spent]) ?? [], [
        ["/a", 600_000_000],
        ["/b", 600_000_000],
        ["/c", 600_000_000],
      ])
      yield* TestClock.adjust(day)
      assert.deepStrictEqual((yield* yard.budgets.list)[0]?.uses, [])
      assert.strictEqual(yield* submitted({ cwd: "/a" }), "taken")
    }),
  )

  it.effect("stops an attempt under way that has used more, without a word of its agent", () =>
    Effect.gen(function* () {
      for (const before of [undefined, rule({ limit: 900_000_000 }), rule({ kind: "turns", limit: 5 })]) {
        const { logOf, yard } = yield* oneHost({ script: silent(0.6) })
        if (before !== undefined) yield* yard.budgets.set(before, ann)
        const { id } = yield* yard.submit(request)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* yard.get(id)).state, "running")
        yield* yard.budgets.set(rule({ limit: 500_000_000 }), ann)
        yield* TestClock.adjust("1 second")
        const run = yield* yard.get(id)
        assert.deepStrictEqual([run.state, run.error?.code], ["failed", "POLICY_BUDGET"])
        const changed = (yield* logOf(id)).filter(({ type }) => type === "run.budgets_changed")
        assert.deepStrictEqual(
          changed.map(({ payload }) => payload),
          [
            {
              budget: { estimate: {}, lines: [{ key: '["cap"]', rule: rule({ limit: 500_000_000 }) }], priced: false },
            },
          ],
        )
        assert.deepStrictEqual((yield* yard.budgets.list)[0]?.uses, [
          { subject: [], spent: 600_000_000, aside: 0, unknown: 0 },
        ])
      }
    }),
  )

  it.effect("stops what has used it up together, on each of the hosts", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const settings = { concurrency: { global: 2, perProvider: 2 } }
      const world = (id: string): World => ({ script: silent(0.3), settings, host: { self: idOf(id) } })
      const one = yield* openHost(store, world("one"))
      const other = yield* openHost(store, world("other"))
      const third = yield* openHost(store, world("third"))
      const mine = yield* one.yard.submit(request)
      const theirs = yield* other.yard.submit({ ...request, cwd: "/there" })
      yield* TestClock.adjust("1 second")
      yield* third.yard.budgets.set(rule({ limit: 600_000_000 }), ann)
      yield* TestClock.adjust("1 minute")
      const states = Effect.map(
        Effect.forEach([mine, theirs], ({ id }) => third.yard.get(id)),
        (runs) => runs.map(({ error, state }) => error?.code ?? state),
      )
      assert.deepStrictEqual(yield* states, ["running", "running"])
      yield* third.yard.budgets.set(rule({ limit: 599_999_999 }), ann)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* states, ["POLICY_BUDGET", "POLICY_BUDGET"])
    }),
  )

  it.effect("lets an attempt under way go on that it is not about, or not any more, or that has not used it up", () =>
    Effect.gen(function* () {
      const { logOf, yard } = yield* oneHost({ script: silent(0.6) })
      yield* yard.budgets.set(rule({ limit: 700_000_000 }), ann)
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const changes = Effect.map(logOf(id), (log) => log.filter(({ type }) => type === "run.budgets_changed").length)
      // Neither another profile's, nor what else is decided.
      yield* yard.budgets.set(rule({ id: "night", scope: "profile", subject: "night", limit: 0 }), ann)
      yield* yard.queue.decide({ kind: "pause" }, ann)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* changes, 0)
      yield* yard.budgets.set(rule({ limit: 600_000_000 }), ann)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* changes, 1)
      yield* yard.budgets.remove("cap", ann)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* changes, 2)
      assert.strictEqual((yield* yard.get(id)).state, "running")
      yield* yard.budgets.set(rule({ id: "other", limit: 600_000_000 }), ann)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        (yield* yard.explain(id)).budgets?.map(({ budget, spent }) => [budget, spent]),
        [["other", 600_000_000]],
      )
      yield* yard.cancel(id, { by: "tester", force: true })
    }),
  )

  it.effect("of time stops an attempt under way when its time is over, from the beginning of the attempt", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("10 seconds")
      yield* yard.budgets.set(rule({ kind: "wall", limit: 20_000 }), ann)
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual((yield* yard.get(id)).state, "running")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* yard.get(id)).error?.code, "POLICY_BUDGET")
    }),
  )

  it.effect("is kept by an attempt whose store cannot tell for a while", () =>
    Effect.gen(function* () {
      let isMute = false
      const { yard } = yield* oneHost({
        script: silent(0.6),
        queue: (queue) => ({
          control: Effect.suspend(() => (isMute ? Effect.fail(runyardError("STORE_BUSY")) : queue.control)),
        }),
      })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      yield* yard.budgets.set(rule({ limit: 1 }), ann)
      isMute = true
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* yard.get(id)).state, "running")
      isMute = false
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(id)).error?.code, "POLICY_BUDGET")
    }),
  )

  it.effect("is kept by an attempt that was told of it when the ledger could not be read", () =>
    Effect.gen(function* () {
      let isMute = false
      const { logOf, yard } = yield* oneHost({
        script: silent(0.6),
        ledger: ({ accounts }) => ({
          accounts: (...asked) =>
            Effect.suspend(() => (isMute ? Effect.fail(runyardError("STORE_BUSY")) : accounts(...asked))),
        }),
      })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      isMute = true
      yield* yard.budgets.set(rule({ limit: 1 }), ann)
      yield* TestClock.adjust("10 seconds")
      assert.include(types(yield* logOf(id)), "run.budgets_changed")
      assert.strictEqual((yield* yard.get(id)).state, "running")
      isMute = false
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* yard.get(id)).error?.code, "POLICY_BUDGET")
    }),
  )

  it.effect("costs its store as much for many attempts as for one, and nothing for none", () =>
    Effect.gen(function* () {
      const asked = { accounts: 0, control: 0 }
      const counted = <A, E>(what: keyof typeof asked, effect: Effect.Effect<A, E>) =>
        Effect.suspend(() => {
          asked[what]++
          return effect
        })
      const { yard } = yield* oneHost({
        script: hang,
        settings: { concurrency: { global: 10, perProvider: 10 } },
        queue: ({ control }) => ({ control: counted("control", control) }),
        ledger: ({ accounts }) => ({ accounts: (...keys) => counted("accounts", accounts(...keys)) }),
      })
      yield* yard.budgets.set(rule(), ann)
      const inTenSeconds = Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        Object.assign(asked, { accounts: 0, control: 0 })
        yield* TestClock.adjust("10 seconds")
        return { ...asked }
      })
      assert.deepStrictEqual(yield* inTenSeconds, { accounts: 0, control: 0 })
      const runs = [yield* yard.submit(request)]
      const one = yield* inTenSeconds
      assert.deepStrictEqual(one, { accounts: 40, control: 40 })
      for (let number = 0; number < 9; number++) runs.push(yield* yard.submit(request))
      assert.deepStrictEqual(yield* inTenSeconds, one)
      yield* Effect.forEach(runs, ({ id }) => Effect.forkChild(yard.cancel(id, { by: "tester", force: true })))
      assert.deepStrictEqual(yield* inTenSeconds, { accounts: 0, control: 0 })
    }),
  )

  it.effect("is followed within a quarter of a second, by those whom it concerns", () =>
    Effect.gen(function* () {
      const { logOf, yard } = yield* oneHost({
        script: hang,
        settings: { concurrency: { global: 2, perProvider: 2 } },
      })
      const night = yield* yard.submit({ ...request, profile: "night" })
      const other = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      yield* yard.budgets.set(rule({ scope: "profile", subject: "night" }), ann)
      yield* TestClock.adjust("250 millis")
      assert.include(types(yield* logOf(night.id)), "run.budgets_changed")
      assert.notInclude(types(yield* logOf(other.id)), "run.budgets_changed")
    }),
  )

  it.effect("is told by explain, while a run waits and while it is executed", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang })
      yield* yard.budgets.set(rule(), ann)
      const first = yield* yard.submit({ ...request, budget: { maxCostUsd: 0.25 } })
      const second = yield* yard.submit(request)
      yield* TestClock.adjust("1 second")
      const [executed, waiting] = [yield* yard.explain(first.id), yield* yard.explain(second.id)]
      assert.deepStrictEqual(
        executed.budgets?.map(({ budget, committed, left }) => [budget, committed, left]),
        [
          ["request.maxCostUsd", 250_000_000, 250_000_000],
          ["cap", 250_000_000, 1_000_000_000],
        ],
      )
      assert.match(executed.text, /^It is being executed\. The budget "/)
      assert.deepStrictEqual(
        waiting.budgets?.map(({ budget, left }) => [budget, left]),
        [["cap", 750_000_000]],
      )
      assert.include(waiting.text, 'The budget "cap" has 0.75 $ left of 1.00 $.')
    }),
  )

  it.effect("is refused where it makes no sense, and what was decided is in the history", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang })
      for (const bad of [
        rule({ limit: -1 }),
        rule({ timeZone: "Atlantis/Poseidonis" }),
        { ...rule(), id: "" },
        { ...rule(), kind: "love" },
        { ...rule(), unknown: undefined },
      ]) {
        assert.strictEqual(yield* codeOf(yard.budgets.set(bad, ann)), "QUEUE_REQUEST_INVALID", JSON.stringify(bad))
      }
      assert.strictEqual(yield* codeOf(yard.budgets.remove("cap", ann)), "QUEUE_BUDGET_NOT_FOUND")
      for (let number = 0; number < 100; number++) yield* yard.budgets.set(rule({ id: `cap ${number}` }), ann)
      assert.strictEqual(yield* codeOf(yard.budgets.set(rule(), ann)), "QUEUE_REQUEST_INVALID")
      yield* yard.budgets.set(rule({ id: "cap 7", limit: 3 }), ann)
      const [last] = yield* yard.queue.decisions(1)
      assert.deepStrictEqual(
        [last?.by, last?.reason, last?.change],
        ["ann", "the month is over", { kind: "budget", rule: rule({ id: "cap 7", limit: 3 }) }],
      )
    }),
  )
})
