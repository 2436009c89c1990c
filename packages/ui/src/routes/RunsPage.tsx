import { useInfiniteQuery } from "@tanstack/react-query"
import { Link, useNavigate, useSearch } from "@tanstack/react-router"
import { useVirtualizer } from "@tanstack/react-virtual"
import { SearchX, SquarePen } from "lucide-react"
import { useCallback, useEffect, useMemo, useRef, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { runsQuery } from "../api/runQueries.ts"
import { useShortcut } from "../app/shortcuts.ts"
import { Button, buttonStyle } from "../components/Button.tsx"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Page } from "../components/Page.tsx"
import { Skeleton } from "../components/Skeleton.tsx"
import { Spinner } from "../components/Spinner.tsx"
import { FilterBar } from "../history/FilterBar.tsx"
import { RunDrawer } from "../history/RunDrawer.tsx"
import { RunRow } from "../history/RunRow.tsx"
import { statuses } from "../history/statuses.ts"
import type { RunsSearch } from "./runsSearch.ts"

/** Height of a row, in pixels. */
const rowHeight = 58
/** Pages up to which the list is asked for again by itself: each of them is. */
const livePages = 2

const full =
  "flex-none h-[calc(100dvh-3rem)] max-md:h-[calc(100dvh-6.5rem-env(safe-area-inset-bottom))] overflow-hidden"

const RowSkeletons = () => (
  <div role="status">
    <span className="sr-only">Loading</span>
    {Array.from({ length: 9 }, (_, index) => (
      <div key={index} className="flex h-14.5 items-center gap-6 border-b px-5">
        <div className="flex flex-1 flex-col gap-2">
          <Skeleton className={index % 3 === 0 ? "w-1/2" : "w-2/3"} />
          <Skeleton className="h-2.5 w-40" />
        </div>
        <Skeleton className="h-5 w-20 rounded-full" />
      </div>
    ))}
  </div>
)

/** All runs, newest first. */
export const RunsPage = () => {
  const search = useSearch({ from: "/runs" })
  const navigate = useNavigate({ from: "/runs" })
  const api = useApi()
  const filter = {
    ...(search.provider === undefined ? {} : { provider: search.provider }),
    ...(search.q === undefined ? {} : { q: search.q }),
    ...(search.status === undefined ? {} : { state: statuses[search.status].states }),
  }
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage, isPlaceholderData, refetch } = useInfiniteQuery({
    ...runsQuery(api, filter),
    placeholderData: (before) => before,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= livePages ? 5_000 : false),
  })
  const runs = useMemo(() => (data?.pages ?? []).flatMap(({ runs }) => runs), [data])
  const [at, setAt] = useState(0)
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => runs[index]?.id ?? index,
  })
  const items = rows.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= runs.length - 15 && runs.length > 0 && error === null)
      void fetchNextPage()
  }, [error, fetchNextPage, hasNextPage, isFetchingNextPage, last, runs.length])

  const change = (next: { readonly [K in keyof RunsSearch]: RunsSearch[K] | undefined }) => {
    const entries = Object.entries({ ...search, ...next }).filter(([, value]) => value !== undefined)
    void navigate({ search: Object.fromEntries(entries), replace: true })
    if (!("run" in next)) {
      setAt(0)
      scroller.current?.scrollTo({ top: 0 })
    }
  }
  const open = useCallback(
    (id: string) => void navigate({ search: (before) => ({ ...before, run: id }), replace: true }),
    [navigate],
  )
  const move = (by: number) => {
    const next = Math.min(Math.max(0, at + by), runs.length - 1)
    if (next < 0) return
    setAt(next)
    rows.scrollToIndex(next)
    requestAnimationFrame(() => {
      scroller.current
        ?.querySelector<HTMLElement>(`[data-run="${runs[next]?.id ?? ""}"]`)
        ?.focus({ preventScroll: true })
    })
  }
  useShortcut("j", () => move(1))
  useShortcut("k", () => move(-1))
  useShortcut("o", () => {
    const run = runs[at]
    if (run !== undefined) void navigate({ to: "/runs/$id", params: { id: run.id } })
  })
  const filtered = search.provider !== undefined || search.status !== undefined || search.q !== undefined

  const body = () => {
    if (data === undefined && error === null) return <RowSkeletons />
    if (data === undefined) {
      return (
        <div className="p-5">
          <ErrorState error={error} title="The runs could not be loaded" onRetry={() => void refetch()} />
        </div>
      )
    }
    if (runs.length === 0) {
      return filtered ? (
        <EmptyState
          icon={SearchX}
          title="No run is like that"
          actions={<Button onClick={() => void navigate({ search: {}, replace: true })}>Show all runs</Button>}
        >
          Nothing in the history fits what is chosen above.
        </EmptyState>
      ) : (
        <EmptyState
          icon={SquarePen}
          title="No runs yet"
          actions={
            <Link to="/" className={buttonStyle({ look: "solid" })}>
              Start a run
            </Link>
          }
        >
          What agents do for you is kept here: every message, every tool, every change.
        </EmptyState>
      )
    }
    return (
      <>
        <ul
          className="relative"
          ref={(list) => {
            if (list !== null) list.style.height = `${rows.getTotalSize()}px`
          }}
        >
          {items.map(({ index, key, size, start }) => {
            const run = runs[index]
            return run === undefined ? null : (
              <li
                key={key}
                aria-setsize={hasNextPage ? -1 : runs.length}
                aria-posinset={index + 1}
                className="absolute inset-x-0 top-0"
                style={{ height: size, transform: `translateY(${start}px)` }}
              >
                <RunRow run={run} chosen={search.run === run.id || (index === at && at > 0)} onOpen={open} />
              </li>
            )
          })}
        </ul>
        <div className="flex h-14 items-center justify-center text-xs text-faint" role="status">
          {isFetchingNextPage ? (
            <span className="flex items-center gap-2">
              <Spinner /> Loading more
            </span>
          ) : error === null ? (
            !hasNextPage && `${runs.length.toLocaleString("en-US")} ${runs.length === 1 ? "run" : "runs"}, all of them`
          ) : (
            <Button size="sm" onClick={() => void fetchNextPage()}>
              More could not be loaded. Try again
            </Button>
          )}
        </div>
      </>
    )
  }

  return (
    <Page
      title="History"
      layout="wide"
      className={full}
      actions={
        <Link to="/" className={buttonStyle({ look: "solid", size: "sm" })}>
          <SquarePen /> New run
        </Link>
      }
    >
      <FilterBar search={search} onChange={change} runs={runs} />
      <div
        ref={scroller}
        aria-busy={isPlaceholderData || undefined}
        className={`scroll-slim min-h-0 flex-1 overflow-y-auto transition-opacity ${isPlaceholderData ? "opacity-60" : ""}`}
      >
        {body()}
      </div>
      <RunDrawer id={search.run} onClose={() => change({ run: undefined })} />
    </Page>
  )
}
