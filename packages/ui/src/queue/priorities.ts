import type { QueuedRun } from "../api/types.ts"

export type Priority = QueuedRun["priority"]

/** From the most urgent to the least. */
export const priorities: ReadonlyArray<Priority> = ["interactive", "high", "normal", "low", "background"]

export const priorityLabels: Readonly<Record<Priority, string>> = {
  interactive: "Interactive",
  high: "High",
  normal: "Normal",
  low: "Low",
  background: "Background",
}

/** The class one step more urgent, or less; the same at the ends. */
export const nextPriority = (priority: Priority, by: -1 | 1): Priority =>
  priorities[Math.min(priorities.length - 1, Math.max(0, priorities.indexOf(priority) + by))] ?? priority
