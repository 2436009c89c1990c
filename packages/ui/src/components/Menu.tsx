import { Menu as Base } from "@base-ui/react/menu"
import type { LucideIcon } from "lucide-react"
import type { ReactElement, ReactNode } from "react"

export interface MenuItem {
  readonly label: ReactNode
  readonly icon?: LucideIcon
  readonly hint?: ReactNode
  readonly danger?: boolean
  readonly disabled?: boolean
  readonly onSelect: () => void
}

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement<Record<string, unknown>>
  /** Groups, with a line between them. */
  readonly groups: ReadonlyArray<ReadonlyArray<MenuItem>>
}

export const Menu = ({ groups, trigger }: MenuProps) => (
  <Base.Root>
    <Base.Trigger render={trigger} />
    <Base.Portal>
      <Base.Positioner sideOffset={4} align="end" className="z-40 outline-none">
        <Base.Popup className="min-w-44 rounded-lg bg-surface p-1 shadow-over transition-opacity duration-100 outline-none data-ending-style:opacity-0 data-starting-style:opacity-0">
          {groups
            .filter((group) => group.length > 0)
            .map((group, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- groups have no name but their place
              <Base.Group key={index} className="border-t py-1 first:border-t-0 first:pt-0 last:pb-0">
                {group.map(({ danger = false, disabled = false, hint, icon: Icon, label, onSelect }, place) => (
                  <Base.Item
                    // oxlint-disable-next-line react/no-array-index-key -- as above
                    key={place}
                    disabled={disabled}
                    onClick={onSelect}
                    className={`flex h-8 cursor-default items-center gap-2.5 rounded-md px-2 text-sm outline-none select-none data-disabled:text-faint data-highlighted:bg-hover max-sm:h-11 ${danger ? "text-bad" : ""}`}
                  >
                    {Icon !== undefined && <Icon className="size-3.5 shrink-0 text-faint" aria-hidden="true" />}
                    <span className="flex-1">{label}</span>
                    {hint !== undefined && <span className="text-xs text-faint">{hint}</span>}
                  </Base.Item>
                ))}
              </Base.Group>
            ))}
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  </Base.Root>
)
