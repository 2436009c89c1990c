import { useQuery } from "@tanstack/react-query"
import { Gauge } from "lucide-react"
import { lazy, Suspense, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { usageSumsQuery } from "../api/queries.ts"
import { agentName } from "../components/agentName.ts"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { countOf, countText, usdText } from "../components/moneyText.ts"
import { Page } from "../components/Page.tsx"
import { SegmentedControl } from "../components/SegmentedControl.tsx"
import { Skeleton } from "../components/Skeleton.tsx"
import { Section } from "../settings/Section.tsx"
import { BudgetsPanel } from "../usage/BudgetsPanel.tsx"
import { byDay, startOf, tokensOf, totalOf, usdOf } from "../usage/usageSum.ts"
import { UsageTable } from "../usage/UsageTable.tsx"

const UsageChart = lazy(async () => ({ default: (await import("../usage/UsageChart.tsx")).UsageChart }))

const ranges = [
  { value: "7", label: "7 days" },
  { value: "14", label: "14 days" },
  { value: "30", label: "30 days" },
] as const

const measures = [
  { value: "cost", label: "Cost" },
  { value: "tokens", label: "Tokens" },
] as const

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
const dayText = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" })

const Figure = ({
  children,
  label,
  note,
}: {
  readonly label: string
  readonly note?: string
  readonly children: string
}) => (
  <div className="min-w-0 px-4 py-3">
    <dt className="text-xs text-faint">{label}</dt>
    <dd className="mt-0.5 text-xl font-semibold tracking-tight">{children}</dd>
    {note !== undefined && <dd className="text-xs text-faint">{note}</dd>}
  </div>
)

export const UsagePage = () => {
  const api = useApi()
  const [range, setRange] = useState<(typeof ranges)[number]["value"]>("14")
  const [chosen, setMeasure] = useState<(typeof measures)[number]["value"]>()
  const [hovered, setHovered] = useState<number>()
  const days = Number(range)
  const now = Date.now()
  const since = startOf(days, now)
  const daily = useQuery(usageSumsQuery(api, { by: "day", since, timeZone: zone }))
  const providers = useQuery(usageSumsQuery(api, { by: "provider", since, timeZone: zone }))
  const models = useQuery(usageSumsQuery(api, { by: "model", since, timeZone: zone }))
  const shown = byDay(daily.data ?? [], days, now)
  const total = totalOf(shown)
  // Where no money is known, tokens say more.
  const measure = chosen ?? (usdOf(total) ? "cost" : "tokens")
  const today = shown.at(-1) ?? total
  const at = shown[hovered ?? shown.length - 1] ?? today
  const values = shown.map((sum) => (measure === "cost" ? (usdOf(sum) ?? 0) : tokensOf(sum)))
  return (
    <Page
      title="Usage"
      actions={<SegmentedControl label="How many days" segments={ranges} value={range} onChange={setRange} />}
    >
      {daily.error !== null && (
        <ErrorState title="The usage could not be loaded" error={daily.error} onRetry={() => void daily.refetch()} />
      )}
      {daily.isPending && (
        <div role="status" aria-label="Loading" className="flex flex-col gap-4">
          <Skeleton className="h-23 rounded-lg" />
          <Skeleton className="h-70 rounded-lg" />
        </div>
      )}
      {daily.data?.length === 0 && (
        <EmptyState icon={Gauge} title="Nothing has been used">
          What each attempt of a run uses is counted here: tokens, and money where the agent tells it or its price is
          known.
        </EmptyState>
      )}
      {daily.data !== undefined && daily.data.length > 0 && (
        <>
          <dl className="grid grid-cols-3 divide-x rounded-lg border bg-surface shadow-raised max-sm:grid-cols-1 max-sm:divide-x-0 max-sm:divide-y">
            <Figure label="Today" note={countOf(today.attempts, "attempt")}>
              {usdText(usdOf(today))}
            </Figure>
            <Figure
              label={`In ${days} days`}
              note={
                total.costUnknown === 0
                  ? countOf(total.attempts, "attempt")
                  : `${countOf(total.costUnknown, "attempt")} of unknown cost`
              }
            >
              {usdText(usdOf(total))}
            </Figure>
            <Figure label="Tokens" note={`${countText(total.tokens.cacheRead)} of them from a cache`}>
              {countText(tokensOf(total))}
            </Figure>
          </dl>
          <section className="mt-4 rounded-lg border bg-surface p-4 shadow-raised">
            <header className="mb-3 flex items-center justify-between gap-3">
              <p className="text-sm">
                <span className="text-soft">{dayText.format(new Date(`${at.key}T12:00`))}</span>{" "}
                <span className="font-medium">{measure === "cost" ? usdText(usdOf(at)) : countText(tokensOf(at))}</span>
              </p>
              <SegmentedControl label="What is drawn" segments={measures} value={measure} onChange={setMeasure} />
            </header>
            <Suspense fallback={<Skeleton className="h-50" />}>
              <UsageChart
                days={shown.map(({ key }) => key)}
                values={values}
                format={measure === "cost" ? usdText : countText}
                label={`${measure === "cost" ? "Cost" : "Tokens"} of the last ${days} days, day by day`}
                onHover={setHovered}
              />
            </Suspense>
          </section>
          <Section title="By agent">
            <UsageTable name="Agent" nameOf={agentName} sums={providers.data ?? []} unnamed="Not told" />
          </Section>
          <Section title="By model">
            <UsageTable name="Model" sums={models.data ?? []} unnamed="Not told" />
          </Section>
        </>
      )}
      <BudgetsPanel />
    </Page>
  )
}
