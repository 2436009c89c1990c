import type { BudgetReport, BudgetRule } from "../api/types.ts"
import { cn } from "../components/cn.ts"
import { amountText, usedText, userText } from "./budgetText.ts"

type Use = BudgetReport["uses"][number]

interface BudgetBarProps {
  readonly rule: BudgetRule
  readonly report: BudgetReport
  readonly use: Use
}

const share = (amount: number, limit: number): number => (limit === 0 ? 100 : Math.min(100, (amount / limit) * 100))

/** What is used of one account, and what is set aside for runs that are under way. */
export const BudgetBar = ({ report, rule, use }: BudgetBarProps) => {
  const { kind, limit } = rule
  const { aside, spent, unknown } = use
  const over = spent >= limit
  const close = !over && spent + aside >= limit * 0.8
  const text = usedText(rule, spent)
  const notes = [
    ...(aside > 0 ? [`${amountText(kind, aside)} set aside`] : []),
    ...(unknown > 0 ? [`${unknown} not known exactly`] : []),
  ]
  const name = userText(report, use)
  return (
    <div className="mt-1.5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3 text-xs">
        <span className="min-w-0 break-all text-soft">{name}</span>
        <span className={over ? "text-bad" : close ? "text-attention" : "text-soft"}>
          {[text, ...notes].join(", ")}
          {over && " (used up)"}
        </span>
      </div>
      <div
        role="meter"
        aria-label={`${rule.id}: ${name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share(spent, limit))}
        aria-valuetext={text}
        className="mt-1 flex h-1.5 overflow-hidden rounded-full bg-hover"
      >
        <span
          className={cn("h-full", over ? "bg-bad" : close ? "bg-attention" : "bg-accent")}
          style={{ width: `${share(spent, limit)}%` }}
        />
        <span
          className="h-full bg-line-strong"
          style={{ width: `${Math.min(100 - share(spent, limit), share(aside, limit))}%` }}
        />
      </div>
    </div>
  )
}
