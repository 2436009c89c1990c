import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useApi } from "../api/ApiContext.tsx"
import type { ControlChange } from "../api/types.ts"
import { toast, toastError } from "../components/Toast.tsx"
import { type Priority, priorityLabels } from "./priorities.ts"

export interface PlaceChange {
  readonly priority?: Priority
  readonly held?: boolean
}

const changeText = ({ held, priority }: PlaceChange): string =>
  priority === undefined
    ? held === true
      ? "Held: it does not start"
      : "Let go on"
    : `${priorityLabels[priority]} priority`

/** What a person can decide about the queue, and about one run in it. */
export const useQueueActions = () => {
  const api = useApi()
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: ["queue"] })
  const change = useMutation({
    mutationFn: ({ id, ...payload }: PlaceChange & { readonly id: string }) =>
      api.queue.change({ params: { id }, payload }),
    onSuccess: (_, asked) => {
      toast(changeText(asked))
      return refresh()
    },
    onError: (error) => toastError("Its place could not be changed", error),
  })
  const decide = useMutation({
    mutationFn: ({ reason, ...change }: ControlChange & { readonly reason?: string }) =>
      api.queue.decide({ payload: { change, ...(reason === undefined ? {} : { reason }) } }),
    onSuccess: () => refresh(),
    onError: (error) => toastError("It could not be decided", error),
  })
  const cancel = useMutation({
    mutationFn: (id: string) => api.runs.cancel({ params: { id }, payload: {} }),
    onSuccess: () => refresh(),
    onError: (error) => toastError("The run could not be canceled", error),
  })
  return { cancel, change, decide }
}
