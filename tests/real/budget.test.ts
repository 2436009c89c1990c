/** Budgets with the real CLIs and a model that goes on for ever, and what the ledger says beside the CLI's own figures. */
import { assert, describe, it } from "@effect/vitest"
import { joinSource } from "@runyard/core"
import { type LedgerEntry, type RunEvent, RunyardError } from "runyard"
import { say, shell } from "../fake-model/Script.ts"
import { cases, type Cli, nameOf } from "./Clis.ts"
import { onStage } from "./Stage.ts"

const tokens = { input: 1_000, output: 200 }
const endless = () => shell("true", { usage: tokens })

const isClaude = ({ provider }: Cli): boolean => provider === "claude"

interface Bill {
  readonly inputTokens: number
  readonly outputTokens: number
}
/** The result as Claude Code wrote it. */
interface Result {
  readonly total_cost_usd: number
  readonly modelUsage: Readonly<Record<string, Bill>>
}

const resultOf = (event: RunEvent | undefined): Result => {
  const lines = event?.source === undefined ? "" : joinSource(event.source, event.payload)
  return JSON.parse(lines) as Result
}
/** The event that has the line of a result is its first. */
const resultsIn = (log: ReadonlyArray<RunEvent>): ReadonlyArray<Result> =>
  log.filter(({ source }) => JSON.stringify(source ?? "").includes("total_cost_usd")).map(resultOf)

const sum = (values: ReadonlyArray<number>): number => values.reduce((one, other) => one + other, 0)
const nano = (usd: number): number => Math.round(usd * 1e9)
const moneyOf = ({ charge }: LedgerEntry): number => charge.money ?? Number.NaN

describe.each(cases(isClaude))("$name", ({ cli }) => {
  it("is stopped within one usage event when it goes on for ever, and the ledger has the CLI's own figures", () =>
    onStage(cli, { script: endless }, async ({ start, yard }) => {
      const followed = await start({ budget: { maxCostUsd: 0.01 } })
      const run = await followed.ended()
      assert.strictEqual(run.state, "failed")
      assert.deepStrictEqual([run.error?.code, run.error?.class], ["POLICY_BUDGET", "policy"])
      assert.lengthOf(
        followed.all("run.usage").filter(({ payload }) => payload.cost !== undefined),
        1,
      )
      const [result, ...others] = resultsIn(followed.log)
      assert.isEmpty(others)
      const [entry] = await yard.ledger()
      if (entry === undefined) throw new Error("The ledger has no entry")
      assert.strictEqual(entry.charge.costSource, "vendor")
      assert.strictEqual(entry.charge.money, nano(result?.total_cost_usd ?? 0))
      assert.isAbove(entry.charge.money ?? 0, nano(0.01))
      const bills = Object.values(result?.modelUsage ?? {})
      assert.strictEqual(entry.charge.tokens.input, sum(bills.map(({ inputTokens }) => inputTokens)))
      assert.strictEqual(entry.charge.tokens.output, sum(bills.map(({ outputTokens }) => outputTokens)))
      assert.strictEqual(entry.charge.tokensAre, "exact")
    }))

  it("is stopped in the middle of its turn when it has read more tokens than it may", () =>
    onStage(cli, { script: () => shell("sleep 0.5", { usage: tokens }) }, async ({ start, yard }) => {
      const followed = await start({ budget: { maxTokens: 2_500 } })
      const run = await followed.ended()
      assert.deepStrictEqual([run.state, run.error?.code], ["failed", "POLICY_BUDGET"])
      // A request is one usage event: the third one passes the limit, and no fourth one is made.
      const interim = followed.all("run.usage").filter(({ payload }) => payload.interim === true)
      assert.deepStrictEqual(
        interim.map(({ payload }) => payload.usage?.inputTokens),
        [1_000, 2_000, 3_000],
      )
      const [entry] = await yard.ledger()
      assert.isAtLeast(entry?.charge.tokens.input ?? 0, 3_000)
    }))

  it("is not charged again for what its conversation cost before, and has its whole budget left", () => {
    let requests = 0
    const script = () => (requests++ === 0 ? say("Begun.", { usage: tokens }) : endless())
    return onStage(cli, { script }, async ({ start, yard }) => {
      const first = await (await start()).ended()
      const followed = await start({
        budget: { maxCostUsd: 0.01 },
        session: { kind: "resume", id: first.sessionId ?? "" },
      })
      assert.strictEqual((await followed.ended()).error?.code, "POLICY_BUDGET")
      const [second, before] = await yard.ledger()
      if (second === undefined || before === undefined) throw new Error("The ledger has no two entries")
      const told = nano(resultsIn(followed.log)[0]?.total_cost_usd ?? 0)
      const counts = nameOf(cli) === "claude-2.1.329" ? moneyOf(before) + moneyOf(second) : moneyOf(second)
      assert.strictEqual(counts, told)
      assert.isAbove(moneyOf(second), nano(0.01))
      assert.strictEqual(second.charge.tokensAre, "exact")
      const [day] = await yard.usage("provider")
      assert.strictEqual(day?.vendor, moneyOf(before) + moneyOf(second))
    })
  })
})

describe.each(cases((cli) => !isClaude(cli)))("$name", ({ cli }) => {
  const isPriced = nameOf(cli) !== "codex-0.169.0"

  it("tells its tokens when its turn is over: the result counts, and the shared budget is used up for the next", () =>
    onStage(
      cli,
      {
        script: [say("Done.", { usage: { ...tokens, cached: 300 } })],
        budgets: [{ id: "tokens", scope: "all", kind: "tokens", limit: 1_000, window: "day", unknown: "allow" }],
      },
      async ({ start, yard }) => {
        const followed = await start(isPriced ? { model: "gpt-5.2" } : {})
        assert.strictEqual((await followed.ended()).state, "succeeded")
        assert.deepStrictEqual(
          followed.all("policy.applied").map(({ payload }) => [payload.policy, payload.decision]),
          [["budget", "overdrawn"]],
        )
        const [entry] = await yard.ledger()
        assert.deepStrictEqual(entry?.charge.tokens, {
          input: 1_000,
          cacheRead: 300,
          cacheWrite: 0,
          output: 200,
          unsplit: 0,
        })
        // By list price, in nano-dollars; a model without a price has an unknown cost, not none.
        assert.strictEqual(entry?.charge.costSource, isPriced ? "price-table" : "unknown")
        const listed: number | undefined = isPriced ? 1_000 * 1_750 + 300 * 175 + 200 * 14_000 : undefined
        assert.strictEqual(entry?.charge.money, listed)
        const refused = await start().then(
          () => undefined,
          (error: unknown) => error,
        )
        assert.instanceOf(refused, RunyardError)
        assert.strictEqual(refused.code, "POLICY_BUDGET")
      },
    ))
})
