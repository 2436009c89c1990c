import { Tabs as Base } from "@base-ui/react/tabs"
import type { ReactNode } from "react"
import { cn } from "./cn.ts"

export interface Tab<V extends string> {
  readonly value: V
  readonly label: ReactNode
  readonly count?: number
}

export interface TabsProps<V extends string> {
  readonly tabs: ReadonlyArray<Tab<V>>
  readonly value: V
  readonly onChange: (value: V) => void
  readonly label: string
  readonly className?: string
  /** `TabPanel`s. */
  readonly children: ReactNode
}

export const Tabs = <V extends string>({ children, className, label, onChange, tabs, value }: TabsProps<V>) => (
  <Base.Root
    value={value}
    onValueChange={(next: V) => onChange(next)}
    className={cn("flex min-h-0 flex-col", className)}
  >
    <Base.List
      aria-label={label}
      className="scroll-slim relative flex shrink-0 gap-4 overflow-x-auto overflow-y-hidden border-b [scrollbar-width:none]"
    >
      {tabs.map(({ count, label, value }) => (
        <Base.Tab
          key={value}
          value={value}
          className="flex h-9 items-center gap-1.5 text-sm font-medium whitespace-nowrap text-soft hover:text-text focus-visible:-outline-offset-2 data-active:text-text max-sm:h-11"
        >
          {label}
          {count !== undefined && <span className="rounded bg-hover px-1 text-2xs text-soft">{count}</span>}
        </Base.Tab>
      ))}
      <Base.Indicator className="absolute bottom-0 left-0 h-0.5 w-(--active-tab-width) translate-x-(--active-tab-left) rounded-full bg-text transition-[translate,width] duration-150" />
    </Base.List>
    {children}
  </Base.Root>
)

export const TabPanel = ({
  children,
  className,
  value,
}: {
  readonly value: string
  readonly className?: string
  readonly children: ReactNode
}) => (
  <Base.Panel value={value} className={cn("min-h-0 focus-visible:-outline-offset-2", className)}>
    {children}
  </Base.Panel>
)
