import type { ReactNode } from "react"
import type { Run } from "../api/types.ts"
import { hasEnded } from "../api/runQueries.ts"
import { countText, usdText } from "../components/moneyText.ts"
import { useNow } from "../components/RelativeTime.tsx"
import { spanText } from "../components/timeText.ts"
import { elapsedMillis, tokensIn } from "./runFigures.ts"

const Elapsed = ({ run }: { readonly run: Run }) => {
  const now = useNow()
  const millis = elapsedMillis(run, now)
  return <>{millis === undefined ? "–" : spanText(hasEnded(run.state) ? millis : Math.floor(millis / 1000) * 1000)}</>
}

const Figure = ({
  children,
  label,
  title,
}: {
  readonly label: string
  readonly title?: string
  readonly children: ReactNode
}) => (
  <div className="flex items-baseline gap-1.5 whitespace-nowrap" title={title}>
    <dt className="text-xs text-faint">{label}</dt>
    <dd className="text-xs font-medium">{children}</dd>
  </div>
)

/** Time, tokens and money of a run as they grow. @param interim tokens of the turn that goes on */
export const RunFigures = ({ interim, run }: { readonly run: Run; readonly interim: Run["usage"] }) => {
  const usage = interim ?? run.usage
  const least = interim === undefined ? "" : "≥ "
  const total =
    usage?.basis === "session" || run.cost?.basis === "session"
      ? "Of the whole conversation, earlier runs included"
      : undefined
  return (
    <dl className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1">
      <Figure label="Time">
        <Elapsed run={run} />
      </Figure>
      <Figure label="In" {...(total === undefined ? {} : { title: total })}>
        {usage === undefined ? "–" : `${least}${countText(tokensIn(usage))}`}
      </Figure>
      <Figure label="Out" {...(total === undefined ? {} : { title: total })}>
        {usage === undefined ? "–" : `${least}${countText(usage.outputTokens)}`}
      </Figure>
      <Figure label="Cost" {...(total === undefined ? {} : { title: total })}>
        {usdText(run.cost?.usd)}
      </Figure>
    </dl>
  )
}
