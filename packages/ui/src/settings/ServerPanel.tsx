import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { LogOut } from "lucide-react"
import { useApi } from "../api/ApiContext.tsx"
import { settingsQuery } from "../api/queries.ts"
import { ThemeToggle } from "../app/ThemeToggle.tsx"
import { Badge } from "../components/Badge.tsx"
import { Button } from "../components/Button.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { toastError } from "../components/Toast.tsx"
import { amountText, limitLabel } from "./policyText.ts"
import { Fact, Facts, Section } from "./Section.tsx"

const limitNames = ["queueMillis", "wallMillis", "idleMillis", "toolIdleMillis", "lingerMillis"] as const

export const ServerPanel = () => {
  const api = useApi()
  const queries = useQueryClient()
  const settings = useQuery(settingsQuery(api))
  const signOut = useMutation({
    mutationFn: () => api.session.close(),
    onSuccess: () => {
      queries.clear()
      window.location.replace("/")
    },
    onError: (error) => toastError("The session could not be ended", error),
  })
  const { data } = settings
  return (
    <>
      <Section title="This browser">
        <Facts>
          <Fact label="Theme">
            <ThemeToggle labels />
          </Fact>
          <Fact label="Session">
            <span className="flex flex-wrap items-center justify-between gap-2">
              <span>Signed in as {data?.actor ?? "…"}</span>
              <Button size="sm" busy={signOut.isPending} onClick={() => signOut.mutate()}>
                <LogOut aria-hidden="true" />
                Sign out
              </Button>
            </span>
          </Fact>
        </Facts>
      </Section>
      <Section title="The server">
        {settings.isPending && <SkeletonLines lines={5} />}
        {settings.error !== null && (
          <ErrorState title="It could not be asked" error={settings.error} onRetry={() => void settings.refetch()} />
        )}
        {data !== undefined && (
          <Facts>
            <Fact label="Runyard">
              {data.version} {data.demo && <Badge tone="attention">Demonstration</Badge>}
            </Fact>
            <Fact label="Node">
              {data.node} on {data.platform}
            </Fact>
            <Fact label="Process">{data.pid}</Fact>
            <Fact label="Started">
              <RelativeTime at={data.startedAt} />
            </Fact>
            <Fact label="Store">
              {data.store.readOnly ? (
                <>
                  <Badge tone="attention">Read only</Badge> Runs can be looked at and not started.
                </>
              ) : (
                "Read and written"
              )}
            </Fact>
            <Fact label="Scope">
              <code className="font-mono text-xs">
                {data.scope.platform}/{data.scope.tenant}/{data.scope.workspace}
              </code>
            </Fact>
          </Facts>
        )}
      </Section>
      {data !== undefined && (
        <Section title="Limits of runs that ask for none">
          <Facts>
            {limitNames.map((name) => (
              <Fact key={name} label={limitLabel(name)}>
                {name === "toolIdleMillis" && data.limits[name] === 0
                  ? "as without a tool"
                  : amountText(name, data.limits[name])}
              </Fact>
            ))}
          </Facts>
        </Section>
      )}
    </>
  )
}
