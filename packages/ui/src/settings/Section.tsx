import type { ReactNode } from "react"
import { cn } from "../components/cn.ts"

export interface SectionProps {
  readonly title: string
  readonly hint?: ReactNode
  readonly actions?: ReactNode
  readonly className?: string
  readonly children: ReactNode
}

export const Section = ({ actions, children, className, hint, title }: SectionProps) => (
  <section className={cn("mt-7 first:mt-0", className)}>
    <header className="mb-2.5 flex items-end justify-between gap-x-4 gap-y-2.5 max-sm:flex-col max-sm:items-stretch">
      <div>
        <h2 className="text-sm font-semibold">{title}</h2>
        {hint !== undefined && <p className="text-xs text-soft">{hint}</p>}
      </div>
      {actions}
    </header>
    {children}
  </section>
)

/** Rows in a frame. */
export const Rows = ({ children, className }: { readonly children: ReactNode; readonly className?: string }) => (
  <ul className={cn("divide-y overflow-hidden rounded-lg border bg-surface shadow-raised", className)}>{children}</ul>
)

/** A fact: what it is called, and what it is. */
export const Fact = ({ children, label }: { readonly label: ReactNode; readonly children: ReactNode }) => (
  <div className="grid grid-cols-[9rem_1fr] items-baseline gap-3 px-4 py-2 max-sm:grid-cols-1 max-sm:gap-0">
    <dt className="text-soft max-sm:text-xs">{label}</dt>
    <dd className="min-w-0 break-words">{children}</dd>
  </div>
)

export const Facts = ({ children }: { readonly children: ReactNode }) => (
  <dl className="divide-y overflow-hidden rounded-lg border bg-surface shadow-raised">{children}</dl>
)
