import { Switch as Base } from "@base-ui/react/switch"
import { useId } from "react"
import { cn } from "./cn.ts"

export interface SwitchProps {
  readonly label: string
  readonly hint?: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly disabled?: boolean
  readonly className?: string
}

export const Switch = ({ checked, className, disabled = false, hint, label, onChange }: SwitchProps) => {
  const id = useId()
  return (
    <div className={cn("flex items-start gap-2.5 max-sm:py-1", className)}>
      <Base.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        aria-labelledby={`${id}-label`}
        className="mt-0.5 flex h-4 w-7 shrink-0 rounded-full bg-line-strong p-0.5 transition-colors data-checked:bg-accent data-disabled:opacity-50"
      >
        <Base.Thumb className="size-3 rounded-full bg-white shadow-raised transition-transform duration-100 data-checked:translate-x-3" />
      </Base.Root>
      <label htmlFor={id} id={`${id}-label`} className="min-w-0 text-sm">
        {label}
        {hint !== undefined && (
          <span id={`${id}-hint`} className="block text-xs text-faint">
            {hint}
          </span>
        )}
      </label>
    </div>
  )
}
