import { Dialog as Base } from "@base-ui/react/dialog"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { ArrowRight, CornerDownLeft, type LucideIcon, Moon, Sun } from "lucide-react"
import { type KeyboardEvent, useId, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { foundRunsQuery } from "../api/runQueries.ts"
import { StateBadge } from "../components/Badge.tsx"
import { cn } from "../components/cn.ts"
import { Keys } from "../components/Keys.tsx"
import { useSettled } from "../composer/useSettled.ts"
import type { Run } from "../api/types.ts"
import { runTitle } from "../run/runTitle.ts"
import { places } from "./places.ts"
import { keyCaps } from "./shortcuts.ts"
import { setTheme } from "./theme.ts"

interface Command {
  readonly id: string
  readonly label: string
  readonly icon: LucideIcon
  readonly keys?: string
  readonly state?: Run["state"]
  readonly run: () => void
}

const runId = /^run_[0-9a-z]{16,40}$/

/** Commands whose words begin with what was typed, in any order. */
export const matching = (commands: ReadonlyArray<Command>, typed: string): ReadonlyArray<Command> => {
  const parts = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return commands.filter(({ label }) => {
    const words = label.toLowerCase().split(/\s+/)
    return parts.every((part) => words.some((word) => word.startsWith(part)))
  })
}

/** Fewer letters are in almost every run. */
const fewestLetters = 2

/** Runs that have the text, once nobody types any more. */
const useFoundRuns = (typed: string): { readonly runs: ReadonlyArray<Run>; readonly looking: boolean } => {
  const text = typed.trim().slice(0, 200)
  const { settled, value } = useSettled(text, text)
  const wanted = text.length >= fewestLetters
  const { data = [], isFetching } = useQuery({ ...foundRunsQuery(useApi(), value), enabled: wanted && settled })
  return { runs: wanted && settled ? data : [], looking: wanted && (!settled || isFetching) }
}

const Palette = ({ onClose }: { readonly onClose: () => void }) => {
  const navigate = useNavigate()
  const id = useId()
  const [typed, setTyped] = useState("")
  const [chosen, setChosen] = useState(0)
  const commands: ReadonlyArray<Command> = [
    ...places.map(({ icon, keys, label, to }) => ({ id: to, label, icon, keys, run: () => void navigate({ to }) })),
    { id: "light", label: "Light theme", icon: Sun, run: () => setTheme("light") },
    { id: "dark", label: "Dark theme", icon: Moon, run: () => setTheme("dark") },
    { id: "system", label: "Theme of the system", icon: Moon, run: () => setTheme("system") },
  ]
  const open = (id: string) => () => void navigate({ to: "/runs/$id", params: { id } })
  const { looking, runs } = useFoundRuns(typed)
  const asRun = runId.test(typed.trim())
  const found: ReadonlyArray<Command> = asRun
    ? [
        {
          id: "run",
          label: `Open ${typed.trim()}`,
          icon: ArrowRight,
          run: open(typed.trim()),
        },
      ]
    : [
        ...matching(commands, typed),
        ...runs.map((each) => ({
          id: each.id,
          label: runTitle(each),
          icon: ArrowRight,
          state: each.state,
          run: open(each.id),
        })),
      ]
  const at = Math.min(chosen, found.length - 1)
  const run = (command: Command | undefined) => {
    if (command === undefined) return
    onClose()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) run(found[at])
    else if (event.key === "ArrowDown") setChosen((at + 1) % Math.max(1, found.length))
    else if (event.key === "ArrowUp") setChosen((at - 1 + found.length) % Math.max(1, found.length))
    else return
    event.preventDefault()
  }
  return (
    <>
      <Base.Title className="sr-only">Go to</Base.Title>
      <input
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={found[at] === undefined ? undefined : `${id}-${found[at].id}`}
        aria-label="Go to a place or to a run"
        placeholder="A place, or a run: its id, or words of it"
        value={typed}
        onChange={(event) => (setTyped(event.target.value), setChosen(0))}
        onKeyDown={onKeyDown}
        className="h-12 w-full shrink-0 border-b bg-transparent px-4 text-base outline-none"
      />
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label="Places and runs"
        className="scroll-slim min-h-0 overflow-y-auto p-1.5"
      >
        {found.map((command, index) => (
          <li
            key={command.id}
            id={`${id}-${command.id}`}
            role="option"
            aria-selected={index === at}
            onPointerMove={() => setChosen(index)}
            onClick={() => run(command)}
            className={cn(
              "flex h-9 cursor-default items-center gap-3 rounded-md px-2.5 text-sm text-soft max-sm:h-11",
              index === at && "bg-hover text-text",
            )}
          >
            <command.icon className="size-4 shrink-0" aria-hidden="true" />
            <span dir="auto" className="flex-1 truncate text-left">
              {command.label}
            </span>
            {command.state !== undefined && <StateBadge state={command.state} />}
            {command.keys !== undefined && <Keys keys={keyCaps(command.keys)} />}
            {index === at && <CornerDownLeft className="size-3.5 text-faint" aria-hidden="true" />}
          </li>
        ))}
      </ul>
      <p role="status" className={cn("px-4 text-center text-sm text-faint", found.length === 0 && "py-6")}>
        {found.length === 0 && (looking ? "Looking for runs…" : "Nothing is called so.")}
      </p>
    </>
  )
}

export const CommandPalette = ({ onClose, open }: { readonly open: boolean; readonly onClose: () => void }) => (
  <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
    <Base.Portal>
      <Base.Backdrop className="fixed inset-0 z-30 bg-scrim transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
      <Base.Popup className="fixed top-[14dvh] left-1/2 z-30 flex max-h-[60dvh] w-[min(34rem,calc(100vw-1.5rem))] -translate-x-1/2 flex-col overflow-hidden rounded-xl bg-surface shadow-over transition-[opacity,scale] duration-100 outline-none data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0">
        <Palette onClose={onClose} />
      </Base.Popup>
    </Base.Portal>
  </Base.Root>
)
