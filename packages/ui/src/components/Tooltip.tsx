import { Tooltip as Base } from "@base-ui/react/tooltip"
import type { ReactElement } from "react"
import { Keys } from "./Keys.tsx"

interface TooltipProps {
  readonly label: string
  readonly keys?: ReadonlyArray<string>
  readonly children: ReactElement<Record<string, unknown>>
}

/** Says what a control does once the pointer rests on it. Never the only place where something is said. */
export const Tooltip = ({ children, keys, label }: TooltipProps) => (
  <Base.Root>
    <Base.Trigger render={children} />
    <Base.Portal>
      <Base.Positioner sideOffset={6} className="z-50">
        <Base.Popup className="flex items-center gap-2 rounded-md bg-solid px-2 py-1 text-xs text-on-solid shadow-over transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0">
          {label}
          {keys !== undefined && <Keys keys={keys} inverse />}
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  </Base.Root>
)
