import { cva, type VariantProps } from "class-variance-authority"
import type { ComponentProps, ReactNode } from "react"
import { cn } from "./cn.ts"
import { Tooltip } from "./Tooltip.tsx"

const style = cva(
  "inline-flex shrink-0 items-center justify-center rounded-md text-soft transition-colors duration-100 hover:bg-hover hover:text-text disabled:pointer-events-none disabled:opacity-45 aria-pressed:bg-active aria-pressed:text-text [&_svg]:size-4",
  { variants: { size: { sm: "size-6 max-sm:size-9", md: "size-8 max-sm:size-10" } }, defaultVariants: { size: "md" } },
)

export interface IconButtonProps extends Omit<ComponentProps<"button">, "children">, VariantProps<typeof style> {
  /** What it does: its name for screen readers, and its tooltip. */
  readonly label: string
  /** The keys that do the same, for the tooltip: `["g", "h"]`. */
  readonly keys?: ReadonlyArray<string>
  readonly children: ReactNode
}

export const IconButton = ({ children, className, keys, label, size, ...props }: IconButtonProps) => (
  <Tooltip label={label} {...(keys === undefined ? {} : { keys })}>
    <button type="button" aria-label={label} className={cn(style({ size }), className)} {...props}>
      {children}
    </button>
  </Tooltip>
)
