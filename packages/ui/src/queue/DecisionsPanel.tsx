import { useQuery } from "@tanstack/react-query"
import { ClipboardList } from "lucide-react"
import { useApi } from "../api/ApiContext.tsx"
import { decisionsQuery } from "../api/runQueries.ts"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { decisionText } from "./decisionText.ts"

/** Who has decided what about the queue, newest first. */
export const DecisionsPanel = () => {
  const api = useApi()
  const { data, error, refetch } = useQuery(decisionsQuery(api))
  if (data === undefined) {
    return (
      <div className="p-5">
        {error === null ? (
          <SkeletonLines lines={5} />
        ) : (
          <ErrorState error={error} title="The decisions could not be loaded" onRetry={() => void refetch()} />
        )}
      </div>
    )
  }
  if (data.length === 0) {
    return (
      <EmptyState icon={ClipboardList} title="Nothing was decided yet">
        Who pauses the queue, lets it go on or changes limits stands here.
      </EmptyState>
    )
  }
  return (
    <ol>
      {data.map(({ at, by, change, reason }) => (
        <li key={`${at} ${by}`} className="flex items-baseline gap-4 border-b px-5 py-2.5 max-sm:px-4">
          <div className="min-w-0 flex-1">
            <p>{decisionText(change)}</p>
            {reason !== undefined && <p className="text-xs text-soft">{reason}</p>}
          </div>
          <span className="shrink-0 text-xs text-soft">{by}</span>
          <RelativeTime at={at} className="w-20 shrink-0 text-right text-xs text-faint" />
        </li>
      ))}
    </ol>
  )
}
