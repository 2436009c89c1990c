import { useQuery } from "@tanstack/react-query"
import { CalendarClock, Plus } from "lucide-react"
import { useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { schedulesQuery } from "../api/operatorQueries.ts"
import type { Schedule } from "../api/types.ts"
import { Button } from "../components/Button.tsx"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Page } from "../components/Page.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { RemoveDialog } from "../schedules/RemoveDialog.tsx"
import { EditForm, ScheduleForm } from "../schedules/ScheduleForm.tsx"
import { ScheduleRow } from "../schedules/ScheduleRow.tsx"
import { useScheduleActions } from "../schedules/useScheduleActions.ts"
import { localZone } from "../schedules/zonedTime.ts"
import { Rows } from "../settings/Section.tsx"

/** Requests that are submitted by the clock. */
export const SchedulesPage = () => {
  const { data, error, refetch } = useQuery(schedulesQuery(useApi()))
  const actions = useScheduleActions()
  const [adding, setAdding] = useState(false)
  const [editing, setEditing] = useState<Schedule>()
  const [removing, setRemoving] = useState<Schedule>()
  const add = (
    <Button look="solid" size="sm" onClick={() => setAdding(true)}>
      <Plus aria-hidden="true" />
      New schedule
    </Button>
  )
  return (
    <Page title="Schedules" actions={data === undefined || data.length === 0 ? undefined : add}>
      {error !== null && (
        <ErrorState
          className="mb-4"
          title="The schedules could not be loaded"
          error={error}
          onRetry={() => void refetch()}
        />
      )}
      {data === undefined && error === null && <SkeletonLines lines={6} />}
      {data?.length === 0 && (
        <EmptyState
          icon={CalendarClock}
          title="Nothing is scheduled"
          className="rounded-lg border border-dashed"
          actions={add}
        >
          A schedule starts the same run again and again: every night, each Monday, once an hour.
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && (
        <>
          <p className="mb-2.5 text-xs text-soft">Times are those of {localZone} unless another zone is named.</p>
          <Rows>
            {data.map((schedule) => (
              <ScheduleRow
                key={schedule.id}
                schedule={schedule}
                actions={actions}
                onEdit={() => setEditing(schedule)}
                onRemove={() => setRemoving(schedule)}
              />
            ))}
          </Rows>
        </>
      )}
      <ScheduleForm open={adding} onClose={() => setAdding(false)} />
      {editing !== undefined && (
        <EditForm
          // What was typed into it belongs to what was seen.
          key={`${editing.id} ${editing.revision}`}
          schedule={editing}
          onClose={() => setEditing(undefined)}
          onReload={() => void refetch().then(({ data: now }) => setEditing(now?.find(({ id }) => id === editing.id)))}
        />
      )}
      <RemoveDialog schedule={removing} onClose={() => setRemoving(undefined)} remove={actions.remove} />
    </Page>
  )
}
