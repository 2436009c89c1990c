import type { Schedule } from "../api/types.ts"
import { Button } from "../components/Button.tsx"
import { Dialog } from "../components/Dialog.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { scheduleTitle } from "./scheduleText.ts"
import type { useScheduleActions } from "./useScheduleActions.ts"

interface RemoveDialogProps {
  readonly schedule: Schedule | undefined
  readonly onClose: () => void
  readonly remove: ReturnType<typeof useScheduleActions>["remove"]
}

/** Asks before a schedule is forgotten. Closed without one. */
export const RemoveDialog = ({ onClose, remove, schedule }: RemoveDialogProps) => {
  const close = () => {
    remove.reset()
    onClose()
  }
  return (
    <Dialog
      open={schedule !== undefined}
      onClose={close}
      title="Remove this schedule"
      description={schedule === undefined ? undefined : scheduleTitle(schedule)}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            look="danger"
            busy={remove.isPending}
            onClick={() => schedule !== undefined && remove.mutate(schedule.id, { onSuccess: close })}
          >
            Remove
          </Button>
        </>
      }
    >
      <p className="text-sm text-soft">No run starts by it any more. Runs that it has started stay as they are.</p>
      {remove.error !== null && <ErrorState className="mt-4" title="It was not removed" error={remove.error} />}
    </Dialog>
  )
}
