import { Checkbox as Base } from "@base-ui/react/checkbox"
import { Check } from "lucide-react"
import { type ReactNode, useId } from "react"

export interface CheckboxProps {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

export const Checkbox = ({ checked, hint, label, onChange }: CheckboxProps) => {
  const id = useId()
  return (
    <div className="flex items-start gap-2.5">
      <Base.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded border border-line-strong bg-surface data-checked:border-solid data-checked:bg-solid"
      >
        <Base.Indicator className="text-on-solid">
          <Check className="size-3" strokeWidth={3} aria-hidden="true" />
        </Base.Indicator>
      </Base.Root>
      <label htmlFor={id} id={`${id}-label`} className="min-w-0 text-sm">
        {label}
        {hint !== undefined && (
          <span id={`${id}-hint`} className="block text-xs text-soft">
            {hint}
          </span>
        )}
      </label>
    </div>
  )
}
