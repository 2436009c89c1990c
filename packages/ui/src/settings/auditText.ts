/** What was decided, in words. Pure. */
import type { AuditRecord } from "../api/types.ts"

const words: Readonly<Record<AuditRecord["action"], string>> = {
  "policy.advanced_on": "Allowed what takes away an agent's limits:",
  "policy.advanced_off": "Refused what takes away an agent's limits:",
  "grant.given": "Granted",
  "grant.revoked": "Revoked the grant of",
  "queue.pause": "Paused",
  "queue.resume": "Let go on:",
  "queue.limits": "Changed limits of the",
  "queue.quotas": "Changed quotas of the",
  "queue.run_changed": "Moved the run",
  "budget.set": "Set the budget",
  "budget.removed": "Removed the budget",
  "schedule.created": "Made the schedule",
  "schedule.paused": "Paused the schedule",
  "schedule.resumed": "Let go on the schedule",
  "schedule.removed": "Removed the schedule",
  "schedule.edited": "Changed the schedule",
  "schedule.fired": "Ran now the schedule",
}

/** "Granted", to stand before what it was about. A newer server may know more. */
export const auditText = (action: string): string =>
  Object.hasOwn(words, action) ? words[action as AuditRecord["action"]] : action

/** Which decisions are shown, by how their actions begin. */
export const auditKinds = [
  { value: "all", label: "Everything" },
  { value: "grant", label: "Grants" },
  { value: "policy", label: "Policy" },
  { value: "queue", label: "The queue" },
  { value: "budget", label: "Budgets" },
  { value: "schedule", label: "Schedules" },
] as const
export type AuditKind = (typeof auditKinds)[number]["value"]
