import { assert, describe, it } from "@effect/vitest"
import type { RunRequest } from "@runyard/core"
import * as Result from "effect/Result"
import { codexAdapter } from "../src/CodexAdapter.ts"
import { enforces } from "../src/CodexPolicy.ts"

const source = "the project (file)"

const lineOf = (asked: Partial<RunRequest> = {}) => {
  const prepared = codexAdapter.prepare(
    { provider: "codex", prompt: "p", cwd: "/w", ...asked },
    {
      profile: codexAdapter.version.assess("0.169.0"),
      scratch: "/s",
      repository: true,
      policy: {
        allowDangerous: true,
        configKeys: [
          "profile",
          "model_verbosity",
          "sandbox_workspace_write",
          "tools",
          "features",
          "web_search",
          "tool",
        ],
        rules: { deniedTools: [], networkDenied: { source } },
      },
    },
  )
  return Result.isFailure(prepared)
    ? `${prepared.failure.code}: ${prepared.failure.message}`
    : prepared.success.args.slice(2, -1).join(" ")
}

const offline = [
  "--config=sandbox_workspace_write.network_access=false",
  "--config=tools.web_search=false",
  "--config=features.web_search_request=false",
  '--config=web_search="disabled"',
].join(" ")

describe("A policy without network on the command line of Codex", () => {
  it("always names a sandbox, and switches off what the user's configuration may have switched on", () => {
    assert.strictEqual(lineOf(), `--sandbox=read-only ${offline}`)
    assert.strictEqual(lineOf({ permissionMode: "dontAsk" }), `--sandbox=read-only ${offline}`)
    assert.strictEqual(lineOf({ sandbox: "workspace-write" }), `--sandbox=workspace-write ${offline}`)
    assert.strictEqual(lineOf({ permissionMode: "acceptEdits" }), `--sandbox=workspace-write ${offline}`)
    const id = "01234567-89ab-4def-8123-456789abcdef"
    assert.strictEqual(lineOf({ session: { kind: "resume", id } }), `--sandbox=read-only ${offline} resume ${id}`)
  })

  it("refuses what would bring the network back", () => {
    const requests: ReadonlyArray<Partial<RunRequest>> = [
      { permissionMode: "bypassPermissions" },
      { sandbox: "danger-full-access" },
      { options: { profile: "p" } },
      ...["sandbox_workspace_write.network_access", "tools.web_search", "features.x", "web_search", "tools"].map(
        (key) => {
          return { options: { config: { [key]: true } } }
        },
      ),
    ]
    for (const request of requests) {
      assert.match(lineOf(request), /^POLICY_NOT_ALLOWED: The policy of the project \(file\) does not allow/)
    }
    assert.include(lineOf({ options: { config: { model_verbosity: "low", tool: 1 } } }), offline)
  })
})

describe("enforces", () => {
  it("says what Codex keeps: the network, in versions without a default profile, and nothing else", () => {
    const of = (version: string | undefined) =>
      Object.entries(enforces(codexAdapter.version.assess(version), { deniedTools: [] })).flatMap(
        ([rule, { enforced, note }]) => {
          assert.isAbove(note.length, 20)
          return enforced === "not enforced" ? [] : [`${rule} by ${enforced}`]
        },
      )
    assert.deepStrictEqual(of("0.169.0"), ["network by cli"])
    for (const version of ["0.155.1", "0.121.0", "0.72.0", "0.42.0", undefined]) assert.deepStrictEqual(of(version), [])
  })
})
