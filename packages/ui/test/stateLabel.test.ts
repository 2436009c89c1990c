import { assert, describe, it } from "@effect/vitest"
import { RunState } from "@runyard/core"
import { stateLabel } from "../src/stateLabel.ts"

describe("stateLabel", () => {
  it("has words of its own for every state that a run can have", () => {
    for (const state of RunState.literals) assert.notStrictEqual(stateLabel(state).label, state)
  })

  it("shows a state that it does not know as it is spelled", () => {
    assert.deepStrictEqual(stateLabel("constructor"), { label: "constructor", tone: "quiet" })
  })
})
