/** What an agent is at, as its events tell: how long its silence is normal depends on it. Synchronous; constant cost. */
import type { AgentEvent, ToolKind } from "../AgentEvent.ts"

/**
 * `agent`: it thinks, or has not begun. `tool`: one of its tools runs. `background`: its result has arrived, and a task
 * that it left behind may bring another one. `done`: its result has arrived and it waits for nothing.
 */
export type ActivityState = "agent" | "tool" | "background" | "done"

export interface Activity {
  readonly note: (event: AgentEvent) => void
  readonly state: () => ActivityState
  /** What runs, each kind once, in the order of their starts. */
  readonly running: () => ReadonlyArray<ToolKind>
}

/** Tools and tasks that are remembered; of more, the oldest are forgotten. Some never complete, as far as is told. */
const maxOpen = 1024

/** Statuses of a task that goes on; every other one is an end. */
const goesOn: ReadonlySet<string> = new Set(["started", "running", "pending"])

export const activity = (): Activity => {
  const tools = new Map<string, ToolKind>()
  const tasks = new Map<string, ToolKind>()
  /** Turns that began and did not end: a result may come when the next turn is under way. */
  let turns = 0
  let ended = false

  const open = (among: Map<string, ToolKind>, id: string, kind: ToolKind): void => {
    const oldest = among.size >= maxOpen ? among.keys().next().value : undefined
    if (oldest !== undefined) among.delete(oldest)
    among.set(id, kind)
  }
  /** Something of the agent itself, after a result, is of a turn that was not announced. */
  const goOn = (parent: string | undefined): void => {
    if (parent === undefined) ended = false
  }

  return {
    note: (event) => {
      switch (event.type) {
        case "agent.turn_started":
          turns++
          ended = false
          return
        case "agent.turn_ended":
          turns = Math.max(0, turns - 1)
          ended = turns === 0
          // A tool of a turn that is over is none to wait for: Codex leaves a command `in_progress` for ever.
          if (ended) tools.clear()
          return
        case "agent.message":
        case "agent.reasoning":
          return goOn(event.payload.parentToolId)
        case "agent.tool_started":
          goOn(event.payload.parentToolId)
          return open(tools, event.payload.toolId, event.payload.kind)
        case "agent.tool_completed":
          tools.delete(event.payload.toolId)
          return
        case "agent.task":
          if (goesOn.has(event.payload.status)) open(tasks, event.payload.taskId, "task")
          else tasks.delete(event.payload.taskId)
          return
        default:
      }
    },
    state: () => {
      if (!ended) return tools.size > 0 ? "tool" : "agent"
      return tools.size + tasks.size > 0 ? "background" : "done"
    },
    running: () => [...new Set([...tools.values(), ...(ended ? tasks.values() : [])])],
  }
}
