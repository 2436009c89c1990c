import type { ComponentProps } from "react"
import { cn } from "./cn.ts"

export const inputStyle =
  "w-full min-w-0 rounded-md border border-line-strong bg-surface px-2.5 text-sm text-text shadow-raised transition-colors hover:border-faint/60 focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 disabled:bg-sunken disabled:text-faint aria-invalid:border-bad max-sm:text-lg"

export const Input = ({ className, ...props }: ComponentProps<"input">) => (
  <input className={cn(inputStyle, "h-8 max-sm:h-10", className)} {...props} />
)

export const Textarea = ({ className, ...props }: ComponentProps<"textarea">) => (
  <textarea className={cn(inputStyle, "min-h-16 resize-y py-1.5", className)} {...props} />
)
