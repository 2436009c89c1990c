import { cva, type VariantProps } from "class-variance-authority"
import type { ComponentProps } from "react"
import { cn } from "./cn.ts"
import { Spinner } from "./Spinner.tsx"

export const buttonStyle = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors duration-100 select-none disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-3.5 [&_svg]:shrink-0",
  {
    variants: {
      look: {
        solid: "bg-solid text-on-solid hover:bg-solid-hover",
        outline: "border border-line-strong bg-surface text-text shadow-raised hover:bg-hover",
        ghost: "text-soft hover:bg-hover hover:text-text",
        danger: "border border-line-strong bg-surface text-bad shadow-raised hover:border-bad/50 hover:bg-bad-soft",
      },
      size: {
        sm: "h-7 px-2.5 text-xs max-sm:h-9",
        md: "h-8 px-3 text-sm max-sm:h-10",
      },
    },
    defaultVariants: { look: "outline", size: "md" },
  },
)

export interface ButtonProps extends ComponentProps<"button">, VariantProps<typeof buttonStyle> {
  /** Shows that it is at work, and takes no second click. */
  readonly busy?: boolean
}

export const Button = ({ busy = false, children, className, disabled, look, size, ...props }: ButtonProps) => (
  <button
    type="button"
    className={cn(buttonStyle({ look, size }), className)}
    disabled={disabled === true || busy}
    aria-busy={busy || undefined}
    {...props}
  >
    {busy && <Spinner />}
    {children}
  </button>
)
