import { assert, describe, it } from "@effect/vitest"
import { assess, authArgs, isAtLeast, readAuth, readVersion } from "../src/ClaudeVersion.ts"

const printed = (stdout: string) => ({ exit: { code: 0, signal: null }, stdout, stderr: "" })

describe("ClaudeVersion", () => {
  it("reads what --version prints", () => {
    assert.strictEqual(readVersion({ stdout: "2.1.329 (Claude Code)\n" }), "2.1.329")
    assert.isUndefined(readVersion({ stdout: "bash: claude: not found 2.1.329" }))
  })

  it("compares numbers, not text", () => {
    assert.isTrue(isAtLeast("2.1.100", "2.1.99"))
    assert.isFalse(isAtLeast("2.0.69", "2.1.0"))
    assert.isTrue(isAtLeast("2.1.0", "2.1.0"))
    assert.isTrue(isAtLeast(undefined, "2.1.329"))
  })

  it("says what is wrong with old versions and turns structured output off only where it may never end", () => {
    const statuses = ["2.0.69", "2.1.0", "2.1.100", "2.1.265", "2.1.300", "2.1.329", "3.0.0"].map((version) => {
      const { features, message, status } = assess(version)
      assert.strictEqual(status === "supported", message === undefined, version)
      return [version, status, features["structuredOutput"]]
    })
    assert.deepStrictEqual(statuses, [
      ["2.0.69", "degraded", true],
      ["2.1.0", "degraded", false],
      ["2.1.100", "degraded", false],
      ["2.1.265", "supported", true],
      ["2.1.300", "supported", true],
      ["2.1.329", "supported", true],
      ["3.0.0", "degraded", true],
    ])
  })

  it("turns nothing off in a version newer than tested", () => {
    assert.notInclude(Object.values(assess("2.1.330").features), false)
  })

  it("blocks what is older than tested and uses little of what it cannot read", () => {
    assert.strictEqual(assess("1.0.128").status, "blocked")
    assert.deepInclude(assess(undefined), { status: "degraded" })
    assert.isFalse(assess(undefined).features["structuredOutput"])
  })

  it("never asks a version about its login that would take the question for a prompt", () => {
    assert.isUndefined(authArgs(assess("2.0.69")))
    assert.isUndefined(authArgs(assess("2.1.0")))
    assert.isUndefined(authArgs(assess(undefined)))
    assert.deepStrictEqual(authArgs(assess("2.1.100")), ["auth", "status"])
  })

  it("believes the probe before the environment", () => {
    const none = new Set<string>()
    const missing = printed('{\n  "loggedIn": false,\n  "authMethod": "none"\n}\n')
    assert.strictEqual(readAuth(missing, none).state, "missing")
    const ready = readAuth(printed('{"loggedIn":true,"authMethod":"claude.ai","apiProvider":"firstParty"}'), none)
    assert.deepStrictEqual(ready, { state: "ready", message: "Logged in by claude.ai." })
  })

  it("judges by the names in the environment where there is no probe", () => {
    for (const name of ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]) {
      assert.strictEqual(readAuth(undefined, new Set([name])).state, "ready")
    }
    assert.strictEqual(readAuth(undefined, new Set(["PATH"])).state, "unknown")
    assert.strictEqual(readAuth(printed("Hello from the model."), new Set()).state, "unknown")
    assert.strictEqual(readAuth(undefined, new Set(["CLAUDE_CODE_USE_BEDROCK", "ANTHROPIC_API_KEY"])).state, "unknown")
  })
})
