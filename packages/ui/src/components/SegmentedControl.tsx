import { useId } from "react"
import { cn } from "./cn.ts"

export interface Segment<V extends string> {
  readonly value: V
  readonly label: string
}

export interface SegmentedControlProps<V extends string> {
  readonly label: string
  readonly segments: ReadonlyArray<Segment<V>>
  readonly value: V
  readonly onChange: (value: V) => void
  readonly className?: string
}

/** A choice between few, all of them in sight. Native radio buttons, so that the arrow keys work. */
export const SegmentedControl = <V extends string>(props: SegmentedControlProps<V>) => {
  const { className, label, onChange, segments, value } = props
  const name = useId()
  return (
    <fieldset className={cn("inline-flex rounded-md border bg-sunken p-0.5", className)}>
      <legend className="sr-only">{label}</legend>
      {segments.map((segment) => (
        <label
          key={segment.value}
          className="flex h-7 flex-1 cursor-pointer items-center justify-center rounded-[5px] px-3 text-xs font-medium whitespace-nowrap text-soft select-none has-checked:bg-chosen has-checked:text-text has-checked:shadow-raised has-focus-visible:outline-2 has-focus-visible:outline-accent max-sm:h-9"
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={segment.value === value}
            onChange={() => onChange(segment.value)}
          />
          {segment.label}
        </label>
      ))}
    </fieldset>
  )
}
