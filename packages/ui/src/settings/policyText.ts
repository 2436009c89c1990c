/** What a policy says, in words. Pure. */
import type { Policy } from "../api/types.ts"
import { usdText } from "../components/moneyText.ts"
import { spanText } from "../components/timeText.ts"
import type { Tone } from "../stateLabel.ts"

type Decision = Policy["use"]["decision"]

/** What becomes of it in the end: what is advanced is out of reach where the host does not allow it. */
export const decisionOf = (decision: Decision, advanced: boolean): { readonly label: string; readonly tone: Tone } => {
  switch (decision) {
    case "allowed":
      return { label: "Allowed", tone: "good" }
    case "advanced":
      return { label: advanced ? "Advanced" : "Advanced, off", tone: "attention" }
    case "denied":
      return { label: "Denied", tone: "quiet" }
  }
}

const limitLabels: Readonly<Record<Policy["limits"][number]["limit"], string>> = {
  wallMillis: "Longest run",
  idleMillis: "Longest silence",
  toolIdleMillis: "Longest silence of a tool",
  lingerMillis: "After the result",
  queueMillis: "Longest wait",
  turns: "Turns",
  costUsd: "Cost",
}

export const limitLabel = (limit: Policy["limits"][number]["limit"]): string => limitLabels[limit]

export const amountText = (limit: Policy["limits"][number]["limit"], value: number): string => {
  if (limit === "costUsd") return usdText(value)
  if (limit === "turns") return value.toLocaleString("en-US")
  return value === 0 ? "no limit" : spanText(value)
}

/** `maxWallMillis` as "Max wall millis". */
export const ruleLabel = (rule: string): string => {
  const words = rule.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const keeperText = (enforced: "cli" | "runyard" | "not enforced"): string =>
  enforced === "cli" ? "kept by the agent" : enforced === "runyard" ? "kept by Runyard" : "kept by nobody"
