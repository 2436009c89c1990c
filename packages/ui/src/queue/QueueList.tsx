import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { Coffee } from "lucide-react"
import { useCallback, useMemo, useRef, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { queueTitlesQuery } from "../api/runQueries.ts"
import type { QueuedRun, QueueListing } from "../api/types.ts"
import { useShortcut } from "../app/shortcuts.ts"
import { EmptyState } from "../components/EmptyState.tsx"
import { Keys } from "../components/Keys.tsx"
import { nextPriority } from "./priorities.ts"
import { QueueRow } from "./QueueRow.tsx"
import type { PlaceChange, useQueueActions } from "./useQueueActions.ts"

/** Rows that are drawn before somebody asks for more. */
const firstRows = 100

const sections = [
  { state: "executed", title: "Running" },
  { state: "waiting", title: "Waiting" },
  { state: "delayed", title: "For later" },
  { state: "held", title: "Held" },
] as const satisfies ReadonlyArray<{ readonly state: QueuedRun["state"]; readonly title: string }>

interface QueueListProps {
  readonly listing: QueueListing
  readonly actions: ReturnType<typeof useQueueActions>
}

/** What runs and what waits, in the order in which it starts. */
export const QueueList = ({ actions, listing }: QueueListProps) => {
  const api = useApi()
  const navigate = useNavigate()
  const { data: titles } = useQuery(queueTitlesQuery(api))
  const list = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<string>()
  const [open, setOpen] = useState<string>()
  const [shown, setShown] = useState(firstRows)
  const rows = useMemo(() => listing.runs.slice(0, shown), [listing, shown])
  const { cancel, change } = actions
  const { mutate } = change
  const onChange = useCallback((id: string, next: PlaceChange) => mutate({ id, ...next }), [mutate])
  const { mutate: end } = cancel
  const onCancel = useCallback((id: string) => end(id), [end])
  const onToggle = useCallback((id: string) => {
    setAt(id)
    setOpen((before) => (before === id ? undefined : id))
  }, [])
  // They have sections of their own.
  const later = listing.runs.filter((row) => row.state === "delayed" || row.state === "held").length
  const index = rows.findIndex(({ runId }) => runId === at)
  const current = rows[index]
  const move = (by: number) => {
    const next = rows[Math.min(Math.max(0, index + by), rows.length - 1)]
    if (next === undefined) return
    setAt(next.runId)
    list.current?.querySelector<HTMLElement>(`[data-run="${next.runId}"]`)?.focus()
  }
  const urgency = (by: -1 | 1) => {
    if (current === undefined || current.state === "executed") return
    const priority = nextPriority(current.priority, by)
    if (priority !== current.priority) onChange(current.runId, { priority })
  }
  useShortcut("j", () => move(1))
  useShortcut("k", () => move(-1))
  useShortcut("+", () => urgency(-1))
  useShortcut("-", () => urgency(1))
  useShortcut("h", () => {
    if (current !== undefined && current.state !== "executed")
      onChange(current.runId, { held: current.state !== "held" })
  })
  useShortcut("o", () => {
    if (current !== undefined) void navigate({ to: "/runs/$id", params: { id: current.runId } })
  })
  if (rows.length === 0) {
    return (
      <EmptyState icon={Coffee} title="Nothing runs and nothing waits">
        A run that cannot start at once waits here, with its place and the reason.
      </EmptyState>
    )
  }
  return (
    <div ref={list}>
      {sections.map(({ state, title }) => {
        const of = rows.filter((row) => row.state === state)
        if (of.length === 0) return null
        const all = state === "waiting" ? Math.max(of.length, listing.waiting - later) : of.length
        return (
          <section key={state} aria-label={title}>
            <h2 className="flex h-9 items-center gap-2 border-y bg-sunken/60 px-5 text-xs font-semibold max-sm:px-4 [section+section>&]:border-t-0">
              {title}
              <span className="font-normal text-faint">{all.toLocaleString("en-US")}</span>
              {state === "waiting" && (
                <span className="ml-auto flex items-center gap-2 font-normal text-faint max-md:hidden">
                  <Keys keys={["J", "K"]} /> move <Keys keys={["+", "−"]} /> urgency <Keys keys={["H"]} /> hold
                </span>
              )}
            </h2>
            {of.map((entry) => (
              <QueueRow
                key={entry.runId}
                entry={entry}
                title={titles?.get(entry.runId)}
                current={entry.runId === at}
                open={entry.runId === open}
                onToggle={onToggle}
                onChange={onChange}
                onCancel={onCancel}
              />
            ))}
          </section>
        )
      })}
      {listing.runs.length > shown && (
        <button
          type="button"
          onClick={() => setShown((before) => before + firstRows)}
          className="h-11 w-full text-xs font-medium text-soft hover:bg-hover hover:text-text"
        >
          Show more
        </button>
      )}
    </div>
  )
}
