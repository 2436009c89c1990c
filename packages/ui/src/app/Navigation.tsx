import { Link } from "@tanstack/react-router"
import { Search } from "lucide-react"
import { Keys } from "../components/Keys.tsx"
import { Mark } from "./Mark.tsx"
import { places } from "./places.ts"
import { keyCaps } from "./shortcuts.ts"
import { ThemeToggle } from "./ThemeToggle.tsx"

const exact = { exact: true }
const within = { exact: false, includeSearch: false }

export const Sidebar = ({ onSearch, onHelp }: { readonly onSearch: () => void; readonly onHelp: () => void }) => (
  <aside className="sticky top-0 flex h-dvh w-56 shrink-0 flex-col border-r bg-ground px-2.5 py-3 max-md:hidden">
    <div className="flex items-center gap-2 px-2 pb-3 text-base font-semibold tracking-tight">
      <Mark className="size-4.5" />
      Runyard
    </div>
    <button
      type="button"
      onClick={onSearch}
      className="mb-3 flex h-8 items-center gap-2 rounded-md border bg-surface px-2 text-sm text-faint shadow-raised hover:border-line-strong hover:text-soft"
    >
      <Search className="size-3.5" aria-hidden="true" />
      <span className="flex-1 text-left">Go to…</span>
      <Keys keys={keyCaps("mod+k")} />
    </button>
    <nav aria-label="Main" className="flex flex-col gap-0.5">
      {places.map(({ icon: Icon, keys, label, to }) => (
        <Link
          key={to}
          to={to}
          activeOptions={to === "/" ? exact : within}
          className="group flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-soft hover:bg-hover hover:text-text data-[status=active]:bg-active data-[status=active]:font-medium data-[status=active]:text-text"
        >
          <Icon className="size-4" aria-hidden="true" />
          <span className="flex-1">{label}</span>
          <span className="opacity-0 transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100">
            <Keys keys={keyCaps(keys)} />
          </span>
        </Link>
      ))}
    </nav>
    <div className="mt-auto flex items-center justify-between px-1">
      <ThemeToggle />
      <button
        type="button"
        onClick={onHelp}
        className="rounded-md px-1.5 py-1 text-xs text-faint hover:bg-hover hover:text-text"
      >
        Keys <Keys keys={["?"]} />
      </button>
    </div>
  </aside>
)

export const BottomBar = () => (
  <nav
    aria-label="Main"
    className="fixed inset-x-0 bottom-0 z-20 flex border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
  >
    {places.map(({ icon: Icon, short, to }) => (
      <Link
        key={to}
        to={to}
        activeOptions={to === "/" ? exact : within}
        className="flex h-14 flex-1 flex-col items-center justify-center gap-1 text-2xs font-medium text-faint focus-visible:-outline-offset-2 data-[status=active]:text-text"
      >
        <Icon className="size-5" aria-hidden="true" />
        {short}
      </Link>
    ))}
  </nav>
)
