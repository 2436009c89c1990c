import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useRef } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { toast, toastError } from "../components/Toast.tsx"

/** What a person can do to a schedule that is there. */
export const useScheduleActions = () => {
  const api = useApi()
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: ["schedules"] })
  const pause = useMutation({
    mutationFn: (id: string) => api.schedules.pause({ params: { id }, payload: {} }),
    onSuccess: () => {
      toast("Paused: no time counts until it goes on")
      return refresh()
    },
    onError: (error) => toastError("The schedule could not be paused", error),
  })
  const resume = useMutation({
    mutationFn: (id: string) => api.schedules.resume({ params: { id }, payload: {} }),
    onSuccess: () => {
      toast("It goes on with the times to come")
      return refresh()
    },
    onError: (error) => toastError("The schedule could not go on", error),
  })
  /** What was asked for last, and may have come to nothing: the same again is the same run. */
  const sent = useRef<{ readonly id: string; readonly key: string }>(undefined)
  const fire = useMutation({
    mutationFn: (id: string) => {
      if (sent.current?.id !== id) sent.current = { id, key: crypto.randomUUID() }
      return api.schedules.fire({ params: { id }, payload: {}, headers: { "idempotency-key": sent.current.key } })
    },
    onSuccess: () => {
      sent.current = undefined
      toast("A run is queued. The next time stays where it is.")
    },
    onError: (error) => toastError("The schedule could not be run", error),
    onSettled: refresh,
  })
  const remove = useMutation({
    mutationFn: (id: string) => api.schedules.remove({ params: { id } }),
    onSuccess: () => {
      toast("The schedule is gone. Its runs stay.")
      return refresh()
    },
  })
  return { fire, pause, remove, resume }
}
