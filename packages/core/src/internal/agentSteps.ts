/**
 * Counts the turns of an agent whose CLI counts none, as far as its events show them: a request to the model shows as what is
 * said, as a tool, or as both. Each tool counts as one, also where one answer has asked for several. What shows no event is not
 * counted. Agents inside the agent count where they were called. Pure but for the count.
 */
import type { TimelessDraft } from "../EventDraft.ts"

export interface AgentSteps {
  /** Takes one event; gives how many have begun. */
  readonly read: (item: TimelessDraft) => number
}

export const agentSteps = (): AgentSteps => {
  let count = 0
  /** Whether the present one has its tool, so that whatever comes belongs to another. */
  let hasTool = true
  return {
    read: (item) => {
      switch (item.type) {
        case "agent.message":
        case "agent.reasoning":
        case "agent.tool_started":
          if (item.payload.parentToolId !== undefined) break
          if (hasTool) count++
          hasTool = item.type === "agent.tool_started"
          break
        case "agent.turn_ended":
          hasTool = true
          break
        default:
      }
      return count
    },
  }
}
