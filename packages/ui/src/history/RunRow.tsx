import { memo } from "react"
import type { Run } from "../api/types.ts"
import { agentName } from "../components/agentName.ts"
import { StateBadge } from "../components/Badge.tsx"
import { cn } from "../components/cn.ts"
import { usdText } from "../components/moneyText.ts"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { spanText } from "../components/timeText.ts"
import { elapsedMillis } from "../run/runFigures.ts"
import { runTitle } from "../run/runTitle.ts"

/** The end of a path, which tells it from others. */
const lastPart = (path: string): string => path.split(/[\\/]/).findLast((part) => part !== "") ?? path

interface RunRowProps {
  readonly run: Run
  readonly chosen: boolean
  readonly onOpen: (id: string) => void
}

/** A run in a list: what it is called, how it stands, who did it where, what it took. */
export const RunRow = memo(({ chosen, onOpen, run }: RunRowProps) => {
  const { cost, createdAt, endedAt, id, request } = run
  const took = endedAt === undefined ? undefined : elapsedMillis(run, endedAt)
  return (
    <button
      type="button"
      data-run={id}
      aria-current={chosen || undefined}
      onClick={() => onOpen(id)}
      className={cn(
        "flex h-full w-full items-center gap-4 border-b px-5 text-left hover:bg-hover/60 focus-visible:-outline-offset-2 max-sm:gap-3 max-sm:px-4",
        chosen && "bg-active/60",
      )}
    >
      <span className="min-w-0 flex-1">
        <span dir="auto" className="block truncate text-left font-medium">
          {runTitle(run)}
        </span>
        <span className="flex min-w-0 items-center gap-1.5 text-xs text-faint">
          <span className="shrink-0">{agentName(request.provider)}</span>
          <span aria-hidden="true">·</span>
          <bdi className="truncate" title={request.cwd}>
            {lastPart(request.cwd)}
          </bdi>
          <span aria-hidden="true">·</span>
          <RelativeTime at={createdAt} className="shrink-0" />
        </span>
      </span>
      <span className="w-20 shrink-0 text-right text-xs text-soft max-md:hidden">
        {took === undefined ? "" : spanText(Math.max(1_000, Math.round(took / 1000) * 1000))}
      </span>
      <span className="w-14 shrink-0 text-right text-xs text-soft max-md:hidden">
        {cost === undefined ? "" : usdText(cost.usd)}
      </span>
      <span className="flex w-30 shrink-0 max-sm:w-auto">
        <StateBadge state={run.state} />
      </span>
    </button>
  )
})
