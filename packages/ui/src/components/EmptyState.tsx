import type { LucideIcon } from "lucide-react"
import type { ReactNode } from "react"
import { cn } from "./cn.ts"

export interface EmptyStateProps {
  readonly icon?: LucideIcon
  readonly title: ReactNode
  readonly children?: ReactNode
  readonly actions?: ReactNode
  readonly className?: string
}

export const EmptyState = ({ actions, children, className, icon: Icon, title }: EmptyStateProps) => (
  <div className={cn("flex flex-col items-center px-6 py-14 text-center", className)}>
    {Icon !== undefined && (
      <div className="mb-3 flex size-9 items-center justify-center rounded-lg border bg-surface text-faint shadow-raised">
        <Icon className="size-4" aria-hidden="true" />
      </div>
    )}
    <p className="text-base font-medium">{title}</p>
    {children !== undefined && <div className="mt-1 max-w-[42ch] text-sm text-soft">{children}</div>}
    {actions !== undefined && <div className="mt-4 flex flex-wrap justify-center gap-2">{actions}</div>}
  </div>
)
