import { assert, describe, it } from "@effect/vitest"
import type { AgentEvent } from "../src/AgentEvent.ts"
import { activity } from "../src/internal/activity.ts"

const started: AgentEvent = { type: "agent.turn_started", payload: {} }
const ended: AgentEvent = { type: "agent.turn_ended", payload: { status: "completed" } }
const begin = (toolId: string, kind: "command" | "web" = "command"): AgentEvent => ({
  type: "agent.tool_started",
  payload: { toolId, kind, name: kind },
})
const complete = (toolId: string): AgentEvent => ({
  type: "agent.tool_completed",
  payload: { toolId, kind: "command", name: "command", status: "completed" },
})
const task = (status: string): AgentEvent => ({ type: "agent.task", payload: { taskId: "t1", status } })

const after = (...events: ReadonlyArray<AgentEvent>) => {
  const doing = activity()
  for (const event of events) doing.note(event)
  return doing
}
const stateAfter = (...events: ReadonlyArray<AgentEvent>) => after(...events).state()

describe("activity", () => {
  it("is with a tool until the last one that runs has completed", () => {
    assert.strictEqual(stateAfter(started), "agent")
    const both = after(started, begin("a"), begin("b", "web"), begin("c"))
    assert.deepStrictEqual(both.running(), ["command", "web"])
    both.note(complete("a"))
    both.note(complete("c"))
    assert.strictEqual(both.state(), "tool")
    both.note(complete("b"))
    assert.strictEqual(both.state(), "agent")
  })

  it("is done when the turn ends, although a tool of it never completed", () => {
    assert.strictEqual(stateAfter(started, begin("a"), ended), "done")
  })

  it("is done with a result that no turn was announced for", () => {
    assert.strictEqual(stateAfter(ended), "done")
  })

  it("goes on with the next turn of the same process", () => {
    assert.strictEqual(stateAfter(started, ended, started), "agent")
    assert.strictEqual(stateAfter(started, ended, started, begin("a")), "tool")
    assert.strictEqual(stateAfter(started, ended, started, ended), "done")
  })

  it("goes on when the agent does although no turn was announced, but not for an agent inside it", () => {
    const message = (parentToolId?: string): AgentEvent => ({
      type: "agent.message",
      payload: { text: "hi", ...(parentToolId === undefined ? {} : { parentToolId }) },
    })
    assert.strictEqual(stateAfter(started, ended, message()), "agent")
    assert.strictEqual(stateAfter(started, ended, message("t")), "done")
  })

  it("is not done when the result of one turn comes while the next one is under way", () => {
    // As Claude Code 2.1.329 does with a sub-agent: init, init, result, result.
    assert.strictEqual(stateAfter(started, started, ended), "agent")
    assert.strictEqual(stateAfter(started, started, ended, ended), "done")
  })

  it("waits for a task that was left in the background, whatever its end is called", () => {
    const waiting = after(started, task("started"), ended)
    assert.strictEqual(waiting.state(), "background")
    assert.deepStrictEqual(waiting.running(), ["task"])
    waiting.note(task("running"))
    assert.strictEqual(waiting.state(), "background")
    waiting.note(task("killed"))
    assert.strictEqual(waiting.state(), "done")
  })

  it("does not let a task in the background excuse the agent's own silence", () => {
    assert.strictEqual(stateAfter(started, task("started")), "agent")
  })

  it("forgets the oldest of more tools than it remembers", () => {
    const many = after(started, ...Array.from({ length: 5000 }, (_, index) => begin(`t${index}`)))
    for (let index = 0; index < 5000; index++) many.note(complete(`t${index}`))
    assert.strictEqual(many.state(), "agent")
  })
})
