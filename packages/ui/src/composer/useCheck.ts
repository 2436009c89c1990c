/** Asks the server what it would say to a request, a moment after the last change. */
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useApi } from "../api/ApiContext.tsx"
import type { Check, RunRequest } from "../api/types.ts"
import { useSettled } from "./useSettled.ts"

export interface CheckState {
  /** Of the last request that was checked. */
  readonly check: Check | undefined
  /** Whether that is the present one. */
  readonly current: boolean
  readonly error: unknown
}

export const useCheck = (request: RunRequest, enabled: boolean): CheckState => {
  const api = useApi()
  const key = JSON.stringify(request)
  const { settled, value } = useSettled(request, key)
  const query = useQuery({
    queryKey: ["check", JSON.stringify(value)],
    queryFn: ({ signal }) => api.runs.check({ payload: value, signal }),
    enabled: enabled && settled,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    gcTime: 30_000,
  })
  return {
    check: query.data,
    current: settled && query.isSuccess && !query.isPlaceholderData,
    error: query.error,
  }
}
