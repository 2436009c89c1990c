import { useQuery } from "@tanstack/react-query"
import type { RunFeed } from "./RunFeed.ts"

/**
 * The number of the first event that tells of an error, wherever in the log: as the events tell that are here, and as the
 * server says where the log begins before them. Undefined while it is not known.
 */
export const useFirstError = ({ conversation, firstError, id }: RunFeed): number | undefined => {
  const { atEnd, firstError: known, from } = conversation
  const { data, isLoading } = useQuery({
    queryKey: ["first error", id],
    queryFn: async ({ signal }) => (await firstError(signal)) ?? null,
    enabled: from > 1 || !atEnd,
    // The first one stays the first.
    staleTime: ({ state }) => (typeof state.data === "number" ? Infinity : 10_000),
  })
  if (isLoading) return undefined
  return typeof data === "number" ? Math.min(data, known ?? data) : known
}
