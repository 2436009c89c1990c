/**
 * Every flag that a version of the CLI has is decided about, and no version is given one that it has not.
 * `recorded/flags.json` holds, for each flag, the versions that take it.
 */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import type { PrepareContext, RunRequest } from "@runyard/core"
import { decideFlag, readCommandLine } from "@runyard/core/Policy"
import * as Result from "effect/Result"
import { claudeAdapter } from "../src/ClaudeAdapter.ts"
import { claudeFlags } from "../src/ClaudeFlags.ts"
import { claudeModes } from "../src/ClaudeModes.ts"

const recorded = JSON.parse(readFileSync(new URL("recorded/flags.json", import.meta.url), "utf8")) as Readonly<
  Record<string, ReadonlyArray<string>>
>
const versions = recorded["--print"] ?? []

describe("claudeFlags", () => {
  it("knows the flags of every version that was recorded", () => {
    assert.deepStrictEqual(versions, ["2.0.69", "2.1.0", "2.1.100", "2.1.265", "2.1.329"])
    assert.strictEqual(Object.keys(recorded).length, 78)
  })

  for (const flag of Object.keys(recorded)) {
    const { decision, reason } = decideFlag(claudeFlags, flag)
    it(`${flag} is ${decision}: ${reason}`, () => {
      assert.isTrue(Object.hasOwn(claudeFlags, flag), "nobody has decided")
      assert.isAbove(reason.length, 4)
      if (flag.startsWith("--dangerously")) assert.notStrictEqual(decision, "allowed")
      // A flag that can be used says what its value is.
      assert.strictEqual(claudeFlags[flag]?.value === undefined, decision === "denied")
    })
  }

  it("denies what no version has, with a reason", () => {
    for (const flag of ["--yolo", "--new-flag", "-x", "--", "--constructor", "__proto__", "toString"]) {
      assert.deepStrictEqual(decideFlag(claudeFlags, flag), {
        flag,
        decision: "denied",
        reason: "This version of Runyard does not know it",
      })
    }
  })
})

describe("A command line", () => {
  const session = { kind: "resume", id: "01234567-89ab-4def-8123-456789abcdef" } as const
  const everything: Partial<RunRequest> = {
    model: "m",
    addDirs: ["/w"],
    persistSession: false,
    options: { maxTurns: 3, maxBudgetUsd: 0.5, allowedTools: ["Read"], appendSystemPrompt: "s" },
  }
  const requests: ReadonlyArray<Partial<RunRequest>> = [
    {},
    everything,
    { session: { ...session, fork: true } },
    { session: { ...session, kind: "new" } },
    { options: { format: "json" } },
    ...(Object.keys(claudeModes.permission) as ReadonlyArray<keyof typeof claudeModes.permission>).map(
      (permissionMode) => ({ permissionMode }),
    ),
  ]
  const rules: PrepareContext["policy"]["rules"] = {
    maxTurns: { value: 2, source: "s" },
    maxCostUsd: { value: 1, source: "s" },
    allowedTools: { value: ["Read"], source: "s" },
    deniedTools: [{ value: "Bash", source: "s" }],
    networkDenied: { source: "s" },
  }

  for (const version of versions) {
    it(`of ${version} has only flags that this version takes`, () => {
      const context = (ruled: boolean): PrepareContext => ({
        profile: claudeAdapter.version.assess(version),
        scratch: "/scratch",
        repository: true,
        policy: { allowDangerous: true, configKeys: [], ...(ruled ? { rules } : {}) },
      })
      for (const asked of requests) {
        for (const ruled of [false, true]) {
          const request = { provider: "claude", prompt: "p", cwd: "/w", ...asked }
          const prepared = claudeAdapter.prepare(request, context(ruled))
          if (ruled && Result.isFailure(prepared)) {
            assert.strictEqual(prepared.failure.code, "POLICY_NOT_ALLOWED")
            continue
          }
          const line = readCommandLine(claudeFlags, Result.getOrThrow(prepared).args)
          assert.deepStrictEqual(line.words, [])
          for (const { flag } of line.flags) {
            if (flag !== "-p") assert.include(recorded[flag] ?? [], version, flag)
          }
        }
      }
    })
  }
})

describe("claudeModes", () => {
  it("has the CLI's own words for every mode, and no sandbox", () => {
    const words = Object.entries(claudeModes.permission).map(([mode, { flags }]) => [mode, flags?.join(" ")])
    assert.deepStrictEqual(words, [
      ["default", "--permission-mode default"],
      ["plan", "--permission-mode plan"],
      ["acceptEdits", "--permission-mode acceptEdits"],
      ["dontAsk", "--permission-mode dontAsk"],
      ["bypassPermissions", "--dangerously-skip-permissions"],
    ])
    for (const { flags } of Object.values(claudeModes.sandbox)) assert.isUndefined(flags)
  })
})
