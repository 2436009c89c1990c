import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import type { Grant } from "../api/types.ts"
import { Button } from "../components/Button.tsx"
import { Checkbox } from "../components/Checkbox.tsx"
import { Dialog } from "../components/Dialog.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { toast } from "../components/Toast.tsx"

const stoppedText = (count: number): string | undefined =>
  count === 0 ? undefined : `${count} ${count === 1 ? "run was" : "runs were"} stopped.`

/** Asks before agents are turned out of a directory. Closed without a grant. */
export const RevokeDialog = ({
  grant,
  onClose,
}: {
  readonly grant: Grant | undefined
  readonly onClose: () => void
}) => {
  const api = useApi()
  const queries = useQueryClient()
  const [stop, setStop] = useState(false)
  const revoke = useMutation({
    mutationFn: (id: string) => api.grants.revoke({ params: { id }, query: { stopRuns: stop } }),
    onSuccess: ({ grants, stopped }) => {
      void queries.invalidateQueries({ queryKey: ["grants"] })
      toast(`${grants[0]?.path ?? "The directory"} is not granted any more`, stoppedText(stopped.length))
      close()
    },
  })
  const close = () => {
    setStop(false)
    revoke.reset()
    onClose()
  }
  return (
    <Dialog
      open={grant !== undefined}
      onClose={close}
      title="Revoke this grant"
      description={<span className="font-mono break-all">{grant?.path}</span>}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="danger" busy={revoke.isPending} onClick={() => grant !== undefined && revoke.mutate(grant.id)}>
            Revoke
          </Button>
        </>
      }
    >
      <p className="mb-3 text-sm text-soft">No run starts there any more, unless another grant covers it.</p>
      <Checkbox
        label="Stop the runs that are working there now"
        hint="Otherwise they go on until they end by themselves."
        checked={stop}
        onChange={setStop}
      />
      {revoke.error !== null && <ErrorState className="mt-4" title="It was not revoked" error={revoke.error} />}
    </Dialog>
  )
}
