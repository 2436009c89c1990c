/** Budgets in words and figures, and what is typed for one. Pure. */
import type { BudgetReport, BudgetRule } from "../api/types.ts"
import { countOf, countText, usdText } from "../components/moneyText.ts"
import { spanText } from "../components/timeText.ts"
import { readDuration, writeDuration } from "../composer/durationText.ts"

export type BudgetKind = BudgetRule["kind"]
export type BudgetScope = BudgetRule["scope"]

const nanoPerUsd = 1_000_000_000

export const kindItems: ReadonlyArray<{ readonly value: BudgetKind; readonly label: string; readonly hint: string }> = [
  { value: "money", label: "US dollars", hint: "Such as 20" },
  { value: "tokens", label: "Tokens", hint: "Of all kinds" },
  { value: "turns", label: "Turns", hint: "Those that agents begin" },
  { value: "wall", label: "Time", hint: "Such as 8h: what attempts take" },
]

export const scopeItems: ReadonlyArray<{ readonly value: BudgetScope; readonly label: string }> = [
  { value: "all", label: "All runs together" },
  { value: "tenant", label: "Each tenant" },
  { value: "workspace", label: "Each workspace" },
  { value: "profile", label: "Each profile" },
  { value: "run", label: "Each run" },
]

/** An amount in the unit of its kind. */
export const amountText = (kind: BudgetKind, amount: number): string => {
  switch (kind) {
    case "money":
      return usdText(amount / nanoPerUsd)
    case "tokens":
      return `${countText(amount)} tokens`
    case "turns":
      return countOf(amount, "turn")
    case "wall":
      return amount === 0 ? "0 s" : spanText(amount)
  }
}

/** What somebody has typed, in the unit of the kind; undefined for what is none. */
export const readAmount = (kind: BudgetKind, typed: string): number | undefined => {
  const text = typed.trim()
  if (text === "") return undefined
  if (kind === "wall") return readDuration(text)
  const value = Number(text.replace(/^\$/, "").replaceAll(/[,_\s](?=\d{3})/g, ""))
  if (!Number.isFinite(value) || value < 0) return undefined
  const amount = kind === "money" ? Math.round(value * nanoPerUsd) : value
  return Number.isSafeInteger(amount) ? amount : undefined
}

/** An amount as it would be typed. */
export const writeAmount = (kind: BudgetKind, amount: number): string => {
  if (kind === "wall") return amount === 0 ? "0" : writeDuration(amount)
  return String(kind === "money" ? amount / nanoPerUsd : amount)
}

/** "$20.00 a day (Europe/Berlin)". */
export const limitText = ({ kind, limit, timeZone, window }: BudgetRule): string =>
  `${amountText(kind, limit)} ${window === "day" ? `a day (${timeZone ?? "UTC"})` : "in all"}`

/** "$3.00 of $20.00 used". */
export const usedText = ({ kind, limit }: BudgetRule, spent: number): string => {
  const used = kind === "tokens" || kind === "turns" ? countText(spent) : amountText(kind, spent)
  return `${used} of ${amountText(kind, limit)} used`
}

/** Who shares it. */
export const sharedText = ({ scope, subject }: BudgetRule): string =>
  subject === undefined ? (scopeItems.find(({ value }) => value === scope)?.label ?? scope) : `The ${scope} ${subject}`

export const userText = (
  { day }: Pick<BudgetReport, "day">,
  { subject }: Pick<BudgetReport["uses"][number], "subject">,
): string => (subject.length === 0 ? (day ?? "In all") : subject.join("/"))
