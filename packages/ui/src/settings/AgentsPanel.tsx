import { useQuery } from "@tanstack/react-query"
import { Check, Minus, RefreshCw } from "lucide-react"
import type { ReactNode } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { capabilitiesQuery } from "../api/queries.ts"
import type { Diagnosis } from "../api/types.ts"
import { Badge } from "../components/Badge.tsx"
import { Button } from "../components/Button.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Prose } from "../components/Prose.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import type { Tone } from "../stateLabel.ts"
import { Section } from "./Section.tsx"

const statusOf = ({ auth, error, profile }: Diagnosis): { readonly label: string; readonly tone: Tone } => {
  if (error?.code === "CLI_NOT_FOUND") return { label: "Not installed", tone: "quiet" }
  if (error !== undefined || profile?.status === "blocked") return { label: "Cannot be used", tone: "bad" }
  if (auth?.state === "missing") return { label: "Signed out", tone: "attention" }
  if (profile?.status === "degraded") return { label: "Works in part", tone: "attention" }
  return { label: "Ready", tone: "good" }
}

const Line = ({ children, label }: { readonly label: string; readonly children: ReactNode }) => (
  <div className="grid grid-cols-[7rem_1fr] gap-3 py-1 max-sm:grid-cols-1 max-sm:gap-0">
    <dt className="text-faint">{label}</dt>
    <dd className="min-w-0 break-words text-soft">{children}</dd>
  </div>
)

const AgentCard = ({ diagnosis }: { readonly diagnosis: Diagnosis }) => {
  const { auth, containment, error, executable, name, profile } = diagnosis
  const status = statusOf(diagnosis)
  const features = Object.entries(profile?.features ?? {})
  return (
    <article className="rounded-lg border bg-surface p-4 shadow-raised">
      <header className="flex items-center justify-between gap-3">
        <h3 className="text-sm font-semibold">
          {name}
          {profile?.version != null && <span className="ml-2 font-normal text-faint">{profile.version}</span>}
        </h3>
        <Badge tone={status.tone}>{status.label}</Badge>
      </header>
      <dl className="mt-2 text-sm">
        {error !== undefined && (
          <Line label="Why">
            <Prose text={`${error.message}. ${error.remedy}`} />{" "}
            <code className="font-mono text-2xs text-faint">{error.code}</code>
          </Line>
        )}
        {profile?.message !== undefined && <Line label="Version">{profile.message}</Line>}
        {executable !== undefined && (
          <Line label="Program">
            <code className="font-mono text-xs break-all">{executable}</code>
          </Line>
        )}
        {auth !== undefined && <Line label="Sign-in">{auth.message}</Line>}
        {containment !== undefined && (
          <Line label="Containment">
            {containment.message}
            {containment.refused.map(({ containment, reason }) => (
              <span key={containment} className="block text-xs text-faint">
                {containment}: {reason}
              </span>
            ))}
          </Line>
        )}
        {features.length > 0 && (
          <Line label="Can">
            <ul className="flex flex-wrap gap-x-3 gap-y-0.5">
              {features.map(([feature, has]) => (
                <li key={feature} className={`flex items-center gap-1 text-xs ${has ? "" : "text-faint line-through"}`}>
                  {has ? (
                    <Check className="size-3 text-good" aria-hidden="true" />
                  ) : (
                    <Minus className="size-3" aria-hidden="true" />
                  )}
                  {feature}
                  {!has && <span className="sr-only">: no</span>}
                </li>
              ))}
            </ul>
          </Line>
        )}
      </dl>
    </article>
  )
}

export const AgentsPanel = () => {
  const agents = useQuery(capabilitiesQuery(useApi()))
  return (
    <Section
      title="Agents on this machine"
      hint="Found out without asking a network or a model."
      actions={
        <Button size="sm" busy={agents.isFetching} onClick={() => void agents.refetch()}>
          {!agents.isFetching && <RefreshCw aria-hidden="true" />}
          Look again
        </Button>
      }
    >
      {agents.isPending && <SkeletonLines lines={6} />}
      {agents.error !== null && (
        <ErrorState title="It could not be found out" error={agents.error} onRetry={() => void agents.refetch()} />
      )}
      <div className="flex flex-col gap-3">
        {agents.data?.map((diagnosis) => (
          <AgentCard key={diagnosis.provider} diagnosis={diagnosis} />
        ))}
      </div>
    </Section>
  )
}
