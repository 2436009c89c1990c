import { useQuery } from "@tanstack/react-query"
import { ShieldCheck } from "lucide-react"
import { type ReactNode, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { ApiProblem } from "../api/ApiProblem.ts"
import { capabilitiesQuery, policyQuery } from "../api/queries.ts"
import type { Policy } from "../api/types.ts"
import { Badge } from "../components/Badge.tsx"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Input } from "../components/Input.tsx"
import { SegmentedControl } from "../components/SegmentedControl.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { modeLabel } from "../composer/modeItems.ts"
import { amountText, decisionOf, keeperText, limitLabel, ruleLabel } from "./policyText.ts"
import { Rows, Section } from "./Section.tsx"

const builtIn = "built in"

const Source = ({ source }: { readonly source: string }) =>
  source === builtIn ? null : (
    <span className="ml-1.5 rounded bg-hover px-1.5 py-0.5 font-mono text-2xs whitespace-nowrap text-soft">
      {source}
    </span>
  )

interface RulingRowProps {
  readonly name: ReactNode
  readonly decision: Policy["use"]["decision"]
  readonly advanced: boolean
  readonly children: ReactNode
}

const RulingRow = ({ advanced, children, decision, name }: RulingRowProps) => {
  const { label, tone } = decisionOf(decision, advanced)
  return (
    <li className="grid grid-cols-[minmax(0,14rem)_6.5rem_1fr] items-baseline gap-x-3 px-4 py-2 max-sm:grid-cols-[1fr_auto]">
      <span className="min-w-0 break-words">{name}</span>
      <span>
        <Badge tone={tone}>{label}</Badge>
      </span>
      <span className="text-xs text-soft max-sm:col-span-2">{children}</span>
    </li>
  )
}

const Modes = ({
  advanced,
  modes,
  title,
}: {
  readonly title: string
  readonly modes: Policy["permissionModes"]
  readonly advanced: boolean
}) => (
  <Section title={title}>
    <Rows>
      {modes.map(({ decision, flags, mode, note, reason, source }) => (
        <RulingRow key={mode} name={modeLabel(mode)} decision={decision} advanced={advanced}>
          {note ?? reason}
          {note !== undefined && decision !== "allowed" && `. ${reason}`}
          <Source source={source} />
          {flags !== undefined && flags.length > 0 && (
            <code className="block font-mono text-2xs break-all text-faint">{flags.join(" ")}</code>
          )}
        </RulingRow>
      ))}
    </Rows>
  </Section>
)

const decisions = ["all", "allowed", "advanced", "denied"] as const

const Flags = ({ policy }: { readonly policy: Policy }) => {
  const [typed, setTyped] = useState("")
  const [decision, setDecision] = useState<(typeof decisions)[number]>("all")
  const found = policy.flags.filter(
    (flag) =>
      (decision === "all" || flag.decision === decision) &&
      `${flag.flag} ${flag.reason}`.toLowerCase().includes(typed.trim().toLowerCase()),
  )
  if (policy.flags.length === 0) return null
  return (
    <Section
      title="Flags"
      hint={`${policy.flags.length} flags of the agent's program are known; what is not known is denied.`}
    >
      <div className="mb-2.5 flex gap-2 max-sm:flex-col">
        <Input
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder="Find a flag or a reason"
          aria-label="Find a flag or a reason"
          type="search"
        />
        <SegmentedControl
          label="Which flags"
          value={decision}
          onChange={setDecision}
          segments={decisions.map((value) => ({ value, label: ruleLabel(value) }))}
        />
      </div>
      {found.length === 0 ? (
        <EmptyState title="No flag is like that" className="rounded-lg border border-dashed py-8" />
      ) : (
        <Rows>
          {found.map((flag) => (
            <RulingRow
              key={flag.flag}
              name={<code className="font-mono text-xs break-all">{flag.flag}</code>}
              decision={flag.decision}
              advanced={policy.advanced.value}
            >
              {flag.reason}
              {flag.value !== undefined && flag.value !== "no value" && (
                <span className="text-faint"> · {flag.value}</span>
              )}
              <Source source={flag.source} />
            </RulingRow>
          ))}
        </Rows>
      )}
    </Section>
  )
}

const Limits = ({ policy }: { readonly policy: Policy }) => (
  <Section title="Limits">
    <Rows>
      {policy.limits.map(({ enforced, limit, most, note, usual }) => (
        <li key={limit} className="grid grid-cols-[minmax(0,14rem)_1fr] gap-x-3 px-4 py-2 max-sm:grid-cols-1">
          <span>{limitLabel(limit)}</span>
          <span className="text-soft">
            {usual === undefined ? "As asked" : `${amountText(limit, usual.value)} unless asked`}
            {most !== undefined && (
              <>
                , at most <span className="text-text">{amountText(limit, most.value)}</span>
                <Source source={most.source} />
              </>
            )}
            <span className="block text-xs text-faint">
              {keeperText(enforced)}: {note}
            </span>
          </span>
        </li>
      ))}
    </Rows>
  </Section>
)

const Rules = ({ policy }: { readonly policy: Policy }) => {
  const rules = policy.rules.toSorted((one, other) => Number(other.set.length > 0) - Number(one.set.length > 0))
  return (
    <Section title="Rules" hint="What policies say, and who sees to it.">
      <Rows>
        {rules.map(({ enforced, note, rule, set, then }) => (
          <li key={rule} className="grid grid-cols-[minmax(0,14rem)_1fr] gap-x-3 px-4 py-2 max-sm:grid-cols-1">
            <span className={set.length === 0 ? "text-faint" : ""}>{ruleLabel(rule)}</span>
            <span className="text-soft">
              {set.length === 0 && <span className="text-faint">Not set</span>}
              {set.map(({ source, value }) => (
                <span key={source} className="block">
                  <code className="font-mono text-xs text-text">{JSON.stringify(value)}</code>
                  <Source source={source} />
                </span>
              ))}
              <span className="block text-xs text-faint">
                {keeperText(enforced)}: {note}
                {then !== undefined && (
                  <span className="text-attention">
                    {then === "refuse" ? "; runs are refused" : "; runs go on, and their log says so"}
                  </span>
                )}
              </span>
            </span>
          </li>
        ))}
      </Rows>
    </Section>
  )
}

export const PolicyView = ({ policy }: { readonly policy: Policy }) => {
  const { advanced, env, permissionModes, sandboxModes, use } = policy
  return (
    <div>
      <Section title={`${policy.name}${policy.version === undefined ? "" : ` ${policy.version}`}`}>
        <Rows>
          <RulingRow name="Runs may use it" decision={use.decision} advanced={advanced.value}>
            {use.reason}
            <Source source={use.source} />
          </RulingRow>
          <RulingRow name="Advanced flags and modes" decision={advanced.value ? "allowed" : "denied"} advanced>
            {advanced.value
              ? "Requests may take away limits of the agent"
              : "No request may take away a limit of the agent: runyard policy advanced on"}
            <Source source={advanced.source} />
          </RulingRow>
        </Rows>
      </Section>
      <Modes title="Permission modes" modes={permissionModes} advanced={advanced.value} />
      <Modes title="Sandboxes" modes={sandboxModes} advanced={advanced.value} />
      <Limits policy={policy} />
      <Rules policy={policy} />
      <Section
        title="Environment"
        hint="The agent gets these where they are set, whatever a request says, and nothing else that is not asked for."
      >
        <div className="flex flex-wrap gap-1.5">
          {env.map((name) => (
            <code key={name} className="rounded border bg-surface px-1.5 py-0.5 font-mono text-xs text-soft">
              {name}
            </code>
          ))}
          {env.length === 0 && <span className="text-faint">None</span>}
        </div>
      </Section>
      <Flags policy={policy} />
    </div>
  )
}

interface PolicyPanelProps {
  readonly provider: string | undefined
  readonly onProvider: (provider: string) => void
}

export const PolicyPanel = ({ onProvider, provider }: PolicyPanelProps) => {
  const api = useApi()
  const agents = useQuery(capabilitiesQuery(api))
  const chosen = provider ?? agents.data?.[0]?.provider ?? ""
  const policy = useQuery(policyQuery(api, chosen))
  const isMissing = policy.error instanceof ApiProblem && policy.error.status === 404
  return (
    <>
      {agents.data !== undefined && (
        <SegmentedControl
          className="mb-5 max-sm:flex"
          label="Agent"
          value={chosen}
          onChange={onProvider}
          segments={agents.data.map(({ name, provider }) => ({ value: provider, label: name }))}
        />
      )}
      {policy.data === undefined && policy.error === null && <SkeletonLines lines={8} />}
      {isMissing && (
        <EmptyState icon={ShieldCheck} title="No policy is about it" className="rounded-lg border border-dashed">
          This agent is a part of Runyard and takes no flags.
        </EmptyState>
      )}
      {policy.error !== null && !isMissing && (
        <ErrorState title="The policy could not be loaded" error={policy.error} onRetry={() => void policy.refetch()} />
      )}
      {policy.data !== undefined && <PolicyView policy={policy.data} />}
    </>
  )
}
