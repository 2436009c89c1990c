import type { ComponentProps } from "react"
import { cn } from "../components/cn.ts"

/** A button that floats over a list. */
export const Pill = ({ className, ...props }: ComponentProps<"button">) => (
  <button
    type="button"
    className={cn(
      "pointer-events-auto inline-flex h-8 items-center gap-1.5 rounded-full bg-surface px-3.5 text-xs font-medium text-text shadow-over hover:bg-hover max-sm:h-10 [&_svg]:size-3.5",
      className,
    )}
    {...props}
  />
)
