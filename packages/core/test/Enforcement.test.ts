import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import type { Adapter } from "../src/Adapter.ts"
import type { Enforcements } from "../src/CliRules.ts"
import type { PolicyRules } from "../src/PolicyRules.ts"
import { fakeAdapter } from "../src/testing/FakeAdapter.ts"
import { oneHost, quick, request } from "./hosts.ts"

const kept = { enforced: "cli", note: "It does", flags: ["--max-turns"] } as const
const not = { enforced: "not enforced", note: "It cannot" } as const
const enforcements: Enforcements = {
  maxTurns: kept,
  maxCostUsd: not,
  allowedTools: not,
  deniedTools: not,
  network: not,
}

/** Keeps one rule, by one flag; unless it forgets it. */
const adapter = (forgets = false): Adapter => ({
  ...fakeAdapter,
  flags: {
    "--max-turns": { decision: "allowed", reason: "turns", value: { kind: "integer", minimum: 1, maximum: 99 } },
  },
  enforces: () => enforcements,
  prepare: (asked, context) =>
    Result.map(fakeAdapter.prepare(asked, context), (invocation) => {
      const turns = context.policy.rules?.maxTurns?.value
      const own = turns === undefined || forgets ? [] : [`--max-turns=${turns}`]
      return { ...invocation, args: ["run", ...own] }
    }),
})

const layer = (document: PolicyRules) => ({ source: "the project (file)", document })

describe("A rule that only the CLI can keep", () => {
  it.effect("refuses the run where it cannot, and says which rule, whose, and why", () =>
    Effect.gen(function* () {
      for (const rules of [
        { maxCostUsd: 1 },
        { network: "deny" },
        { allowedTools: [] },
        { deniedTools: ["Bash"] },
      ] satisfies ReadonlyArray<PolicyRules>) {
        const { yard } = yield* oneHost({ adapter: adapter(), settings: { policies: [layer(rules)] } })
        const error = yield* Effect.flip(yard.submit(request))
        assert.strictEqual(error.code, "POLICY_NOT_ENFORCED")
        const [rule = ""] = Object.keys(rules)
        assert.deepStrictEqual(error.detail, { rule, source: "the project (file)" })
        assert.include(error.message, "It cannot")
        assert.deepStrictEqual(yield* yard.list(), [])
      }
    }),
  )

  it.effect("refuses it for an adapter that does not speak of rules at all", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ settings: { policies: [layer({ maxTurns: 1 })] } })
      assert.strictEqual((yield* Effect.flip(yard.submit(request))).code, "POLICY_NOT_ENFORCED")
    }),
  )

  it.effect("asks nothing of it where it takes nothing away", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({})
      const run = yield* yard.submit({ ...request, policy: { network: "allow", deniedTools: [] } })
      assert.strictEqual(run.state, "queued")
    }),
  )

  it.effect(
    "lets it go on where its own policy says so, and tells it in the log; another's policy does not say it for it",
    () =>
      Effect.gen(function* () {
        const world = { adapter: adapter(), script: quick }
        const { logOf, yard } = yield* oneHost(world)
        const { id } = yield* yard.submit({ ...request, policy: { maxCostUsd: 1, maxTurns: 5, unenforced: "warn" } })
        yield* TestClock.adjust("5 seconds")
        const log = yield* logOf(id)
        const applied = log.flatMap((event) => (event.type === "policy.applied" ? [event.payload] : []))
        assert.deepStrictEqual(applied, [
          { policy: "maxCostUsd", decision: "not enforced", message: "The rule of the request is not kept: It cannot" },
        ])
        const started = log.find((event) => event.type === "run.started")
        assert.deepStrictEqual(started?.payload.args, ["run", "--max-turns=5"])

        const strict = yield* oneHost({ ...world, settings: { policies: [layer({ network: "deny" })] } })
        const error = yield* Effect.flip(strict.yard.submit({ ...request, policy: { unenforced: "warn" } }))
        assert.strictEqual(error.code, "POLICY_NOT_ENFORCED")
      }),
  )

  it.effect("is looked for on the command line, so that an adapter cannot forget it", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ adapter: adapter(true) })
      const error = yield* Effect.flip(yard.submit({ ...request, policy: { maxTurns: 5 } }))
      assert.strictEqual(error.code, "INTERNAL_DEFECT")
      assert.strictEqual((yield* yard.submit(request)).state, "queued")
    }),
  )
})
