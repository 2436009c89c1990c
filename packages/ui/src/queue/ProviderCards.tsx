import { useQuery } from "@tanstack/react-query"
import { Pause, Play, ZapOff } from "lucide-react"
import { useApi } from "../api/ApiContext.tsx"
import { breakersQuery } from "../api/runQueries.ts"
import type { QueueListing } from "../api/types.ts"
import { agentName } from "../components/agentName.ts"
import { Badge } from "../components/Badge.tsx"
import { Button } from "../components/Button.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { pausedBy } from "./decisionText.ts"
import type { useQueueActions } from "./useQueueActions.ts"

type Breaker = { readonly account: string; readonly state: BreakerState }
type BreakerState =
  | { readonly _tag: "Closed" }
  | { readonly _tag: "Open" | "HalfOpen"; readonly until: number; readonly openings: number; readonly code: string }

const Breakers = ({ breakers }: { readonly breakers: ReadonlyArray<Breaker> }) =>
  breakers.map(({ account, state }) =>
    state._tag === "Closed" ? null : (
      <p key={account} className="mt-1.5 flex gap-1.5 text-xs text-attention">
        <ZapOff className="mt-0.75 size-3 shrink-0" aria-hidden="true" />
        <span>
          {account} is given time after <code className="font-mono text-2xs">{state.code}</code>:{" "}
          {state._tag === "Open" ? (
            <>
              tried again <RelativeTime at={state.until} />
            </>
          ) : (
            "one run tries it now"
          )}
        </span>
      </p>
    ),
  )

interface ProviderCardsProps {
  readonly listing: QueueListing
  readonly actions: ReturnType<typeof useQueueActions>
}

/** Each provider: what runs, what waits, whether it is paused, and whether its account is given time. */
export const ProviderCards = ({ actions: { decide }, listing }: ProviderCardsProps) => {
  const api = useApi()
  const { data } = useQuery(breakersQuery(api))
  const breakers = (data ?? []) as ReadonlyArray<Breaker>
  const { control, runs } = listing
  const names = new Set([
    ...runs.map(({ provider }) => provider),
    ...control.pausedProviders,
    ...Object.keys(control.limits.provider ?? {}),
    ...breakers.map(({ account }) => account.split("/", 1)[0] ?? account),
  ])
  if (names.size === 0) return null
  return (
    <ul
      className="grid grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] gap-3 px-5 py-4 max-sm:grid-cols-1 max-sm:px-4"
      aria-label="Agents"
    >
      {[...names].toSorted().map((name) => {
        const paused = control.pausedProviders.includes(name)
        const of = runs.filter(({ provider }) => provider === name)
        const running = of.filter(({ state }) => state === "executed").length
        const limit = control.limits.provider?.[name]
        return (
          <li key={name} className="rounded-lg border bg-surface px-3 py-2.5">
            <div className="flex items-center justify-between gap-2">
              <h2 className="truncate font-medium">{agentName(name)}</h2>
              {paused && <Badge tone="attention">Paused</Badge>}
              <Button
                size="sm"
                look="ghost"
                className="ml-auto"
                busy={decide.isPending && pausedBy(decide.variables) === name}
                onClick={() => decide.mutate({ kind: paused ? "resume" : "pause", provider: name })}
              >
                {paused ? <Play /> : <Pause />} {paused ? "Resume" : "Pause"}
              </Button>
            </div>
            <p className="text-xs text-soft">
              <span className="font-medium text-text">{running}</span>
              {limit !== undefined && ` of ${limit}`} running ·{" "}
              <span className="font-medium text-text">{of.length - running}</span> waiting
            </p>
            <Breakers breakers={breakers.filter(({ account }) => account === name || account.startsWith(`${name}/`))} />
          </li>
        )
      })}
    </ul>
  )
}
