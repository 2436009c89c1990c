import { Select as Base } from "@base-ui/react/select"
import { Check, ChevronsUpDown } from "lucide-react"
import type { ReactNode } from "react"
import { cn } from "./cn.ts"
import { inputStyle } from "./Input.tsx"

export interface SelectItem<V extends string> {
  readonly value: V
  readonly label: string
  readonly hint?: ReactNode
  readonly disabled?: boolean
}

export interface SelectProps<V extends string> {
  readonly items: ReadonlyArray<SelectItem<V>>
  readonly value: V
  readonly onChange: (value: V) => void
  readonly id?: string
  /** Its name, where no label belongs to its id. */
  readonly label?: string
  readonly describedBy?: string | undefined
  readonly invalid?: boolean
  readonly disabled?: boolean
  readonly className?: string
}

export const Select = <V extends string>(props: SelectProps<V>) => {
  const { className, describedBy, disabled, id, invalid, items, label, onChange, value } = props
  return (
    <Base.Root<V>
      items={items.map(({ label, value }) => ({ label, value }))}
      value={value}
      onValueChange={(next) => next !== null && onChange(next)}
      disabled={disabled ?? false}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        className={cn(
          inputStyle,
          "flex h-8 items-center justify-between gap-2 text-left max-sm:h-10 max-sm:gap-1 max-sm:text-base",
          className,
        )}
      >
        <Base.Value className="truncate" />
        <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="start" alignItemWithTrigger={false} className="z-40 outline-none">
          <Base.Popup className="scroll-slim max-h-(--available-height) min-w-(--anchor-width) max-w-96 overflow-y-auto rounded-lg bg-surface p-1 shadow-over transition-opacity duration-100 outline-none data-ending-style:opacity-0 data-starting-style:opacity-0">
            <Base.List>
              {items.map((item) => (
                <Base.Item
                  key={item.value}
                  value={item.value}
                  disabled={item.disabled ?? false}
                  className="grid cursor-default grid-cols-[1fr_1rem] items-start gap-x-3 rounded-md px-2 py-1.5 text-sm outline-none select-none data-disabled:text-faint data-highlighted:bg-hover"
                >
                  <Base.ItemText>{item.label}</Base.ItemText>
                  <Base.ItemIndicator className="mt-0.75">
                    <Check className="size-3.5" aria-hidden="true" />
                  </Base.ItemIndicator>
                  {item.hint !== undefined && <span className="col-span-2 text-xs text-faint">{item.hint}</span>}
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
