import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { ChevronRight } from "lucide-react"
import { useId, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { nextTimesQuery } from "../api/operatorQueries.ts"
import type { Schedule } from "../api/types.ts"
import { agentName } from "../components/agentName.ts"
import { Badge } from "../components/Badge.tsx"
import { Button } from "../components/Button.tsx"
import { cn } from "../components/cn.ts"
import { ErrorState } from "../components/ErrorState.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { FireList } from "./FireList.tsx"
import { missedText, overlapText, scheduleTitle, zoneOf } from "./scheduleText.ts"
import { TimeList } from "./TimeList.tsx"
import type { useScheduleActions } from "./useScheduleActions.ts"
import { zonedText } from "./zonedTime.ts"

/** When it is due next, by the clock here; otherwise why it is not. */
const Next = ({ schedule: { enabled, nextAt, waiting } }: { readonly schedule: Schedule }) => {
  if (waiting !== undefined) return <Badge tone="busy">Waits for a run to end</Badge>
  if (!enabled) return <Badge tone="attention">Paused</Badge>
  if (nextAt === undefined) return <Badge>No time left</Badge>
  return (
    <span className="text-sm">
      {zonedText(nextAt)} <RelativeTime at={nextAt} className="text-xs text-faint" />
    </span>
  )
}

const Details = ({ schedule }: { readonly schedule: Schedule }) => {
  const { by, createdAt, fires, id, lastRefusal, overlap, request, times } = schedule
  const next = useQuery(nextTimesQuery(useApi(), id))
  return (
    <div className="flex flex-col gap-3 pb-3 pl-6 max-sm:pl-0">
      <p className="text-sm break-words whitespace-pre-wrap">{request.prompt}</p>
      <p className="text-xs text-soft">
        {agentName(request.provider)} in <span className="font-mono break-all">{request.cwd}</span>
      </p>
      <div>
        <p className="mb-1 text-xs font-medium text-soft">
          {schedule.enabled ? "Next times" : "Next times, were it not paused"}
        </p>
        {next.isPending && <SkeletonLines lines={5} />}
        {next.error !== null && (
          <ErrorState title="Its times could not be found out" error={next.error} onRetry={() => void next.refetch()} />
        )}
        {next.data !== undefined && <TimeList times={next.data} timeZone={zoneOf(schedule)} label="Next times" />}
      </div>
      {fires.length > 0 && (
        <div>
          <p className="mb-1 text-xs font-medium text-soft">Last times</p>
          <FireList fires={fires} />
        </div>
      )}
      {lastRefusal !== undefined && (
        <ErrorState title={`The run of ${zonedText(lastRefusal.due)} was refused`} error={lastRefusal.error} />
      )}
      <p className="text-xs text-faint">
        <span className="font-mono">{id}</span> by {by}, <RelativeTime at={createdAt} />. Times that are missed:{" "}
        {missedText(times.missed).toLowerCase()}. While a run has not ended: {overlapText(overlap).toLowerCase()}.
      </p>
    </div>
  )
}

interface ScheduleRowProps {
  readonly schedule: Schedule
  readonly actions: ReturnType<typeof useScheduleActions>
  readonly onEdit: () => void
  readonly onRemove: () => void
}

export const ScheduleRow = ({ actions: { fire, pause, resume }, onEdit, onRemove, schedule }: ScheduleRowProps) => {
  const [open, setOpen] = useState(false)
  const details = useId()
  const { enabled, id, lastRefusal, lastRun, times } = schedule
  const title = scheduleTitle(schedule)
  const turn = enabled ? pause : resume
  return (
    <li className="px-4">
      <div className="flex items-start gap-3 py-2.5 max-sm:flex-col max-sm:gap-2">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={details}
          onClick={() => setOpen(!open)}
          className="flex min-w-0 flex-1 items-start gap-2.5 text-left max-sm:w-full"
        >
          <ChevronRight className={cn("mt-1 size-3.5 shrink-0 text-faint", open && "rotate-90")} aria-hidden="true" />
          <span className="min-w-0">
            <span className="block truncate font-medium">{title}</span>
            <span className="block text-xs text-soft">
              <code className="font-mono">{times.expression}</code> {zoneOf(schedule)}
            </span>
          </span>
        </button>
        <div className="flex min-w-0 shrink-0 flex-col items-end gap-1 text-right max-sm:items-start max-sm:pl-6 max-sm:text-left">
          <Next schedule={schedule} />
          <p className="text-xs text-soft">
            {lastRefusal !== undefined && <span className="text-bad">Refused: {lastRefusal.error.code} </span>}
            {lastRun === undefined ? (
              lastRefusal === undefined && <span className="text-faint">No run yet</span>
            ) : (
              <Link to="/runs/$id" params={{ id: lastRun.runId }} className="text-text underline underline-offset-3">
                Last run <span className="sr-only">of {title}, </span>
                <RelativeTime at={lastRun.due} />
              </Link>
            )}
          </p>
          <div className="-mr-2.5 flex flex-wrap gap-1 max-sm:mr-0 max-sm:-ml-2.5">
            <Button
              look="ghost"
              size="sm"
              busy={fire.isPending && fire.variables === id}
              onClick={() => fire.mutate(id)}
              aria-label={`Run now: ${title}`}
            >
              Run now
            </Button>
            <Button look="ghost" size="sm" onClick={onEdit} aria-label={`Edit ${title}`}>
              Edit
            </Button>
            <Button
              look="ghost"
              size="sm"
              busy={turn.isPending && turn.variables === id}
              onClick={() => turn.mutate(id)}
              aria-label={`${enabled ? "Pause" : "Resume"} ${title}`}
            >
              {enabled ? "Pause" : "Resume"}
            </Button>
            <Button look="ghost" size="sm" onClick={onRemove} aria-label={`Remove ${title}`}>
              Remove
            </Button>
          </div>
        </div>
      </div>
      <div id={details}>{open && <Details schedule={schedule} />}</div>
    </li>
  )
}
