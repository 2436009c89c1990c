import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useApi } from "../api/ApiContext.tsx"
import { explainQuery } from "../api/runQueries.ts"
import { ErrorState } from "../components/ErrorState.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { Skeleton } from "../components/Skeleton.tsx"

/** Why a run is where it is, in the server's words. */
export const QueueWhy = ({ id }: { readonly id: string }) => {
  const api = useApi()
  const { data, error, refetch } = useQuery(explainQuery(api, id))
  return (
    <div className="pr-5 pb-3 pl-[4.25rem] max-sm:px-4">
      {data === undefined && error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton className="my-1 w-2/3" />}
      {data !== undefined && (
        <div className="text-sm text-soft">
          <p className="max-w-[75ch]">{data.text}</p>
          <p className="mt-1 flex flex-wrap gap-x-4 text-xs text-faint">
            {data.latestStart !== undefined && (
              <span>
                Starts at the latest <RelativeTime at={data.latestStart} className="font-medium text-soft" />
              </span>
            )}
            <Link to="/runs/$id" params={{ id }} className="font-medium text-accent underline-offset-2 hover:underline">
              Open the run
            </Link>
          </p>
        </div>
      )}
    </div>
  )
}
