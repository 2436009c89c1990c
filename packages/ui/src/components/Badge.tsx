import type { ReactNode } from "react"
import { stateLabel, type Tone } from "../stateLabel.ts"
import { cn } from "./cn.ts"

const tones: Readonly<Record<Tone, string>> = {
  quiet: "bg-quiet-soft text-quiet",
  busy: "bg-busy-soft text-busy",
  good: "bg-good-soft text-good",
  bad: "bg-bad-soft text-bad",
  attention: "bg-attention-soft text-attention",
}

export interface BadgeProps {
  readonly tone?: Tone
  readonly className?: string
  readonly children: ReactNode
}

export const Badge = ({ children, className, tone = "quiet" }: BadgeProps) => (
  <span
    className={cn(
      "inline-flex h-5 shrink-0 items-center gap-1.5 rounded-full px-2 text-2xs font-medium whitespace-nowrap",
      tones[tone],
      className,
    )}
  >
    {children}
  </span>
)

/** The state of a run: a word and a dot, so that nothing is said by colour alone. */
export const StateBadge = ({ className, state }: { readonly state: string; readonly className?: string }) => {
  const { label, tone } = stateLabel(state)
  return (
    <Badge tone={tone} {...(className === undefined ? {} : { className })}>
      <span
        className={cn(
          "size-1.5 rounded-full bg-current",
          tone === "busy" && "animate-pulse",
          tone === "quiet" && "bg-transparent ring-1 ring-current ring-inset",
        )}
        aria-hidden="true"
      />
      {label}
    </Badge>
  )
}
