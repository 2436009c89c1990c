import { assert, describe, it } from "@effect/vitest"
import { claudeAdapter } from "../src/index.ts"
import { recorded } from "./replay.ts"

describe("ClaudeAdapter", () => {
  it("finds the format of a recording in its first bytes", () => {
    const head = (name: string) => recorded(name).join("\n").slice(0, 2000)
    assert.strictEqual(claudeAdapter.detectFormat(head("2.1.329/edit-file")), "stream-json")
    assert.strictEqual(claudeAdapter.detectFormat(head("2.1.329/hooks")), "stream-json")
    assert.strictEqual(claudeAdapter.detectFormat(head("2.0.69/hello-json")), "json")
    assert.strictEqual(claudeAdapter.detectFormat(head("2.0.69/hello-json-verbose")), "json")
    assert.strictEqual(claudeAdapter.detectFormat("Hello"), "text")
    for (const start of ["", "{", "[", "\n"]) assert.property(claudeAdapter.formats, claudeAdapter.detectFormat(start))
  })

  it("masks the value of every key that it passes on", () => {
    for (const name of claudeAdapter.secretEnv) assert.include(claudeAdapter.env, name)
    const keys = claudeAdapter.env.filter((name) => /KEY|TOKEN|SECRET|PASSWORD/.test(name))
    for (const name of keys) if (name !== "CLAUDE_CODE_MAX_OUTPUT_TOKENS") assert.include(claudeAdapter.secretEnv, name)
  })

  it("ends each transport within two seconds, politest first, and certainly at last", () => {
    for (const ladder of Object.values(claudeAdapter.ladders)) {
      assert.isAtMost(
        ladder.reduce((sum, { waitMillis }) => sum + waitMillis, 0),
        2000,
      )
      assert.strictEqual(ladder.at(-1)?.do, "kill-tree")
    }
    assert.strictEqual(claudeAdapter.ladders["stdio"]?.[0]?.do, "interrupt")
  })
})
