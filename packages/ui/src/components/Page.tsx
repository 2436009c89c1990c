import { type ReactNode, useEffect } from "react"
import { cn } from "./cn.ts"

export interface PageProps {
  /** Of the screen, and of the tab of the browser. */
  readonly title: string
  /** Stands beside the title in its place, where it is more than a word. */
  readonly heading?: ReactNode
  readonly actions?: ReactNode
  /** `wide` has no margin: for lists and logs. */
  readonly layout?: "column" | "wide"
  readonly className?: string
  readonly children: ReactNode
}

/** A screen: a bar with its title and actions, and what is below. */
export const Page = ({ actions, children, className, heading, layout = "column", title }: PageProps) => {
  useEffect(() => {
    document.title = `${title} · Runyard`
  }, [title])
  return (
    <>
      <header className="sticky top-0 z-10 flex h-12 shrink-0 items-center justify-between gap-3 border-b bg-ground px-5 max-sm:px-4">
        {heading ?? <h1 className="truncate text-sm font-semibold">{title}</h1>}
        {actions !== undefined && <div className="flex shrink-0 items-center gap-2">{actions}</div>}
      </header>
      <div
        className={cn(
          "flex min-h-0 flex-1 flex-col",
          layout === "column" && "mx-auto w-full max-w-3xl px-5 py-6 max-sm:px-4 max-sm:py-4",
          className,
        )}
      >
        {children}
      </div>
    </>
  )
}
