import { useQuery } from "@tanstack/react-query"
import { useParams, useSearch, useNavigate } from "@tanstack/react-router"
import { useSyncExternalStore } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { hasEnded, runQuery, waits } from "../api/runQueries.ts"
import type { Run } from "../api/types.ts"
import { useShortcut } from "../app/shortcuts.ts"
import { agentName } from "../components/agentName.ts"
import { StateBadge } from "../components/Badge.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Page } from "../components/Page.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { TabPanel, Tabs } from "../components/Tabs.tsx"
import { ConversationView } from "../run/ConversationView.tsx"
import { EventsView } from "../run/EventsView.tsx"
import { RunActions } from "../run/RunActions.tsx"
import { RunDetails } from "../run/RunDetails.tsx"
import { RunFigures } from "../run/RunFigures.tsx"
import { runTitle } from "../run/runTitle.ts"
import { TerminalView } from "../run/TerminalView.tsx"
import { useRunFeed } from "../run/useRunFeed.ts"
import { WaitPanel } from "../run/WaitPanel.tsx"
import { type RunView, runViews } from "./runSearch.ts"

const labels: Readonly<Record<RunView, string>> = {
  conversation: "Conversation",
  events: "Events",
  terminal: "Terminal",
  details: "Details",
}

/** As high as what the shell leaves of the window. */
const full =
  "flex-none h-[calc(100dvh-3rem)] max-md:h-[calc(100dvh-6.5rem-env(safe-area-inset-bottom))] overflow-hidden"

const RunScreen = ({ run }: { readonly run: Run }) => {
  const { view = "conversation" } = useSearch({ from: "/runs/$id" })
  const navigate = useNavigate({ from: "/runs/$id" })
  const { feed, state } = useRunFeed(run)
  const timeline = useSyncExternalStore(feed.conversation.subscribe, feed.conversation.snapshot)
  const live = !hasEnded(run.state)
  const show = (next: RunView) =>
    void navigate({ search: next === "conversation" ? {} : { view: next }, replace: true })
  useShortcut("1", () => show("conversation"))
  useShortcut("2", () => show("events"))
  useShortcut("3", () => show("terminal"))
  const title = runTitle(run)
  const model = run.model ?? run.request.model
  return (
    <Page
      title={title}
      layout="wide"
      className={full}
      heading={
        <div className="flex min-w-0 items-center gap-2.5">
          <StateBadge state={run.state} className="max-sm:hidden" />
          <h1 dir="auto" className="truncate text-sm font-semibold" title={title}>
            {title}
          </h1>
        </div>
      }
      actions={<RunActions run={run} />}
    >
      <div className="flex items-center justify-between gap-x-6 gap-y-1 border-b px-5 py-2 max-lg:flex-wrap max-sm:px-4">
        <div className="flex min-w-0 items-center gap-1.5 text-xs text-soft">
          <StateBadge state={run.state} className="mr-1 shrink-0 sm:hidden" />
          <span className="shrink-0 font-medium text-text">{agentName(run.request.provider)}</span>
          {model !== undefined && model !== run.request.provider && <span className="truncate">· {model}</span>}
          <span className="truncate font-mono text-2xs text-faint max-sm:hidden" title={run.request.cwd}>
            · {run.request.cwd}
          </span>
        </div>
        <RunFigures run={run} interim={live ? timeline.interim : undefined} />
      </div>
      {waits(run.state) && <WaitPanel run={run} />}
      {state === "failed" && (
        <ErrorState
          error={feed.error}
          title="The run cannot be followed"
          onRetry={() => location.reload()}
          className="m-3"
        />
      )}
      <div className="flex min-h-0 flex-1">
        <Tabs
          label="Views of the run"
          tabs={runViews.map((value) => ({ value, label: labels[value] }))}
          value={view}
          onChange={show}
          className="min-w-0 flex-1 [&>[role=tablist]]:px-5 max-sm:[&>[role=tablist]]:px-4 xl:[&_[role=tab]:last-of-type]:hidden"
        >
          <TabPanel value="conversation" className="flex flex-1 flex-col">
            <ConversationView feed={feed} live={live} />
          </TabPanel>
          <TabPanel value="events" className="flex flex-1 flex-col">
            <EventsView feed={feed} live={live} />
          </TabPanel>
          <TabPanel value="terminal" className="flex flex-1 flex-col">
            <TerminalView feed={feed} live={live} />
          </TabPanel>
          <TabPanel value="details" className="scroll-slim flex-1 overflow-y-auto">
            <RunDetails run={run} />
          </TabPanel>
        </Tabs>
        <aside aria-label="Details" className="scroll-slim w-84 shrink-0 overflow-y-auto border-l max-xl:hidden">
          <RunDetails run={run} />
        </aside>
      </div>
    </Page>
  )
}

export const RunPage = () => {
  const { id } = useParams({ from: "/runs/$id" })
  const api = useApi()
  const { data, error, refetch } = useQuery({
    ...runQuery(api, id),
    // What has stopped and not ended may be sent on from elsewhere.
    refetchInterval: ({ state }) => (state.data !== undefined && waits(state.data.state) ? 3_000 : false),
  })
  if (data !== undefined) return <RunScreen key={id} run={data} />
  return (
    <Page title="Run" layout="wide">
      <div className="mx-auto w-full max-w-3xl px-5 py-6">
        {error === null ? (
          <SkeletonLines lines={8} />
        ) : (
          <ErrorState error={error} title="The run could not be loaded" onRetry={() => void refetch()} />
        )}
      </div>
    </Page>
  )
}
