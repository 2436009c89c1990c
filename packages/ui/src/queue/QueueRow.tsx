import { Link } from "@tanstack/react-router"
import { ChevronRight, CircleArrowDown, CircleArrowUp, Ellipsis, ExternalLink, Pause, Play, X } from "lucide-react"
import { memo } from "react"
import type { QueuedRun } from "../api/types.ts"
import { agentName } from "../components/agentName.ts"
import { Badge } from "../components/Badge.tsx"
import { cn } from "../components/cn.ts"
import { IconButton } from "../components/IconButton.tsx"
import { Menu } from "../components/Menu.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { Select } from "../components/Select.tsx"
import { type Priority, nextPriority, priorities, priorityLabels } from "./priorities.ts"
import { QueueWhy } from "./QueueWhy.tsx"
import type { PlaceChange } from "./useQueueActions.ts"

interface QueueRowProps {
  readonly entry: QueuedRun
  readonly title: string | undefined
  readonly current: boolean
  readonly open: boolean
  readonly onToggle: (id: string) => void
  readonly onChange: (id: string, change: PlaceChange) => void
  readonly onCancel: (id: string) => void
}

const When = ({ entry: { enqueuedAt, notBefore, startsAt, state } }: { readonly entry: QueuedRun }) => {
  if (state === "executed") return <Badge tone="busy">Running</Badge>
  if (state === "held") return <Badge tone="attention">Held</Badge>
  if (state === "delayed" && notBefore !== undefined) {
    return (
      <span className="text-xs text-soft">
        <RelativeTime at={notBefore} /> at the earliest
      </span>
    )
  }
  return startsAt === undefined ? (
    <span className="text-xs text-faint">
      queued <RelativeTime at={enqueuedAt} />
    </span>
  ) : (
    <span className="text-xs text-soft" title="A guess: if runs take as long as the last ones did">
      starts <RelativeTime at={startsAt} about />
    </span>
  )
}

/** A run in the queue: its place, when it will start, why it waits, and what can be changed. */
export const QueueRow = memo(({ current, entry, onCancel, onChange, onToggle, open, title }: QueueRowProps) => {
  const { position, priority, provider, runId, state } = entry
  const waits = state !== "executed"
  const set = (next: Priority) => next !== priority && onChange(runId, { priority: next })
  return (
    <div className={cn("border-b", current && "bg-active/50")}>
      <div className="flex min-h-13 items-center gap-3 px-5 py-1.5 max-sm:gap-2 max-sm:px-4">
        <span
          className="w-7 shrink-0 text-right text-xs text-faint"
          title={position === undefined ? undefined : "Place in the queue"}
        >
          {position ?? "–"}
        </span>
        <button
          type="button"
          data-run={runId}
          onClick={() => onToggle(runId)}
          aria-expanded={open}
          className="flex min-w-0 flex-1 items-center gap-2 rounded py-1 text-left"
        >
          <ChevronRight
            className={cn("size-3.5 shrink-0 text-faint transition-transform duration-100", open && "rotate-90")}
            aria-hidden="true"
          />
          <span className="min-w-0">
            <span dir="auto" className="block truncate text-left font-medium">
              {title ?? <span className="font-mono text-xs">{runId}</span>}
            </span>
            <span className="flex flex-wrap items-center gap-x-2 text-xs text-faint">
              {agentName(provider)}
              <span className="sm:hidden">
                <When entry={entry} />
              </span>
            </span>
          </span>
        </button>
        <span className="shrink-0 text-right max-sm:hidden">
          <When entry={entry} />
        </span>
        {waits ? (
          <Select<Priority>
            label={`Priority of ${title ?? runId}`}
            value={priority}
            onChange={set}
            items={priorities.map((value) => ({ value, label: priorityLabels[value] }))}
            className="h-7 w-30 shrink-0 text-xs max-md:hidden"
          />
        ) : (
          <span className="w-30 shrink-0 px-2.5 text-xs text-faint max-md:hidden">{priorityLabels[priority]}</span>
        )}
        <Menu
          trigger={
            <IconButton label={`What can be done with ${title ?? runId}`} size="sm">
              <Ellipsis />
            </IconButton>
          }
          groups={[
            waits
              ? [
                  {
                    label: "More urgent",
                    icon: CircleArrowUp,
                    hint: "+",
                    disabled: priority === "interactive",
                    onSelect: () => set(nextPriority(priority, -1)),
                  },
                  {
                    label: "Less urgent",
                    icon: CircleArrowDown,
                    hint: "−",
                    disabled: priority === "background",
                    onSelect: () => set(nextPriority(priority, 1)),
                  },
                  state === "held"
                    ? { label: "Let it go on", icon: Play, hint: "H", onSelect: () => onChange(runId, { held: false }) }
                    : { label: "Hold", icon: Pause, hint: "H", onSelect: () => onChange(runId, { held: true }) },
                ]
              : [],
            [{ label: "Cancel", icon: X, danger: true, onSelect: () => onCancel(runId) }],
          ]}
        />
        <Link
          to="/runs/$id"
          params={{ id: runId }}
          aria-label={`Open ${title ?? runId}`}
          className="rounded-md p-1.5 text-soft hover:bg-hover hover:text-text max-sm:hidden"
        >
          <ExternalLink className="size-3.5" aria-hidden="true" />
        </Link>
      </div>
      {open && <QueueWhy id={runId} />}
    </div>
  )
})
