/** Every flag that a version of the CLI has, as `recorded/flags.json` lists them, is decided about. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { decideFlag, judgeArgs } from "@runyard/core/Policy"
import { codexFlags } from "../src/CodexFlags.ts"

const flags = JSON.parse(readFileSync(new URL("recorded/flags.json", import.meta.url), "utf8")) as ReadonlyArray<string>

describe("codexFlags", () => {
  for (const flag of flags) {
    const { decision, reason } = decideFlag(codexFlags, flag)
    it(`${flag} is ${decision}: ${reason}`, () => {
      assert.isTrue(Object.hasOwn(codexFlags, flag), "nobody has decided")
      assert.isAbove(reason.length, 4)
      if (flag.startsWith("--dangerously")) assert.notStrictEqual(decision, "allowed")
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
    assert.property(judgeArgs(codexFlags, ["--yolo"], true), "refused")
  })
})
