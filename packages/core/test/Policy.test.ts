import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import type { Adapter } from "../src/Adapter.ts"
import { decideFlag, type FlagRules, flagsIn, judgeArgs } from "../src/Policy.ts"
import { fakeAdapter } from "../src/testing/FakeAdapter.ts"
import * as Result from "effect/Result"
import { oneHost, quick, request, types } from "./hosts.ts"

const rules: FlagRules = {
  "--model": { decision: "allowed", reason: "model" },
  "--mode": { decision: "allowed", reason: "mode", values: ["a", "b"], advancedValues: /^all$/ },
  "--danger": { decision: "advanced", reason: "it is" },
  "--never": { decision: "denied", reason: "no" },
}
const outcome = (args: ReadonlyArray<string>, advanced = false) => {
  const judged = judgeArgs(rules, args, advanced)
  return "refused" in judged ? judged.refused.code : judged.advanced.join(" ")
}

describe("judgeArgs", () => {
  it("lets through what is allowed, with the values that it may have", () => {
    for (const args of [[], ["run", "-"], ["--model", "x"], ["--model=--danger"], ["--mode=a"], ["--mode", "b", "c"]]) {
      assert.strictEqual(outcome(args), "", args.join(" "))
    }
    assert.strictEqual(outcome(["--", "--never", "--danger"]), "")
  })

  it("refuses what is denied or unknown, also where advanced flags are allowed", () => {
    for (const args of [["--never"], ["--never=1"], ["--what"], ["-x"], ["--mode=c"], ["--mode", "c"], ["--Model=x"]]) {
      assert.strictEqual(outcome(args), "POLICY_NOT_ALLOWED", args.join(" "))
      assert.strictEqual(outcome(args, true), "POLICY_NOT_ALLOWED", args.join(" "))
    }
  })

  it("lets advanced flags and values through for hosts that allow them, and names each once", () => {
    assert.strictEqual(outcome(["--danger"]), "POLICY_DANGEROUS")
    assert.strictEqual(outcome(["--mode=all"]), "POLICY_DANGEROUS")
    assert.strictEqual(outcome(["--danger", "--danger=2", "--mode", "all"], true), "--danger --mode")
  })

  it.prop("never takes a flag for something else", { flag: Schema.String, value: Schema.String }, ({ flag, value }) => {
    const name = `--${flag.replaceAll("=", "")}`
    if (name === "--") return
    assert.strictEqual(flagsIn([`${name}=${value}`])[0]?.flag, name)
    assert.strictEqual(flagsIn(["run", name])[0]?.flag, name)
    if (!Object.hasOwn(rules, name)) assert.strictEqual(decideFlag(rules, name, value).decision, "denied")
  })
})

describe("A run", () => {
  const adapter = (arg: string): Adapter => ({
    ...fakeAdapter,
    flags: rules,
    prepare: (asked, context) =>
      Result.map(fakeAdapter.prepare(asked, context), (invocation) => ({ ...invocation, args: ["run", arg] })),
  })

  it.effect("is refused whose adapter builds a flag that nobody has decided about", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ adapter: adapter("--unheard-of") })
      assert.strictEqual((yield* Effect.flip(yard.submit(request))).code, "POLICY_NOT_ALLOWED")
      const dangerous = yield* oneHost({ adapter: adapter("--danger") })
      assert.strictEqual((yield* Effect.flip(dangerous.yard.submit(request))).code, "POLICY_DANGEROUS")
      assert.deepStrictEqual(yield* yard.list(), [])
    }),
  )

  it.effect("says in its log which advanced flags it uses, where the host allows them", () =>
    Effect.gen(function* () {
      const world = { adapter: adapter("--danger"), settings: { allowDangerous: true }, script: quick }
      const { logOf, yard } = yield* oneHost(world)
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("5 seconds")
      const log = yield* logOf(id)
      assert.deepStrictEqual(types(log).slice(0, 4), ["run.queued", "queue.claimed", "policy.applied", "run.started"])
      const applied = log.find(({ type }) => type === "policy.applied")
      assert.deepStrictEqual(applied?.payload, {
        policy: "advanced",
        decision: "--danger is used: this host allows it",
      })
    }),
  )
})
