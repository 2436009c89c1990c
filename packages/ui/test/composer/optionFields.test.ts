import { assert, describe, it } from "@effect/vitest"
import { claudeFlags } from "../../../adapters-claude/src/ClaudeFlags.ts"
import type { Policy } from "../../src/api/types.ts"
import { type OptionField, optionFields, optionLabel, optionValue } from "../../src/composer/optionFields.ts"
import { policies } from "../support/mockData.ts"

/** The flags of an adapter as a policy tells them, where nobody narrows anything. */
const told = (rules: typeof claudeFlags): Policy => {
  const [policy] = policies
  if (policy === undefined) throw new Error("There is no policy")
  const flags = Object.entries(rules).map(([flag, { decision, reason }]) => ({
    flag,
    decision,
    reason,
    source: "built in",
  }))
  return { ...policy, flags }
}

const field = (name: string): OptionField => {
  const found = optionFields(policies[0]).find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no option ${name}`)
  return found
}

describe("optionFields", () => {
  it("finds every option of Claude Code in its flags", () => {
    assert.deepStrictEqual(
      optionFields(told(claudeFlags)).map(({ name }) => name),
      [
        "allowedTools",
        "appendSystemPrompt",
        "disallowedTools",
        "format",
        "maxBudgetUsd",
        "maxTurns",
        "partialMessages",
      ],
    )
  })

  it("offers no flag that is denied or advanced, and none without a policy", () => {
    const [policy] = policies
    if (policy === undefined) throw new Error("There is no policy")
    const narrowed = { ...policy, flags: policy.flags.map((flag) => ({ ...flag, decision: "denied" as const })) }
    assert.deepStrictEqual([...optionFields(narrowed), ...optionFields(undefined)], [])
  })

  it("gives a value the type that the option has", () => {
    assert.strictEqual(optionValue(field("maxTurns"), "12"), 12)
    assert.strictEqual(optionValue(field("maxBudgetUsd"), "0.5"), 0.5)
    assert.strictEqual(optionValue(field("partialMessages"), "false"), false)
    assert.strictEqual(optionValue(field("appendSystemPrompt"), "12"), "12")
    assert.deepStrictEqual(optionValue(field("allowedTools"), " Read \n\nBash(git log:*)\n"), [
      "Read",
      "Bash(git log:*)",
    ])
  })

  it("leaves out what was not typed, and lets the server judge what is no number", () => {
    assert.strictEqual(optionValue(field("maxTurns"), "  "), undefined)
    assert.strictEqual(optionValue(field("maxTurns"), "many"), "many")
  })

  it("names an option in words", () => {
    assert.deepStrictEqual(["appendSystemPrompt", "maxBudgetUsd", "format"].map(optionLabel), [
      "Append system prompt",
      "Max budget, US dollars",
      "Format",
    ])
  })
})
