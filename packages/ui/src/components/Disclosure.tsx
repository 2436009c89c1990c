import { Collapsible } from "@base-ui/react/collapsible"
import { ChevronRight } from "lucide-react"
import type { ReactNode } from "react"
import { cn } from "./cn.ts"

export interface DisclosureProps {
  readonly title: ReactNode
  /** What is inside, in a word or two, while it is closed. */
  readonly summary?: ReactNode
  readonly open: boolean
  readonly onOpen: (open: boolean) => void
  readonly className?: string
  readonly children: ReactNode
}

/** A section that opens below its title. */
export const Disclosure = ({ children, className, onOpen, open, summary, title }: DisclosureProps) => (
  <Collapsible.Root open={open} onOpenChange={onOpen} className={className}>
    <Collapsible.Trigger className="group flex h-10 w-full items-center gap-2 rounded-md text-left text-sm font-medium hover:text-text focus-visible:-outline-offset-2 max-sm:h-12">
      <ChevronRight
        className="size-3.5 shrink-0 text-faint transition-transform duration-100 group-data-panel-open:rotate-90"
        aria-hidden="true"
      />
      {title}
      {summary !== undefined && (
        <span className={cn("min-w-0 flex-1 truncate text-right text-xs font-normal text-faint", open && "invisible")}>
          {summary}
        </span>
      )}
    </Collapsible.Trigger>
    <Collapsible.Panel className="overflow-hidden">
      <div className="pt-1 pb-5 pl-5.5 max-sm:pl-0">{children}</div>
    </Collapsible.Panel>
  </Collapsible.Root>
)
