import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  accountKey,
  type BudgetLine,
  type BudgetRule,
  close,
  type Consumption,
  remaining,
  reserve,
  settle,
} from "../src/Budget.ts"
import { BudgetAccount, committedOf, emptyAccount, hold, release, spentOf, use } from "../src/BudgetAccount.ts"
import { fromUsd, NanoUsd } from "../src/Money.ts"
import { noTokens } from "../src/TokenCount.ts"

const rule = (fields: Partial<BudgetRule> = {}): BudgetRule => ({
  id: "b",
  scope: "run",
  kind: "money",
  limit: 10_000_000,
  window: "total",
  unknown: "allow",
  ...fields,
})
const line = (fields: Partial<BudgetRule> = {}, account: BudgetAccount = emptyAccount): BudgetLine => ({
  rule: rule(fields),
  key: "k",
  account,
})
const spent = (usd: number | undefined, tokens = 0, turns = 0, wallMillis = 0): Consumption => {
  const money = usd === undefined ? undefined : fromUsd(usd)
  return {
    charge: {
      tokens: { ...noTokens, input: tokens },
      tokensAre: "exact",
      costSource: money === undefined ? "unknown" : "vendor",
      ...(money === undefined ? {} : { money }),
    },
    turns,
    wallMillis,
  }
}
const admitted = (lines: ReadonlyArray<BudgetLine>, holder = "r/1") =>
  Result.getOrThrow(reserve(lines, holder, {}, true))

describe("Budget", () => {
  const subjects = { run: "run_1", profile: "ci", workspace: "w", tenant: "t" }

  it("has an account for each of those that share it, and each day", () => {
    const at = Date.parse("2026-11-27T23:30:00Z")
    const key = (fields: Partial<BudgetRule>) => accountKey(rule(fields), subjects, at)
    assert.strictEqual(key({}), '["b","run_1"]')
    assert.strictEqual(key({ scope: "workspace" }), '["b","t","w"]')
    assert.strictEqual(key({ scope: "all", window: "day" }), '["b","2026-11-27"]')
    assert.strictEqual(key({ scope: "all", window: "day", timeZone: "Europe/Berlin" }), '["b","2026-11-28"]')
    assert.strictEqual(key({ scope: "tenant", subject: "t" }), '["b","t"]')
    assert.isUndefined(key({ scope: "tenant", subject: "other" }))
    assert.isUndefined(accountKey(rule({ scope: "profile" }), { run: "r", workspace: "w", tenant: "t" }, at))
  })

  it("stops a run at the usage event that is above its limit, and not before", () => {
    let lines = admitted([line()])
    for (const usd of [0.004, 0.008, 0.01]) {
      const next = settle(lines, "r/1", spent(usd))
      assert.isUndefined(next.breach, String(usd))
      lines = next.lines
    }
    const { breach } = settle(lines, "r/1", spent(0.0101))
    assert.strictEqual(breach?.code, "POLICY_BUDGET")
    assert.strictEqual(breach?.message, 'The budget "b" is used up: 0.0101 $ of 0.01 $')
    assert.deepInclude(breach?.detail, { budget: "b", kind: "money", limit: 10_000_000, spent: 10_100_000 })
  })

  it("counts tokens, turns and time as well", () => {
    const over: ReadonlyArray<readonly [Partial<BudgetRule>, Consumption]> = [
      [{ kind: "tokens", limit: 100 }, spent(undefined, 101)],
      [{ kind: "turns", limit: 3 }, spent(undefined, 0, 4)],
      [{ kind: "wall", limit: 60_000 }, spent(undefined, 0, 0, 60_001)],
    ]
    for (const [fields, consumption] of over) {
      assert.strictEqual(
        settle(admitted([line(fields)]), "r/1", consumption).breach?.code,
        "POLICY_BUDGET",
        fields.kind,
      )
    }
  })

  it("says what it does not know, and stops for that only when asked to", () => {
    const open = settle(admitted([line()]), "r/1", spent(undefined, 500))
    assert.isUndefined(open.breach)
    assert.strictEqual(close(open.lines, "r/1")[0]?.account.unknown, 1)
    const strict = settle(admitted([line({ unknown: "stop" })]), "r/1", spent(undefined, 500))
    assert.strictEqual(strict.breach?.code, "POLICY_BUDGET_UNKNOWN")
    const refused = reserve([line({ unknown: "stop" })], "r/1", {}, false)
    assert.isTrue(Result.isFailure(refused) && refused.failure.code === "POLICY_BUDGET_UNKNOWN")
    // A budget in tokens beside it still counts what is known.
    const both = admitted([line(), line({ id: "t", kind: "tokens", limit: 400 })])
    assert.strictEqual(settle(both, "r/1", spent(undefined, 500)).breach?.detail["budget"], "t")
  })

  it("sets aside in all accounts or in none", () => {
    const lines = [line(), line({ id: "tight", limit: 5 })]
    const refused = reserve(lines, "r/1", { money: 6 }, true)
    assert.isTrue(Result.isFailure(refused) && refused.failure.detail["budget"] === "tight")
    const taken = Result.getOrThrow(reserve(lines, "r/1", { money: 5 }, true))
    assert.deepStrictEqual(
      taken.map(({ account }) => committedOf(account)),
      [5, 5],
    )
    assert.isTrue(Result.isFailure(reserve(taken, "r/2", {}, true)))
    assert.deepStrictEqual(Result.getOrThrow(reserve(taken, "r/1", { money: 5 }, true)), taken)
  })

  it("gives each attempt what others have left, for the CLI's own caps", () => {
    const account = use(hold(hold(emptyAccount, "a", 40), "b", 30), "b", { amount: 10, whole: true })
    const lines = [line({ limit: 100 }, account), line({ limit: 65 }, account), line({ kind: "turns", limit: 9 })]
    assert.deepStrictEqual(remaining(lines, "b"), { money: 15, turns: 9 })
  })

  const action = Schema.Struct({
    what: Schema.Literals(["reserve", "use", "again", "unknown", "close"]),
    who: Schema.Literals(["a", "b", "c", "d"]),
    amount: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 })),
  })
  const roundTrip = Schema.decodeUnknownSync(Schema.fromJsonString(BudgetAccount))

  it.prop(
    "charges every attempt once, never promises more than there is, and stops at the first event beyond it",
    {
      actions: Schema.Array(action).check(Schema.isMaxLength(120)),
      limit: Schema.Natural.check(Schema.isLessThan(300)),
    },
    ({ actions, limit }) => {
      let lines: ReadonlyArray<BudgetLine> = [line({ limit })]
      const account = () => lines[0]?.account ?? emptyAccount
      const open = new Map<string, number>()
      let settled = 0
      for (const { amount, what, who } of actions) {
        if (what === "reserve") {
          const before = committedOf(account())
          const result = reserve(lines, who, { money: amount }, true)
          if (open.has(who)) assert.deepStrictEqual(Result.getOrThrow(result), lines)
          else assert.strictEqual(Result.isSuccess(result), before < limit && before + amount <= limit)
          if (Result.isSuccess(result)) {
            lines = result.success
            if (!open.has(who)) open.set(who, 0)
            if (before <= limit) assert.isAtMost(committedOf(account()), limit)
          }
        } else if (what === "close") {
          settled += open.get(who) ?? 0
          open.delete(who)
          lines = close(close(lines, who), who)
        } else {
          const used = (open.get(who) ?? 0) + (what === "use" ? amount : 0)
          if (open.has(who)) open.set(who, used)
          const consumption = spent(undefined)
          const { breach, lines: next } = settle(lines, who, {
            ...consumption,
            charge: { ...consumption.charge, money: NanoUsd.make(used), costSource: "vendor" },
          })
          const sum = [...open.values()].reduce((a, b) => a + b, settled)
          assert.strictEqual(breach !== undefined, sum > limit)
          lines = next
        }
        assert.strictEqual(
          spentOf(account()),
          [...open.values()].reduce((a, b) => a + b, settled),
        )
        assert.isAtLeast(committedOf(account()), spentOf(account()))
        assert.deepStrictEqual(Object.keys(account().open).toSorted(), [...open.keys()].toSorted())
        assert.deepStrictEqual(roundTrip(JSON.stringify(account())), account())
      }
    },
  )

  it("is not fooled by a holder that is called like a property of every object", () => {
    assert.deepStrictEqual(release(emptyAccount, "constructor"), emptyAccount)
    assert.strictEqual(committedOf(hold(emptyAccount, "toString", 7)), 7)
  })
})
