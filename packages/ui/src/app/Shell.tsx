import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import { CommandPalette } from "./CommandPalette.tsx"
import { ConnectionBanner } from "./ConnectionBanner.tsx"
import { BottomBar, Sidebar } from "./Navigation.tsx"
import { type Place, places } from "./places.ts"
import { useShortcut } from "./shortcuts.ts"
import { ShortcutsDialog } from "./ShortcutsDialog.tsx"

const PlaceShortcut = ({ keys, to }: Place) => {
  const navigate = useNavigate()
  useShortcut(keys, () => void navigate({ to }))
  return null
}

/** What stands around every screen: navigation, the connection, and the keys that work everywhere. */
export const Shell = () => {
  const [open, setOpen] = useState<"palette" | "keys">()
  const main = useRef<HTMLElement>(null)
  // That of the screen which is there: what had the focus on the one before is gone by then.
  const path = useRouterState({ select: ({ location, resolvedLocation }) => (resolvedLocation ?? location).pathname })
  const before = useRef(path)
  useShortcut("mod+k", () => setOpen("palette"))
  useShortcut("?", () => setOpen("keys"))
  // As after a page load: whoever reads with the keyboard goes on at the new screen.
  useEffect(() => {
    const isInside = main.current?.contains(document.activeElement) === true
    if (before.current !== path && !isInside) main.current?.focus({ preventScroll: true })
    before.current = path
  }, [path])
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        onClick={(event) => (event.preventDefault(), main.current?.focus())}
        className="sr-only z-50 rounded-md bg-solid px-3 py-2 text-on-solid focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <Sidebar onSearch={() => setOpen("palette")} onHelp={() => setOpen("keys")} />
      <div className="flex min-w-0 flex-1 flex-col">
        <ConnectionBanner />
        <main
          id="main"
          ref={main}
          tabIndex={-1}
          className="flex min-h-0 flex-1 flex-col outline-none max-md:pb-[calc(3.5rem+env(safe-area-inset-bottom))]"
        >
          <Outlet />
        </main>
      </div>
      <BottomBar />
      {places.map((place) => (
        <PlaceShortcut key={place.to} {...place} />
      ))}
      <CommandPalette open={open === "palette"} onClose={() => setOpen(undefined)} />
      <ShortcutsDialog open={open === "keys"} onClose={() => setOpen(undefined)} />
    </div>
  )
}
