/**
 * Every flag that a version of the CLI has is decided about, and no version is given one that it has not.
 * `recorded/flags.json` holds, for each flag, the versions whose `exec` takes it: none for one of another command.
 */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import type { PrepareContext, RunRequest } from "@runyard/core"
import { decideFlag, decideUse, readCommandLine } from "@runyard/core/Policy"
import * as Result from "effect/Result"
import { codexAdapter } from "../src/CodexAdapter.ts"
import { codexFlags, isCodexCommand } from "../src/CodexFlags.ts"
import { codexModes } from "../src/CodexModes.ts"

const recorded = JSON.parse(readFileSync(new URL("recorded/flags.json", import.meta.url), "utf8")) as Readonly<
  Record<string, ReadonlyArray<string>>
>
const versions = recorded["--sandbox"] ?? []

describe("codexFlags", () => {
  it("knows the flags of every version that was recorded", () => {
    assert.deepStrictEqual(versions, ["0.42.0", "0.72.0", "0.98.0", "0.121.0", "0.142.5", "0.155.1", "0.169.0"])
    assert.strictEqual(Object.keys(recorded).length, 64)
  })

  for (const flag of Object.keys(recorded)) {
    const { decision, reason } = decideFlag(codexFlags, flag)
    it(`${flag} is ${decision}: ${reason}`, () => {
      assert.isTrue(Object.hasOwn(codexFlags, flag), "nobody has decided")
      assert.isAbove(reason.length, 4)
      if (flag.startsWith("--dangerously")) assert.notStrictEqual(decision, "allowed")
      // A flag that can be used says what its value is.
      assert.strictEqual(codexFlags[flag]?.value === undefined, decision === "denied")
    })
  }

  it("denies what no version has, with a reason", () => {
    for (const flag of ["--yolo", "--new-flag", "-x", "--", "--constructor", "__proto__", "toString"]) {
      assert.deepStrictEqual(decideFlag(codexFlags, flag), {
        flag,
        decision: "denied",
        reason: "This version of Runyard does not know it",
      })
    }
  })

  it("takes one override at a time, with a plain value, and calls what opens the sandbox by its name", () => {
    const decided = (value: string) => decideUse(codexFlags, { flag: "--config", value }).decision
    for (const value of ['a="x"', "a.b-c=1.5", "a=true", 'a="\\"\\\\ \\n \\u007f é"', "a=-1e+21"]) {
      assert.strictEqual(decided(value), "allowed", value)
    }
    for (const value of [
      "",
      "a",
      "=1",
      "a=",
      "a=x",
      "a= 1",
      'a="x',
      'a="x" b="y"',
      'a="x"\nb="y"',
      "a='x'",
      'a="""x"""',
      "a=[1]",
      "a={b=1}",
      '"a"=1',
      "a..b=1",
      "a.=1",
      'a="\\x"',
      "a=1;b=2",
    ]) {
      assert.strictEqual(decided(value), "denied", value)
    }
    for (const value of [
      'sandbox_mode="danger-full-access"',
      'approval_policy="never"',
      "sandbox_workspace_write.network_access=true",
    ]) {
      assert.strictEqual(decided(value), "advanced", value)
    }
  })
})

describe("isCodexCommand", () => {
  const id = "01234567-89ab-4def-8123-456789abcdef"
  it("takes the commands of a run alone", () => {
    assert.isTrue(isCodexCommand(["exec", "-"]))
    assert.isTrue(isCodexCommand(["exec", "resume", id, "-"]))
    assert.isTrue(isCodexCommand(["exec", "fork", id, "-"]))
    for (const words of [
      [],
      ["exec"],
      ["-"],
      ["exec", "prompt"],
      ["exec", "prompt", "-"],
      ["exec", "review", id, "-"],
      ["exec", "resume", "x", "-"],
      ["exec", "resume", id, "prompt"],
      ["exec", "resume", id, "-", "-"],
      ["app-server", "-"],
    ]) {
      assert.isFalse(isCodexCommand(words), words.join(" "))
    }
  })
})

describe("A command line", () => {
  const session = { kind: "resume", id: "01234567-89ab-4def-8123-456789abcdef" } as const
  const requests: ReadonlyArray<Partial<RunRequest>> = [
    {},
    { model: "m", images: ["/w/a.png"], outputSchema: { type: "object" }, sandbox: "workspace-write" },
    { addDirs: ["/w"] },
    { persistSession: false },
    { session },
    { session: { ...session, fork: true } },
    { session, sandbox: "read-only" },
    { options: { format: "human" } },
    { options: { profile: "p", config: { model_verbosity: "low" } } },
    ...(Object.keys(codexModes.permission) as ReadonlyArray<keyof typeof codexModes.permission>).map(
      (permissionMode) => ({ permissionMode }),
    ),
  ]

  for (const version of versions) {
    it(`of ${version} has only flags that this version takes`, () => {
      let lines = 0
      for (const asked of requests) {
        for (const denied of [false, true]) {
          const context: PrepareContext = {
            profile: codexAdapter.version.assess(version),
            scratch: "/scratch",
            repository: true,
            policy: {
              allowDangerous: true,
              configKeys: ["profile", "model_verbosity"],
              ...(denied ? { rules: { deniedTools: [], networkDenied: { source: "s" } } } : {}),
            },
          }
          const prepared = codexAdapter.prepare({ provider: "codex", prompt: "p", cwd: "/w", ...asked }, context)
          if (Result.isFailure(prepared)) {
            assert.include(["CLI_VERSION_UNSUPPORTED", "POLICY_NOT_ALLOWED"], prepared.failure.code)
            continue
          }
          lines++
          const { flags, words } = readCommandLine(codexFlags, prepared.success.args)
          assert.isTrue(isCodexCommand(words), words.join(" "))
          for (const used of flags) {
            assert.include(recorded[used.flag] ?? [], version, used.flag)
            assert.notStrictEqual(decideUse(codexFlags, used).decision, "denied", JSON.stringify(used))
          }
        }
      }
      assert.isAbove(lines, 12)
    })
  }
})

describe("codexModes", () => {
  it("has the CLI's own words for every mode", () => {
    const words = (table: object) =>
      Object.entries(table as typeof codexModes.permission).map(([mode, { flags }]) => [mode, flags?.join(" ")])
    assert.deepStrictEqual(words(codexModes.permission), [
      ["default", "--sandbox=read-only"],
      ["dontAsk", "--sandbox=read-only"],
      ["plan", "--sandbox=read-only"],
      ["acceptEdits", "--sandbox=workspace-write"],
      ["bypassPermissions", "--dangerously-bypass-approvals-and-sandbox"],
    ])
    assert.deepStrictEqual(words(codexModes.sandbox), [
      ["read-only", "--sandbox=read-only"],
      ["workspace-write", "--sandbox=workspace-write"],
      ["danger-full-access", "--sandbox=danger-full-access"],
    ])
  })
})
