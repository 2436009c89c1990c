import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Hourglass } from "lucide-react"
import { useApi } from "../api/ApiContext.tsx"
import { explainQuery } from "../api/runQueries.ts"
import type { Run } from "../api/types.ts"
import { buttonStyle } from "../components/Button.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { Skeleton } from "../components/Skeleton.tsx"
import { dateTimeText } from "../components/timeText.ts"

/** Why a run waits, as the server says it, with its place and the latest start. */
export const WaitPanel = ({ run }: { readonly run: Run }) => {
  const api = useApi()
  const { data, error, refetch } = useQuery(explainQuery(api, run.id))
  if (error !== null && data === undefined) {
    return (
      <ErrorState error={error} title="Nobody can say why it waits" onRetry={() => void refetch()} className="m-3" />
    )
  }
  return (
    <section aria-label="Why it waits" className="border-b bg-sunken/70 px-5 py-3 max-sm:px-4">
      <div className="flex items-start gap-3">
        <Hourglass className="mt-0.5 size-4 shrink-0 text-soft" aria-hidden="true" />
        <div className="min-w-0 flex-1">
          {data === undefined ? <Skeleton className="my-1 w-3/4" /> : <p>{data.text}</p>}
          {data !== undefined && (
            <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-xs text-soft">
              {data.position !== undefined && (
                <div className="flex gap-1.5">
                  <dt className="text-faint">Place</dt>
                  <dd className="font-medium">{data.position}</dd>
                </div>
              )}
              {data.latestStart !== undefined && (
                <div className="flex gap-1.5" title={dateTimeText(data.latestStart)}>
                  <dt className="text-faint">Starts at the latest</dt>
                  <dd className="font-medium">
                    <RelativeTime at={data.latestStart} />
                  </dd>
                </div>
              )}
            </dl>
          )}
        </div>
        <Link to="/queue" className={buttonStyle({ size: "sm", look: "ghost" })}>
          Queue
        </Link>
      </div>
    </section>
  )
}
