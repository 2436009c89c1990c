import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import type { Adapter } from "../src/Adapter.ts"
import { effectivePolicy } from "../src/EffectivePolicy.ts"
import { judgeArgs } from "../src/internal/judgeArgs.ts"
import { decideUse, type FlagRules, readCommandLine } from "../src/Policy.ts"
import type { PolicyRules } from "../src/PolicyRules.ts"
import { defaultTimeLimits } from "../src/TimeLimits.ts"
import { fakeAdapter } from "../src/testing/FakeAdapter.ts"
import { oneHost, quick, request, types } from "./hosts.ts"

const rules: FlagRules = {
  "--model": { decision: "allowed", reason: "model", value: { kind: "text" } },
  "--mode": {
    decision: "allowed",
    reason: "mode",
    value: { kind: "word", words: ["a", "b"] },
    advancedValues: /^all$/,
  },
  "--turns": { decision: "allowed", reason: "turns", value: { kind: "integer", minimum: 1, maximum: 9 } },
  "--alone": { decision: "allowed", reason: "it is" },
  "--danger": { decision: "advanced", reason: "it is" },
  "--never": { decision: "denied", reason: "no" },
}
const isCommand = (words: ReadonlyArray<string>): boolean => words.every((word) => word === "run" || word === "-")

const outcome = (args: ReadonlyArray<string>, allowDangerous = false, documents: ReadonlyArray<PolicyRules> = []) => {
  const layers = documents.map((document) => ({ source: "the project", document }))
  const policy = effectivePolicy(
    { provider: "codex" },
    { limits: defaultTimeLimits, allowDangerous, promptSecrets: "block" },
    layers,
  )
  const judged = judgeArgs(policy, { flags: rules, words: isCommand }, args)
  return Result.isFailure(judged) ? judged.failure.code : judged.success.join(" ")
}

describe("judgeArgs", () => {
  it("lets through what is allowed, with the values that it may have", () => {
    for (const args of [
      [],
      ["run", "-"],
      ["--model", "x"],
      ["--model=--danger"],
      ["--model="],
      ["--mode=a"],
      ["--mode", "b", "-"],
      ["--turns=9", "--alone"],
      ["run", "--turns", "1", "--model=-h"],
      ["--", "run"],
    ]) {
      assert.strictEqual(outcome(args), "", args.join(" "))
    }
  })

  it("refuses what is denied or unknown, also where advanced flags are allowed", () => {
    for (const args of [
      ["--never"],
      ["--never=1"],
      ["--what"],
      ["-x"],
      ["-h"],
      ["\u2014help"],
      ["--mode=c"],
      ["--mode", "c"],
      ["--Model=x"],
      ["--constructor"],
      ["--__proto__=x"],
    ]) {
      assert.strictEqual(outcome(args), "POLICY_NOT_ALLOWED", args.join(" "))
      assert.strictEqual(outcome(args, true), "POLICY_NOT_ALLOWED", args.join(" "))
    }
  })

  it("refuses values that are not there, that are too many, or that could be taken for a flag", () => {
    for (const args of [
      ["--model"],
      ["--model", "-h"],
      ["--model", "--alone"],
      ["--turns"],
      ["--turns", "--", "3"],
      ["--turns=0"],
      ["--turns=10"],
      ["--turns=1e0"],
      ["--turns=+1"],
      ["--turns= 1"],
      ["--alone=yes"],
      ["--danger=no"],
      ["--model=\0"],
    ]) {
      assert.strictEqual(outcome(args, true), "POLICY_NOT_ALLOWED", args.join(" "))
    }
  })

  it("refuses words that are no flag where the adapter has none", () => {
    for (const args of [["help"], ["--alone", "yes"], ["--", "--never"], ["run", "\0"], ["@file"]]) {
      assert.strictEqual(outcome(args, true), "POLICY_NOT_ALLOWED", args.join(" "))
    }
  })

  it("lets advanced flags and values through for hosts that allow them, and names each once", () => {
    assert.strictEqual(outcome(["--danger"]), "POLICY_DANGEROUS")
    assert.strictEqual(outcome(["--mode=all"]), "POLICY_DANGEROUS")
    assert.strictEqual(outcome(["--danger", "--danger", "--mode", "all"], true), "--danger --mode=all")
  })

  it("refuses what a policy denies for this provider", () => {
    assert.strictEqual(outcome(["--model=x"], false, [{ deniedFlags: { codex: ["--model"] } }]), "POLICY_NOT_ALLOWED")
    assert.strictEqual(outcome(["--model=x"], false, [{ deniedFlags: { claude: ["--model"] } }]), "")
    assert.strictEqual(outcome(["--model=--alone"], false, [{ deniedFlags: { codex: ["--alone"] } }]), "")
    assert.strictEqual(outcome(["--danger"], true, [{ deniedFlags: { codex: ["--danger"] } }]), "POLICY_NOT_ALLOWED")
    assert.strictEqual(outcome(["--danger"], true, [{ advanced: "deny" }]), "POLICY_DANGEROUS")
  })

  it.prop("never takes a flag for something else", { flag: Schema.String, value: Schema.String }, ({ flag, value }) => {
    const name = `--${flag.replaceAll("=", "")}`
    if (name === "--") return
    assert.deepStrictEqual(readCommandLine(rules, [`${name}=${value}`]).flags, [{ flag: name, value }])
    assert.strictEqual(readCommandLine(rules, ["run", name]).flags[0]?.flag, name)
    if (!Object.hasOwn(rules, name)) assert.strictEqual(decideUse(rules, { flag: name, value }).decision, "denied")
  })

  it.prop(
    "reads each argument once: as a flag, as the value of one, or as a word",
    { args: Schema.Array(Schema.Literals(["--model", "--alone", "--turns=3", "--what", "-", "-h", "x", "run", ""])) },
    ({ args }) => {
      const { flags, words } = readCommandLine(rules, args)
      const read = flags.flatMap(({ flag, value }) =>
        value === undefined ? [flag] : flag === "--turns" ? [`${flag}=${value}`] : [flag, value],
      )
      assert.deepStrictEqual([...read, ...words].toSorted(), args.toSorted())
    },
  )
})

describe("A run", () => {
  const adapter = (arg: string): Adapter => ({
    ...fakeAdapter,
    flags: rules,
    words: isCommand,
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
      // A policy takes back what the host allows.
      const refused = yield* Effect.flip(yard.submit({ ...request, policy: { advanced: "deny" } }))
      assert.strictEqual(refused.code, "POLICY_DANGEROUS")
      assert.include(refused.message, "the request does not allow that")
      const asked = { ...request, permissionMode: "bypassPermissions", policy: { advanced: "deny" } }
      const mode = yield* Effect.flip(yard.submit(asked))
      assert.deepStrictEqual([mode.code, mode.detail["source"]], ["POLICY_DANGEROUS", "the request"])
      assert.strictEqual(mode.remedy, "Leave it out, or change that policy.")
    }),
  )
})
