import { assert, describe, it } from "@effect/vitest"
import type { CliRules, RunRequest } from "@runyard/core"
import * as Result from "effect/Result"
import { claudeAdapter } from "../src/ClaudeAdapter.ts"
import { enforces } from "../src/ClaudePolicy.ts"

const source = "the project (file)"
const rule = <A>(value: A) => ({ value, source })
const profile = claudeAdapter.version.assess("2.1.329")

const lineOf = (rules: Partial<CliRules>, options: RunRequest["options"] = {}) => {
  const request = { provider: "claude", prompt: "p", cwd: "/w", options }
  const policy = { allowDangerous: false, configKeys: [], rules: { deniedTools: [], ...rules } }
  const prepared = claudeAdapter.prepare(request, { profile, scratch: "/s", repository: true, policy })
  if (Result.isFailure(prepared)) return `${prepared.failure.code}: ${prepared.failure.message}`
  return prepared.success.args.slice(7).join(" ")
}

describe("A policy on the command line of Claude Code", () => {
  it("limits turns and money: where nothing is asked, and where less is", () => {
    assert.strictEqual(lineOf({ maxTurns: rule(3) }), "--max-turns 3")
    assert.strictEqual(lineOf({ maxTurns: rule(3) }, { maxTurns: 2 }), "--max-turns 2")
    assert.strictEqual(
      lineOf({ maxTurns: rule(3) }, { maxTurns: 4 }),
      `POLICY_NOT_ALLOWED: The policy of ${source} does not allow more than 3 turns`,
    )
    assert.strictEqual(lineOf({ maxCostUsd: rule(0.5) }), "--max-budget-usd 0.5")
    assert.strictEqual(lineOf({ maxCostUsd: rule(0.5) }, { maxBudgetUsd: 0.25 }), "--max-budget-usd 0.25")
    assert.strictEqual(
      lineOf({ maxCostUsd: rule(0.5) }, { maxBudgetUsd: 0.51 }),
      `POLICY_NOT_ALLOWED: The policy of ${source} does not allow more than 0.5 dollars`,
    )
  })

  it("takes tools away, whatever the request allows", () => {
    assert.strictEqual(lineOf({ allowedTools: rule(["Read", "Grep"]) }), "--tools=Read,Grep --strict-mcp-config")
    assert.strictEqual(lineOf({ allowedTools: rule([]) }), "--tools= --strict-mcp-config")
    const denied = { deniedTools: [rule("Bash(rm:*)"), rule("Write")] }
    assert.strictEqual(
      lineOf(denied, { allowedTools: ["Write"], disallowedTools: ["Write", "Edit"] }),
      "--allowedTools=Write --disallowedTools=Write --disallowedTools=Edit --disallowedTools=Bash(rm:*)",
    )
  })

  it("denies the web tools where the network is denied", () => {
    assert.strictEqual(lineOf({ networkDenied: { source } }), "--disallowedTools=WebFetch --disallowedTools=WebSearch")
  })

  it("takes one tool rule for one, and nothing else for it", () => {
    for (const option of ["allowedTools", "disallowedTools"]) {
      for (const each of [
        "Bash",
        "Bash(git log:*)",
        "mcp__a__b",
        "mcp__a__*",
        "Read(/etc/**)",
        "WebFetch(domain:x.org)",
      ]) {
        assert.notInclude(lineOf({}, { [option]: [each] }), "QUEUE", each)
      }
      for (const each of [
        "",
        "-h",
        "--help",
        "Bash,Write",
        "Bash Write",
        "Bash Write(x)",
        "Bash(a,b)",
        "Bash(a)(b)",
        "Bash(a))",
        "Bash((a)",
        "Bash()",
        "Bash(a\nb)",
        "Bash(a\0b)",
        "Bash(a\u2028b)",
        "*",
        "\u2014help",
        "@file",
      ]) {
        assert.match(lineOf({}, { [option]: [each] }), /^QUEUE_REQUEST_INVALID/, JSON.stringify(each))
      }
    }
  })
})

describe("enforces", () => {
  it("says that the network is denied only where no tool that is left uses one", () => {
    const network = (rules: Partial<CliRules>) => enforces(profile, { deniedTools: [], ...rules }).network.enforced
    assert.strictEqual(network({}), "not enforced")
    assert.strictEqual(network({ deniedTools: [rule("Bash")] }), "not enforced")
    assert.strictEqual(network({ allowedTools: rule(["Read", "Bash"]) }), "not enforced")
    assert.strictEqual(network({ allowedTools: rule(["Read", "Task"]) }), "not enforced")
    assert.strictEqual(network({ allowedTools: rule(["Read", "Grep", "Edit"]) }), "cli")
    assert.strictEqual(network({ allowedTools: rule([]) }), "cli")
  })

  it("names for each rule that the CLI keeps the flags that keep it", () => {
    const rules = { deniedTools: [rule("Bash")], allowedTools: rule(["Read"]), maxTurns: rule(1), maxCostUsd: rule(1) }
    const line = lineOf(rules)
    for (const { enforced, flags = [], note } of Object.values(enforces(profile, rules))) {
      assert.strictEqual(enforced, "cli")
      assert.isAbove(note.length, 20)
      for (const flag of flags) assert.include(line, flag)
    }
  })
})
