import { Dialog as Base } from "@base-ui/react/dialog"
import { X } from "lucide-react"
import { type ReactNode, useRef } from "react"
import { cn } from "./cn.ts"
import { IconButton } from "./IconButton.tsx"

export interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: ReactNode
  readonly description?: ReactNode
  readonly children?: ReactNode
  /** Buttons at its foot, the one that goes on last. */
  readonly actions?: ReactNode
  /** What has the focus afterwards, where that is not what had it before. */
  readonly finalFocus?: (() => HTMLElement | null) | undefined
  readonly className?: string
}

const scrim =
  "fixed inset-0 z-30 bg-scrim transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0"

/** The dialog itself has the focus at first, or what asks for it with `data-autofocus`: never the button that closes it. */
const useFirstFocus = () => {
  const popup = useRef<HTMLDivElement>(null)
  return {
    ref: popup,
    initialFocus: () => popup.current?.querySelector<HTMLElement>("[data-autofocus]") ?? popup.current,
  }
}

/** A question in the middle of the page; at the foot of it on a phone. */
export const Dialog = ({
  actions,
  children,
  className,
  description,
  finalFocus,
  onClose,
  open,
  title,
}: DialogProps) => {
  const first = useFirstFocus()
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={scrim} />
        <Base.Popup
          {...first}
          finalFocus={finalFocus}
          className={cn(
            "fixed top-1/2 left-1/2 z-30 flex max-h-[min(90dvh,48rem)] w-[min(30rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 flex-col rounded-xl bg-surface shadow-over transition-[opacity,scale] duration-150 outline-none data-ending-style:scale-98 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0",
            "max-sm:top-auto max-sm:bottom-0 max-sm:w-full max-sm:translate-y-0 max-sm:rounded-b-none max-sm:pb-[env(safe-area-inset-bottom)]",
            className,
          )}
        >
          <header className="flex items-start justify-between gap-4 px-5 pt-4 pb-1">
            <div className="min-w-0">
              <Base.Title className="text-base font-semibold">{title}</Base.Title>
              {description !== undefined && (
                <Base.Description className="mt-0.5 text-sm text-soft">{description}</Base.Description>
              )}
            </div>
            <Base.Close
              render={
                <IconButton label="Close" size="sm" className="-mr-1.5">
                  <X />
                </IconButton>
              }
            />
          </header>
          <div className="scroll-slim min-h-0 flex-1 overflow-y-auto px-5 pt-2 pb-4">{children}</div>
          {actions !== undefined && (
            <footer className="flex justify-end gap-2 border-t px-5 py-3 max-sm:[&>*]:flex-1">{actions}</footer>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** A panel at the right edge, over the page; the whole page on a phone. */
export const Drawer = ({ actions, children, className, description, onClose, open, title }: DialogProps) => {
  const first = useFirstFocus()
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={scrim} />
        <Base.Popup
          {...first}
          className={cn(
            "fixed inset-y-0 right-0 z-30 flex w-[min(38rem,100vw)] flex-col border-l bg-surface shadow-over transition-[translate,opacity] duration-200 ease-out outline-none data-ending-style:translate-x-6 data-ending-style:opacity-0 data-starting-style:translate-x-6 data-starting-style:opacity-0",
            className,
          )}
        >
          <header className="flex items-start justify-between gap-4 border-b px-5 py-3">
            <div className="min-w-0">
              <Base.Title className="text-base font-semibold">{title}</Base.Title>
              {description !== undefined && (
                <Base.Description className="text-xs text-soft">{description}</Base.Description>
              )}
            </div>
            <Base.Close
              render={
                <IconButton label="Close" size="sm" className="-mr-1.5">
                  <X />
                </IconButton>
              }
            />
          </header>
          <div className="scroll-slim min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {actions !== undefined && <footer className="flex justify-end gap-2 border-t px-5 py-3">{actions}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
