import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useApi } from "../api/ApiContext.tsx"
import { runQuery } from "../api/runQueries.ts"
import type { Run } from "../api/types.ts"
import { toast, toastError } from "../components/Toast.tsx"

/** What a person can do with a run. Each says what became of it. */
export const useRunActions = (run: Run) => {
  const api = useApi()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { id } = run
  const took = (next: Run) => {
    queries.setQueryData(runQuery(api, id).queryKey, next)
    void queries.invalidateQueries({ queryKey: ["queue"] })
  }
  const cancel = useMutation({
    mutationFn: (force: boolean) => api.runs.cancel({ params: { id }, payload: { force } }),
    onSuccess: took,
    onError: (error) => toastError("The run could not be canceled", error),
  })
  const retry = useMutation({
    mutationFn: () => api.runs.retry({ params: { id }, payload: {} }),
    onSuccess: took,
    onError: (error) => toastError("The run could not be tried again", error),
  })
  const rerun = useMutation({
    mutationFn: () => api.runs.rerun({ params: { id }, payload: {} }),
    onSuccess: ({ run }) => {
      toast("Run again", "It is a new run with the same request.")
      void navigate({ to: "/runs/$id", params: { id: run.id } })
    },
    onError: (error) => toastError("The run could not be repeated", error),
  })
  return { cancel, retry, rerun }
}
