import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { Pause, Play } from "lucide-react"
import { useApi } from "../api/ApiContext.tsx"
import { queueQuery } from "../api/runQueries.ts"
import { Button } from "../components/Button.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Page } from "../components/Page.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { TabPanel, Tabs } from "../components/Tabs.tsx"
import { pausedBy } from "../queue/decisionText.ts"
import { DecisionsPanel } from "../queue/DecisionsPanel.tsx"
import { LimitsPanel } from "../queue/LimitsPanel.tsx"
import { ProviderCards } from "../queue/ProviderCards.tsx"
import { QueueList } from "../queue/QueueList.tsx"
import { useQueueActions } from "../queue/useQueueActions.ts"
import { type QueueTab, queueTabs } from "./queueSearch.ts"

const labels: Readonly<Record<QueueTab, string>> = { queue: "Queue", limits: "Limits", decisions: "Decisions" }

/** What runs, what waits and why, and who decides. */
export const QueuePage = () => {
  const api = useApi()
  const actions = useQueueActions()
  const { tab = "queue" } = useSearch({ from: "/queue" })
  const navigate = useNavigate({ from: "/queue" })
  const { data, error, refetch } = useQuery(queueQuery(api))
  const paused = data?.control.paused === true
  const executed = data?.runs.filter(({ state }) => state === "executed").length ?? 0
  const { decide } = actions
  const turn = (
    <Button
      size="sm"
      look={paused ? "solid" : "outline"}
      disabled={data === undefined}
      busy={decide.isPending && pausedBy(decide.variables) === null}
      onClick={() => decide.mutate({ kind: paused ? "resume" : "pause" })}
      title={paused ? "Runs start again" : "Nothing starts; what runs is finished"}
    >
      {paused ? <Play /> : <Pause />} {paused ? "Resume all" : "Pause all"}
    </Button>
  )
  const failed = data === undefined && error !== null
  return (
    <Page title="Queue" layout="wide" actions={turn}>
      {paused && (
        <div role="status" className="border-b bg-attention-soft px-5 py-2 text-sm text-attention max-sm:px-4">
          The queue is paused: nothing starts.{" "}
          {executed === 0
            ? "Nothing runs any more."
            : `${executed} ${executed === 1 ? "run is" : "runs are"} being finished.`}
        </div>
      )}
      <Tabs
        label="Parts of the queue"
        tabs={queueTabs.map((value) => ({ value, label: labels[value] }))}
        value={tab}
        onChange={(next) => void navigate({ search: next === "queue" ? {} : { tab: next }, replace: true })}
        className="[&>[role=tablist]]:px-5 max-sm:[&>[role=tablist]]:px-4"
      >
        {failed && (
          <div className="p-5">
            <ErrorState error={error} title="The queue could not be loaded" onRetry={() => void refetch()} />
          </div>
        )}
        <TabPanel value="queue">
          {data === undefined ? (
            !failed && (
              <div className="p-5">
                <SkeletonLines lines={8} />
              </div>
            )
          ) : (
            <>
              <ProviderCards listing={data} actions={actions} />
              <QueueList listing={data} actions={actions} />
            </>
          )}
        </TabPanel>
        <TabPanel value="limits">
          {data !== undefined && <LimitsPanel control={data.control} actions={actions} />}
        </TabPanel>
        <TabPanel value="decisions">
          <DecisionsPanel />
        </TabPanel>
      </Tabs>
    </Page>
  )
}
