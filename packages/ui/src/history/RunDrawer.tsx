import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { ArrowUpRight, Pencil } from "lucide-react"
import { useApi } from "../api/ApiContext.tsx"
import { hasEnded, runQuery } from "../api/runQueries.ts"
import { StateBadge } from "../components/Badge.tsx"
import { buttonStyle } from "../components/Button.tsx"
import { Drawer } from "../components/Dialog.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { ErrorInfoView } from "../run/ErrorInfoView.tsx"
import { MessageText } from "../run/MessageText.tsx"
import { RunDetails } from "../run/RunDetails.tsx"
import { RunFigures } from "../run/RunFigures.tsx"
import { runTitle } from "../run/runTitle.ts"

const Content = ({ id }: { readonly id: string }) => {
  const api = useApi()
  const { data: run, error, refetch } = useQuery(runQuery(api, id))
  if (error !== null && run === undefined) {
    return <ErrorState error={error} title="The run could not be loaded" onRetry={() => void refetch()} />
  }
  if (run === undefined) return <SkeletonLines lines={8} />
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <StateBadge state={run.state} />
        <RunFigures run={run} interim={undefined} />
      </div>
      {run.error !== undefined && (
        <ErrorInfoView error={run.error} tone={run.state === "action_needed" ? "attention" : "bad"} />
      )}
      {run.finalMessage !== undefined && (
        <section aria-label="Final message">
          <h2 className="pb-1.5 text-xs font-semibold">Final message</h2>
          <div className="leading-6">
            <MessageText text={run.finalMessage} live={false} />
          </div>
        </section>
      )}
      <section aria-label="Prompt">
        <h2 className="pb-1.5 text-xs font-semibold">Prompt</h2>
        <MessageText text={run.request.prompt} live={false} plain />
      </section>
      <div className="-mx-5 border-t">
        <RunDetails run={run} />
      </div>
    </div>
  )
}

const Title = ({ id }: { readonly id: string }) => {
  const api = useApi()
  const { data: run } = useQuery(runQuery(api, id))
  return (
    <span dir="auto" className="line-clamp-2 break-words">
      {run === undefined ? "Run" : runTitle(run)}
    </span>
  )
}

const Actions = ({ id }: { readonly id: string }) => {
  const api = useApi()
  const { data: run } = useQuery(runQuery(api, id))
  return (
    <>
      {run !== undefined && hasEnded(run.state) && (
        <Link to="/" search={{ rerun: id }} className={buttonStyle()}>
          <Pencil /> Rerun with edits
        </Link>
      )}
      <Link to="/runs/$id" params={{ id }} className={buttonStyle({ look: "solid" })}>
        Open <ArrowUpRight />
      </Link>
    </>
  )
}

/** A run's details beside the list. */
export const RunDrawer = ({ id, onClose }: { readonly id: string | undefined; readonly onClose: () => void }) => (
  <Drawer
    open={id !== undefined}
    onClose={onClose}
    title={id === undefined ? "" : <Title id={id} />}
    description={id === undefined ? undefined : <span className="font-mono text-2xs">{id}</span>}
    actions={id === undefined ? undefined : <Actions id={id} />}
  >
    {id !== undefined && <Content key={id} id={id} />}
  </Drawer>
)
