import { assert, describe, it } from "@effect/vitest"
import { ErrorCode, RunState, runyardError, terminalStates } from "@runyard/core"
import { exitCodeOfError, exitCodeOfState, exitCodes } from "../src/exitCode.ts"

describe("exit codes", () => {
  it("are zero for success alone", () => {
    for (const state of RunState.literals)
      assert.strictEqual(exitCodeOfState(state) === 0, state === "succeeded", state)
    for (const code of ErrorCode.literals) assert.notStrictEqual(exitCodeOfError(runyardError(code)), 0, code)
  })

  it("tell every end of a run from every other", () => {
    const codes = [...terminalStates, "action_needed" as const].map(exitCodeOfState)
    assert.strictEqual(new Set(codes).size, codes.length)
    assert.strictEqual(new Set(Object.values(exitCodes)).size, Object.values(exitCodes).length)
  })
})
