import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  hasIrreversible,
  noSideEffects,
  noteSideEffects,
  type SideEffectEvent,
  SideEffectRecord,
  sideEffectsOf,
} from "../src/SideEffects.ts"

const started: SideEffectEvent = { type: "run.started", payload: {} }
const tool = (toolId: string): SideEffectEvent => ({ type: "agent.tool_started", payload: { toolId, kind: "command" } })
const end = (toolId: string, status: string): SideEffectEvent => ({
  type: "agent.tool_completed",
  payload: { toolId, kind: "command", status },
})
const message: SideEffectEvent = { type: "agent.message", payload: { text: "hello" } }

describe("side effects", () => {
  it("are none as long as no tool was executed", () => {
    assert.isFalse(hasIrreversible([started, message, { type: "run.usage", payload: {} }]))
    assert.isFalse(hasIrreversible([started, tool("a"), end("a", "denied"), message]))
  })

  it("are done once a tool was started, whatever became of it", () => {
    assert.isTrue(hasIrreversible([started, tool("a")]))
    for (const status of ["completed", "failed", "unfinished"]) {
      assert.isTrue(hasIrreversible([started, tool("a"), end("a", status)]), status)
      assert.isTrue(hasIrreversible([started, end("b", status)]), status)
    }
    assert.isTrue(hasIrreversible([started, tool("a"), tool("b"), end("a", "denied")]))
    assert.isTrue(hasIrreversible([started, { type: "agent.tool_output", payload: { toolId: "a", text: "" } }]))
  })

  it("cannot be told from an output that shows no tools, once a process was started", () => {
    assert.isFalse(hasIrreversible([message], false))
    assert.isTrue(hasIrreversible([started], false))
    assert.strictEqual(sideEffectsOf(noteSideEffects(noSideEffects, started, false)), "unknown")
  })

  it("cannot be told once a line was not understood, or was too long to be", () => {
    const chunk = (reason: string): SideEffectEvent => ({ type: "run.chunk.stdout", payload: { text: "?", reason } })
    for (const reason of ["unknown", "long"]) {
      const record = noteSideEffects(noteSideEffects(noSideEffects, started, true), chunk(reason), true)
      assert.strictEqual(sideEffectsOf(record), "unknown", reason)
    }
    for (const reason of ["text", "quiet"]) assert.isFalse(hasIrreversible([started, chunk(reason)]), reason)
  })

  const roundTrip = Schema.decodeUnknownSync(Schema.fromJsonString(SideEffectRecord))

  it.prop(
    "are never forgotten, and stay small",
    { steps: Schema.Array(Schema.Tuple([Schema.Literals(["start", "completed", "denied", "other"]), Schema.Natural])) },
    ({ steps }) => {
      let record = noSideEffects
      let done = false
      for (const [step, number] of steps) {
        const id = `t${number % 100}`
        const event = step === "start" ? tool(id) : step === "other" ? message : end(id, step)
        record = noteSideEffects(record, event, true)
        assert.deepStrictEqual(roundTrip(JSON.stringify(record)), record)
        if (step === "completed") done = true
        if (done) assert.strictEqual(sideEffectsOf(record), "done")
        assert.isAtMost(record.open.length, 64)
      }
    },
  )
})
