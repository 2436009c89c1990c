import { Toast as Base } from "@base-ui/react/toast"
import { X } from "lucide-react"
import type { ReactNode } from "react"
import { said } from "../api/ApiProblem.ts"
import { IconButton } from "./IconButton.tsx"

const manager = Base.createToastManager()

/** Says in passing that something has been done. */
export const toast = (title: string, description?: string): void => {
  manager.add({ title, ...(description === undefined ? {} : { description }), timeout: 4_000 })
}

/** Says that something could not be done, and stays longer. @param title "The run could not be canceled". */
export const toastError = (title: string, error: unknown): void => {
  const { code, message, remedy } = said(error)
  const description = [message, remedy, code === undefined ? undefined : `(${code})`].filter(Boolean).join(" ")
  manager.add({ title, description, type: "error", timeout: 12_000, priority: "high" })
}

const ToastList = () =>
  Base.useToastManager().toasts.map((each) => (
    <Base.Root
      key={each.id}
      toast={each}
      className="pointer-events-auto w-full rounded-lg bg-surface p-3 shadow-over transition-[opacity,translate] duration-150 data-ending-style:opacity-0 data-limited:hidden data-starting-style:translate-y-2 data-starting-style:opacity-0"
    >
      <Base.Content className="flex items-start gap-2.5">
        <span
          className={`mt-1.5 size-1.5 shrink-0 rounded-full ${each.type === "error" ? "bg-bad" : "bg-good"}`}
          aria-hidden="true"
        />
        <div className="min-w-0 flex-1">
          <Base.Title className="text-sm font-medium" />
          <Base.Description className="text-sm text-soft" />
        </div>
        <Base.Close
          aria-label="Dismiss"
          render={
            <IconButton label="Dismiss" size="sm" className="-m-1">
              <X />
            </IconButton>
          }
        />
      </Base.Content>
    </Base.Root>
  ))

export const ToastProvider = ({ children }: { readonly children: ReactNode }) => (
  <Base.Provider toastManager={manager} limit={4}>
    {children}
    <Base.Portal>
      <Base.Viewport className="pointer-events-none fixed right-4 bottom-[calc(var(--bars)+1rem)] z-50 flex w-[min(22rem,calc(100vw-2rem))] flex-col gap-2">
        <ToastList />
      </Base.Viewport>
    </Base.Portal>
  </Base.Provider>
)
