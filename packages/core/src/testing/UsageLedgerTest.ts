/** What every `UsageLedger` must do, over the log of the same store. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { BudgetPlan, BudgetRule } from "../Budget.ts"
import { committedOf, spentOf } from "../BudgetAccount.ts"
import { EventLog } from "../EventLog.ts"
import { LedgerGrouping, summarize } from "../LedgerEntry.ts"
import { NanoUsd } from "../Money.ts"
import { localScope, type RunId, type RunRequest } from "../Run.ts"
import type { EventDraft, Payloads } from "../RunEvent.ts"
import { errorInfo } from "../RunyardError.ts"
import { RunStore } from "../RunStore.ts"
import { noTokens } from "../TokenCount.ts"
import type { Usage } from "../Usage.ts"
import { holderOf } from "../UsageBook.ts"
import { UsageLedger } from "../UsageLedger.ts"
import { draft, failed, message, started, testHost, testRequest, testRunId } from "./EventDrafts.ts"
import type { StorePlace } from "./StorePlace.ts"

type Services = EventLog | RunStore | UsageLedger
type Test = (name: string, body: Effect.Effect<void, unknown, Services>) => void

const [one, two, three] = [testRunId(1), testRunId(2), testRunId(3)]
const noon = 1_700_000_000_000

const money: BudgetRule = { id: "day", scope: "all", kind: "money", limit: 1_000, window: "total", unknown: "allow" }
const key = '["day"]'
const planOf = (estimate: BudgetPlan["estimate"] = {}, rule: Partial<BudgetRule> = {}): BudgetPlan => ({
  lines: [{ rule: { ...money, ...rule }, key }],
  estimate,
  priced: true,
})

interface Asked {
  readonly actor?: string
  readonly budget?: BudgetPlan
  readonly request?: Partial<RunRequest>
  readonly scope?: typeof localScope
}

const queued = ({ actor, budget, request, scope }: Asked = {}): EventDraft =>
  draft(
    "run.queued",
    {
      scope: scope ?? localScope,
      host: testHost,
      request: { ...testRequest, ...request },
      ...(actor === undefined ? {} : { actor }),
      ...(budget === undefined ? {} : { budget }),
    },
    { attempt: 0 },
  )
const claimed = (budget?: BudgetPlan): EventDraft =>
  draft("queue.claimed", { host: testHost, ...(budget === undefined ? {} : { budget }) })
const usageOf = (output: number, basis: Usage["basis"] = "run"): Usage => ({
  inputTokens: 100,
  cachedInputTokens: 0,
  outputTokens: output,
  cacheIncluded: false,
  basis,
})
const told = (payload: Payloads["run.usage"]): EventDraft => draft("run.usage", payload)
const cost = (nano: number, basis: Usage["basis"] = "run") => ({ usd: nano / 1e9, source: "reported", basis }) as const
const resuming = (sessionId: string): EventDraft => {
  if (started.type !== "run.started") throw new Error("It is no start")
  return draft("run.started", { ...started.payload, resumed: sessionId })
}
const session = (sessionId: string, model?: string): EventDraft =>
  draft("agent.session", { sessionId, ...(model === undefined ? {} : { model }) })
const ended = (attempt: number, outcome: Omit<Payloads["run.completed"], "structured"> = {}): EventDraft =>
  draft("run.completed", { structured: null, ...outcome }, { attempt, mono: 5_000 })

const append = (id: RunId, ...drafts: ReadonlyArray<EventDraft>) =>
  Effect.flatMap(EventLog, (log) => log.append(id, drafts))
const entries = Effect.flatMap(UsageLedger, (ledger) => ledger.entries({}))
const account = (id: RunId, attempt: number) =>
  Effect.flatMap(UsageLedger, (ledger) =>
    Effect.map(ledger.accounts(id, attempt, [key]), ([found]) => {
      if (found === undefined) throw new Error("There is no account")
      return { spent: spentOf(found), committed: committedOf(found), own: found.open[holderOf(id, attempt)] }
    }),
  )

export const suite = (backend: string, place: StorePlace): void => {
  describe(`UsageLedger (${backend})`, () => {
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )
    charging(test)
    summing(test)
    budgeting(test)
  })
}

const charging = (test: Test): void => {
  test(
    "has an entry for an attempt from the start of its process on, with whom it is for, and unknown until it is told",
    Effect.gen(function* () {
      yield* append(one, queued({ actor: "ada", request: { account: "team", model: "m-1" } }), claimed())
      assert.deepStrictEqual(yield* entries, [])
      yield* append(one, started, session("s-1"))
      assert.deepStrictEqual(yield* entries, [
        {
          runId: one,
          attempt: 1,
          scope: { ...localScope, workspace: "/work" },
          provider: "fake",
          model: "m-1",
          sessionId: "s-1",
          account: "team",
          actor: "ada",
          initiator: "request",
          at: noon,
          charge: { tokens: noTokens, tokensAre: "unknown", costSource: "unknown" },
        },
      ])
      assert.strictEqual((yield* (yield* RunStore).get(one)).actor, "ada")
    }),
  )

  test(
    "takes readings for totals: the same one twice, and that of the end, are charged once",
    Effect.gen(function* () {
      yield* append(one, queued(), claimed(), started, session("s-1", "claude-opus-5-5"))
      yield* append(one, told({ usage: usageOf(10), cost: cost(300) }))
      yield* append(one, told({ usage: usageOf(10), cost: cost(300) }), told({ usage: usageOf(30), cost: cost(700) }))
      yield* append(one, ended(1, { usage: usageOf(30), cost: cost(700) }))
      const [entry] = yield* entries
      assert.deepStrictEqual(entry?.charge, {
        tokens: { ...noTokens, input: 100, output: 30 },
        tokensAre: "exact",
        money: NanoUsd.make(700),
        costSource: "vendor",
      })
      assert.strictEqual(entry?.model, "claude-opus-5-5")
    }),
  )

  test(
    "computes a cost that no vendor tells, and says with which table; without a price it is unknown, not zero",
    Effect.gen(function* () {
      yield* append(one, queued({ request: { model: "gpt-5.2" } }), claimed(), started, told({ usage: usageOf(10) }))
      yield* append(two, queued({ request: { model: "none" } }), claimed(), started, told({ usage: usageOf(10) }))
      const [second, first] = yield* entries
      assert.deepStrictEqual(
        [first?.charge.money, first?.charge.costSource, first?.charge.priceTable],
        [100 * 1_750 + 10 * 14_000, "price-table", "2026-11-27"],
      )
      assert.deepStrictEqual([second?.charge.money, second?.charge.costSource], [undefined, "unknown"])
    }),
  )

  test(
    "charges each attempt once, and a conversation that goes on not again",
    Effect.gen(function* () {
      yield* append(one, queued(), claimed(), started, session("s-1"))
      yield* append(one, told({ usage: usageOf(40, "session"), cost: cost(400, "session") }))
      yield* append(one, draft("run.retry_scheduled", { at: noon, error: errorInfo("CLI_CRASHED") }))
      const second = (event: EventDraft): EventDraft => ({ ...event, attempt: 2 })
      yield* append(one, second(claimed()), second(resuming("s-1")))
      yield* append(
        one,
        second(told({ usage: { ...usageOf(100, "session"), inputTokens: 150 }, cost: cost(1_000, "session") })),
      )
      yield* append(one, ended(2))
      // Another run goes on with it.
      yield* append(two, queued(), claimed(), resuming("s-1"))
      yield* append(
        two,
        told({ usage: { ...usageOf(101, "session"), inputTokens: 151 }, cost: cost(1_010, "session") }),
      )
      const found = yield* entries
      assert.deepStrictEqual(
        found.map(({ attempt, charge, initiator, runId }) => [
          runId,
          attempt,
          initiator,
          charge.tokens.output,
          charge.money,
        ]),
        [
          [two, 1, "request", 1, 10],
          [one, 2, "retry", 60, 600],
          [one, 1, "request", 40, 400],
        ],
      )
    }),
  )

  test(
    "says at least where a conversation goes on that nobody has metered",
    Effect.gen(function* () {
      yield* append(one, queued(), claimed(), resuming("s-9"))
      yield* append(one, told({ usage: usageOf(40, "session"), cost: cost(400, "session") }))
      yield* append(one, told({ usage: usageOf(50, "session"), cost: cost(500, "session") }))
      const [entry] = yield* entries
      assert.deepStrictEqual([entry?.charge.tokensAre, entry?.charge.tokens.output], ["at_least", 10])
      assert.strictEqual(entry?.charge.costSource, "unknown")
    }),
  )

  test(
    "says at least of an attempt that ends in the middle of a turn, and exactly of one whose turn ends",
    Effect.gen(function* () {
      yield* append(one, queued(), claimed(), started, told({ usage: usageOf(0), interim: true }))
      yield* append(one, draft("run.canceled", { by: "tester" }))
      yield* append(two, queued(), claimed(), started, told({ usage: usageOf(0), interim: true }))
      yield* append(two, told({ usage: usageOf(7), cost: cost(70) }), ended(1, { usage: usageOf(7), cost: cost(70) }))
      assert.deepStrictEqual(
        (yield* entries).map(({ charge }) => [charge.tokensAre, charge.tokens.output, charge.money]),
        [
          ["exact", 7, 70],
          ["at_least", 0, undefined],
        ],
      )
      assert.isUndefined((yield* (yield* RunStore).get(one)).usage)
    }),
  )

  test(
    "is written with the event that tells, or not at all",
    Effect.gen(function* () {
      yield* append(one, queued({ budget: planOf() }), claimed(planOf()), started, told({ cost: cost(300) }))
      const before = yield* entries
      // The whole append is refused: its last event cannot follow.
      const refused = yield* Effect.flip(append(one, told({ cost: cost(900) }), failed, message("after the end")))
      assert.strictEqual(refused.code, "STORE_CONFLICT")
      assert.deepStrictEqual(yield* entries, before)
      assert.deepStrictEqual(yield* account(one, 1), {
        spent: 300,
        committed: 300,
        own: { reserved: 0, used: 300, unknown: false },
      })
      const never = yield* Effect.flip(append(two, queued({ budget: planOf({ money: 100 }) }), started))
      assert.strictEqual(never.code, "STORE_CONFLICT")
      assert.strictEqual((yield* account(two, 0)).committed, 300)
    }),
  )
}

const summing = (test: Test): void => {
  const acme = { platform: "web", tenant: "acme", workspace: "site" }
  const fill = Effect.gen(function* () {
    const later = (event: EventDraft, at: number): EventDraft => ({ ...event, at })
    yield* append(one, queued({ actor: "ada" }), claimed(), started, told({ usage: usageOf(1), cost: cost(10) }))
    yield* append(two, queued({ actor: "bob", scope: acme }), claimed(), later(started, noon + 86_400_000))
    yield* append(two, told({ usage: usageOf(2), cost: cost(20) }))
    yield* append(three, queued({ actor: "ada" }), claimed(), later(started, noon + 90_000_000))
    yield* append(three, told({ usage: usageOf(4) }))
  })

  test(
    "sums by each field, with what vendors said apart from what is unknown",
    Effect.gen(function* () {
      yield* fill
      const ledger = yield* UsageLedger
      const byActor = yield* ledger.sums("actor", {})
      assert.deepStrictEqual(
        byActor.map(({ attempts, costUnknown, key: name, tokens, vendor }) => [
          name,
          attempts,
          tokens.output,
          vendor,
          costUnknown,
        ]),
        [
          ["ada", 2, 5, 10, 1],
          ["bob", 1, 2, 20, 0],
        ],
      )
      const keys = (by: Parameters<typeof ledger.sums>[0]) =>
        Effect.map(ledger.sums(by, {}), (sums) => sums.map((sum) => [sum.key, sum.attempts]))
      assert.deepStrictEqual(yield* keys("day"), [
        ["2023-11-14", 1],
        ["2023-11-15", 2],
      ])
      assert.deepStrictEqual(yield* keys("workspace"), [
        ["/work", 2],
        ["site", 1],
      ])
      assert.deepStrictEqual(yield* keys("run"), [
        [one, 1],
        [two, 1],
        [three, 1],
      ])
    }),
  )

  test(
    "sums to what the entries come to, by each field, of any filter and in any zone",
    Effect.gen(function* () {
      const hour = 3_600_000
      // Two days around the change of the clocks in Europe, a quarter of an hour and a bit apart.
      const begin = Date.UTC(2024, 2, 30, 12)
      for (let n = 1; n <= 60; n++) {
        const id = testRunId(n)
        const asked = {
          actor: `user-${n % 3}`,
          ...(n % 4 === 0 ? { scope: acme } : {}),
          request: n % 5 === 0 ? {} : { model: ["gpt-5.2", "none", "other"][n % 3] ?? "none" },
        }
        yield* append(id, queued(asked), claimed(), { ...started, at: begin + n * 0.7 * hour })
        if (n % 7 !== 0)
          yield* append(id, told({ usage: usageOf(n), ...(n % 2 === 0 ? { cost: cost(n * 1e9 + 1) } : {}) }))
      }
      const ledger = yield* UsageLedger
      const filters = [
        {},
        { since: begin + 10 * hour },
        { since: begin + 3 * hour + 1, until: begin + 30 * hour },
        { until: begin },
        { actor: "user-1" },
        { tenant: "acme", since: begin + 5 * hour },
        { run: testRunId(9) },
        { provider: "fake", workspace: "site" },
        { provider: "other" },
      ]
      for (const filter of filters) {
        const all = yield* ledger.entries(filter, 10_000)
        for (const by of LedgerGrouping.literals) {
          assert.deepStrictEqual(yield* ledger.sums(by, filter), summarize(all, by), JSON.stringify([by, filter]))
        }
        for (const zone of ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati", "nowhere"]) {
          assert.deepStrictEqual(yield* ledger.sums("day", filter, zone), summarize(all, "day", zone), zone)
        }
      }
      const [first, ...rest] = yield* ledger.sums("tenant", {})
      assert.isEmpty(rest.filter(({ key: name }) => name === first?.key))
      const whole = (yield* ledger.sums("tenant", {})).reduce((sum, { costUnknown }) => sum + costUnknown, 0)
      assert.isAbove(whole, 0, "what is not known is counted, and is no zero")
    }),
  )

  test(
    "filters by time and by each field, and gives the newest first, within a limit",
    Effect.gen(function* () {
      yield* fill
      const ledger = yield* UsageLedger
      const runs = (filter: Parameters<typeof ledger.entries>[0], limit?: number) =>
        Effect.map(ledger.entries(filter, limit), (found) => found.map(({ runId }) => runId))
      assert.deepStrictEqual(yield* runs({}), [three, two, one])
      assert.deepStrictEqual(yield* runs({}, 1), [three])
      assert.deepStrictEqual(yield* runs({ since: noon + 86_400_000 }), [three, two])
      assert.deepStrictEqual(yield* runs({ until: noon + 86_400_000 }), [one])
      assert.deepStrictEqual(yield* runs({ actor: "ada", since: noon + 1 }), [three])
      assert.deepStrictEqual(yield* runs({ tenant: "acme" }), [two])
      assert.deepStrictEqual(yield* runs({ tenant: "acme", platform: "web" }), [two])
      assert.deepStrictEqual(yield* runs({ tenant: "acme", platform: "local" }), [])
      assert.deepStrictEqual(yield* runs({ workspace: "/work" }), [three, one])
      assert.deepStrictEqual(yield* runs({ run: two, provider: "fake" }), [two])
      assert.deepStrictEqual(yield* runs({ provider: "other" }), [])
    }),
  )
}

const budgeting = (test: Test): void => {
  test(
    "refuses a run when too little is left, and then has nothing of it",
    Effect.gen(function* () {
      yield* append(one, queued({ budget: planOf({ money: 600 }) }))
      const refused = yield* Effect.flip(append(two, queued({ budget: planOf({ money: 600 }) })))
      assert.strictEqual(refused.code, "POLICY_BUDGET")
      assert.strictEqual((yield* Effect.flip((yield* RunStore).get(two))).code, "STORE_RUN_NOT_FOUND")
      yield* append(three, queued({ budget: planOf({ money: 400 }) }))
      assert.strictEqual((yield* account(three, 0)).committed, 1_000)
      assert.strictEqual((yield* Effect.flip(append(two, queued({ budget: planOf() })))).code, "POLICY_BUDGET")
    }),
  )

  test(
    "has what an attempt has used in a budget that comes to count for it, and settles it in one that does not any more",
    Effect.gen(function* () {
      const other = '["other"]'
      const joined = (keys: ReadonlyArray<string>, rule: Partial<BudgetRule> = {}): EventDraft =>
        draft("run.budgets_changed", {
          budget: {
            ...planOf({ money: 500 }, rule),
            lines: keys.map((each) => ({ rule: { ...money, ...rule }, key: each })),
          },
        })
      const sums = Effect.flatMap(UsageLedger, (ledger) =>
        Effect.map(ledger.accounts(two, 1, [key, other]), (found) =>
          found.map((each) => [spentOf(each), committedOf(each)]),
        ),
      )
      yield* append(one, queued(), claimed(planOf()), started, told({ cost: cost(300) }))
      yield* append(one, joined([key, other]))
      assert.deepStrictEqual(yield* sums, [
        [300, 300],
        [300, 500],
      ])
      // Told again it changes nothing, and a use that is told later counts in both.
      yield* append(one, joined([key, other]), told({ cost: cost(400) }))
      assert.deepStrictEqual(yield* sums, [
        [400, 400],
        [400, 500],
      ])
      yield* append(one, joined([other]), told({ cost: cost(600) }))
      assert.deepStrictEqual(yield* sums, [
        [400, 400],
        [600, 600],
      ])
      yield* append(one, draft("run.budgets_changed", {}))
      yield* append(one, told({ cost: cost(900) }), ended(1))
      assert.deepStrictEqual(yield* sums, [
        [400, 400],
        [600, 600],
      ])
      // Before its process is there it has used nothing.
      yield* append(two, queued(), claimed(), joined([key], { kind: "tokens" }))
      assert.deepStrictEqual((yield* account(two, 1)).own, { reserved: 0, used: 0, unknown: false })
    }),
  )

  test(
    "has the accounts of one budget, the newest first, and of no other whose name begins alike",
    Effect.gen(function* () {
      const keys = [
        '["day"]',
        '["day","acme","2026-01-01"]',
        '["day","acme","2026-01-02"]',
        '["day-2"]',
        '["da"]',
        '["day,"]',
      ]
      const lines = keys.map((each) => ({ rule: money, key: each }))
      yield* append(one, queued({ budget: { lines, estimate: { money: 7 }, priced: true } }))
      const books = yield* UsageLedger.use((ledger) => ledger.books("day"))
      assert.deepStrictEqual(books.map(({ key: of }) => of).toSorted(), keys.slice(0, 3).toSorted())
      const days = books.filter(({ key: of }) => of.includes("acme"))
      assert.deepStrictEqual(days[0], { key: '["day","acme","2026-01-02"]', spent: 0, committed: 7, unknown: 0 })
      assert.deepStrictEqual(yield* UsageLedger.use((ledger) => ledger.books("none")), [])
    }),
  )

  test(
    "forgets the days of a budget after two months, but not those in which somebody has a part, nor what is of no day",
    Effect.gen(function* () {
      const day = (at: number) => new Date(at).toISOString().slice(0, 10)
      const daily = { ...money, window: "day" } as const
      const ofDay = (at: number) => ({ rule: daily, key: JSON.stringify(["day", day(at)]) })
      const total = { rule: money, key: '["day","2020-01-01"]' }
      const later = (days: number) => noon + days * 24 * 60 * 60_000
      const keysNow = UsageLedger.use((ledger) =>
        Effect.map(ledger.books("day"), (books) => books.map(({ key: of }) => of).toSorted()),
      )
      const plan = (...lines: BudgetPlan["lines"]): BudgetPlan => ({ lines, estimate: {}, priced: true })
      const at = (draftOf: EventDraft, instant: number): EventDraft => ({ ...draftOf, at: instant })
      yield* append(
        one,
        queued({ budget: plan(ofDay(noon), total) }),
        draft("run.canceled", { by: "ann" }, { attempt: 0 }),
      )
      yield* append(two, at(queued({ budget: plan(ofDay(later(1))) }), later(1)))
      yield* append(three, at(queued({ budget: plan(ofDay(later(62))) }), later(62)))
      assert.lengthOf(yield* keysNow, 4)
      yield* append(testRunId(4), at(queued({ budget: plan(ofDay(later(70))) }), later(70)))
      assert.deepStrictEqual(
        yield* keysNow,
        [total.key, ofDay(later(1)).key, ofDay(later(62)).key, ofDay(later(70)).key].toSorted(),
      )
    }),
  )

  test(
    "admits of runs that come at once only as many as there is money for",
    Effect.gen(function* () {
      const ids = Array.from({ length: 20 }, (_, index) => testRunId(index + 1))
      const results = yield* Effect.forEach(
        ids,
        (id) => Effect.result(append(id, queued({ budget: planOf({ money: 300 }) }))),
        { concurrency: "unbounded" },
      )
      assert.lengthOf(
        results.filter(({ _tag }) => _tag === "Success"),
        3,
      )
    }),
  )

  test(
    "counts what is used as it is told, and frees the rest when the run ends",
    Effect.gen(function* () {
      yield* append(one, queued({ budget: planOf({ money: 600 }) }))
      yield* append(one, claimed(planOf({ money: 600 })), started)
      assert.deepStrictEqual(yield* account(one, 1), {
        spent: 0,
        committed: 600,
        own: { reserved: 600, used: 0, unknown: false },
      })
      yield* append(one, told({ cost: cost(200) }))
      assert.deepStrictEqual(yield* account(two, 0), { spent: 200, committed: 600, own: undefined })
      yield* append(one, ended(1, { cost: cost(250) }))
      assert.deepStrictEqual(yield* account(one, 1), { spent: 250, committed: 250, own: undefined })
    }),
  )

  test(
    "frees what was set aside for a run that never starts, or fails before it does",
    Effect.gen(function* () {
      yield* append(one, queued({ budget: planOf({ money: 600 }) }))
      yield* append(one, draft("run.canceled", { by: "tester" }, { attempt: 0 }))
      yield* append(two, queued({ budget: planOf({ money: 600 }) }), claimed(planOf({ money: 600 })), failed)
      assert.deepStrictEqual(yield* account(two, 1), { spent: 0, committed: 0, own: undefined })
    }),
  )

  test(
    "counts each attempt for itself, with what it used before a retry",
    Effect.gen(function* () {
      const plan = planOf({ money: 100 })
      yield* append(one, queued({ budget: plan }), claimed(plan), started, told({ cost: cost(30) }))
      yield* append(one, draft("run.retry_scheduled", { at: noon, error: errorInfo("CLI_CRASHED") }))
      assert.deepStrictEqual(yield* account(one, 2), { spent: 30, committed: 30, own: undefined })
      const second = (event: EventDraft): EventDraft => ({ ...event, attempt: 2 })
      yield* append(one, second(claimed(plan)), second(started), second(told({ cost: cost(50) })))
      assert.deepStrictEqual(yield* account(one, 2), {
        spent: 80,
        committed: 130,
        own: { reserved: 100, used: 50, unknown: false },
      })
    }),
  )

  test(
    "counts turns from their beginning, without calling a cost unknown that nobody could know yet",
    Effect.gen(function* () {
      const plan = planOf()
      const turns = planOf({}, { kind: "turns" })
      yield* append(one, queued({ budget: plan }), claimed(plan), started, draft("agent.turn_started", {}))
      assert.deepStrictEqual((yield* account(one, 1)).own, { reserved: 0, used: 0, unknown: false })
      yield* append(one, told({ usage: usageOf(5), interim: true }))
      assert.deepStrictEqual((yield* account(one, 1)).own, { reserved: 0, used: 0, unknown: false })
      yield* append(one, told({ usage: usageOf(5) }))
      assert.deepStrictEqual((yield* account(one, 1)).own, { reserved: 0, used: 0, unknown: true })
      yield* append(one, ended(1))
      yield* append(two, queued({ budget: turns }), claimed(turns), started)
      yield* append(two, draft("agent.turn_started", {}), draft("agent.turn_started", {}))
      assert.strictEqual((yield* account(two, 1)).own?.used, 2)
    }),
  )
}
