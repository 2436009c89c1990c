import { assert, describe, it } from "@effect/vitest"
import { readAuth } from "../src/CodexAuth.ts"
import { assessVersion, countsConversation, readVersion } from "../src/CodexVersion.ts"
import { exited } from "./recorded.ts"

const printed = (stdout: string, stderr = "", code = 0) => ({ exit: exited(code), stdout, stderr })

describe("the version", () => {
  it("is read from what codex --version prints", () => {
    assert.strictEqual(readVersion(printed("codex-cli 0.169.0\n")), "0.169.0")
    assert.strictEqual(readVersion(printed("codex-cli 0.170.0-alpha.3\n")), "0.170.0-alpha.3")
    assert.strictEqual(readVersion(printed("WARNING: something\ncodex-cli 0.42.0\n")), "0.42.0")
    assert.isUndefined(readVersion(printed("claude 2.1.0\n")))
    assert.isUndefined(readVersion(printed("")))
    assert.isUndefined(readVersion(printed("", "codex-cli 0.1.0")))
  })

  it("says what it can do", () => {
    const has = (version: string) =>
      Object.entries(assessVersion(version).features).flatMap(([name, on]) => (on ? [name] : []))
    assert.deepStrictEqual(has("0.42.0"), [])
    assert.deepStrictEqual(has("0.72.0"), ["turnEvents", "humanFormat", "addDirs", "appServer"])
    assert.deepStrictEqual(has("0.98.0"), [...has("0.72.0"), "resumeFlags"])
    assert.deepStrictEqual(has("0.121.0"), [...has("0.98.0"), "resumeRefusesUnknown", "ephemeral"])
    assert.deepStrictEqual(has("0.142.4"), has("0.121.0"))
    assert.deepStrictEqual(has("0.142.5"), [...has("0.121.0"), "outputSchemaOnResume"])
    assert.deepStrictEqual(has("0.169.0"), [...has("0.142.5"), "forkSession", "profileFiles"])
    assert.deepStrictEqual(has("1.0.0"), has("0.169.0"))
  })

  it("is supported from 0.72.0 to the newest that was tested", () => {
    for (const version of ["0.72.0", "0.98.0", "0.121.0", "0.142.5", "0.155.1", "0.169.0", "0.169.0-alpha.1"]) {
      assert.strictEqual(assessVersion(version).status, "supported", version)
      assert.isUndefined(assessVersion(version).message)
    }
  })

  it("is degraded, and says why, where it is older, newer or not readable", () => {
    for (const version of ["0.42.0", "0.71.9", "0.169.1", "0.170.0", "1.0.0", "latest", "1.2", undefined]) {
      const profile = assessVersion(version)
      assert.strictEqual(profile.status, "degraded", version)
      assert.isAbove(profile.message?.length ?? 0, 40)
    }
    assert.include(assessVersion("0.170.0").message, "newer")
  })

  it("is blocked where nothing is known of it", () => {
    const profile = assessVersion("0.41.9")
    assert.strictEqual(profile.status, "blocked")
    assert.include(profile.message, "update")
  })

  it("decides what the usage of a resumed run covers", () => {
    assert.isFalse(countsConversation("0.97.9"))
    assert.isTrue(countsConversation("0.98.0"))
    assert.isTrue(countsConversation(undefined))
  })
})

describe("the login", () => {
  const none = new Set<string>()
  it("is ready by a stored login or key, which Codex tells on stderr", () => {
    assert.strictEqual(readAuth(printed("", "Logged in using ChatGPT\n"), none).state, "ready")
    assert.strictEqual(readAuth(printed("", "Logged in using an API key - ***\n"), none).state, "ready")
    assert.strictEqual(
      readAuth(printed("", "API key configured - ***\nAuthentication is checked.\n"), none).state,
      "ready",
    )
  })

  it("is ready by CODEX_API_KEY, which the probe does not see, and not by OPENAI_API_KEY", () => {
    const out = printed("", "Not logged in\n", 1)
    assert.strictEqual(readAuth(out, new Set(["CODEX_API_KEY"])).state, "ready")
    assert.strictEqual(readAuth(undefined, new Set(["CODEX_API_KEY"])).state, "ready")
    assert.strictEqual(readAuth(out, new Set(["OPENAI_API_KEY"])).state, "missing")
  })

  it("is missing with an honest word about providers of one's own", () => {
    const status = readAuth(printed("", "Not logged in\n", 1), none)
    assert.strictEqual(status.state, "missing")
    assert.include(status.message, "config.toml")
  })

  it("is unknown where the probe says something else, or nothing", () => {
    assert.strictEqual(readAuth(printed("", "Error checking login status: no\n", 1), none).state, "unknown")
    assert.strictEqual(readAuth(undefined, none).state, "unknown")
  })
})
