import { useInfiniteQuery } from "@tanstack/react-query"
import { ChevronRight, ScrollText } from "lucide-react"
import { useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { auditQuery } from "../api/operatorQueries.ts"
import type { AuditRecord } from "../api/types.ts"
import { Button } from "../components/Button.tsx"
import { cn } from "../components/cn.ts"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { Select } from "../components/Select.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { dateTimeText } from "../components/timeText.ts"
import { type AuditKind, auditKinds, auditText } from "./auditText.ts"
import { Rows, Section } from "./Section.tsx"

/** What it says beyond a line. */
const Detail = ({ entry: { action, at, detail } }: { readonly entry: AuditRecord }) => (
  <div className="px-4 pb-3 pl-10">
    <p className="text-xs text-faint">
      {dateTimeText(at)} · <code className="font-mono">{action}</code>
    </p>
    {Object.keys(detail).length > 0 && (
      <pre className="mt-1.5 max-w-full overflow-x-auto rounded-md bg-sunken p-2.5 font-mono text-xs" tabIndex={0}>
        {JSON.stringify(detail, undefined, 2)}
      </pre>
    )}
  </div>
)

const Entry = ({ entry }: { readonly entry: AuditRecord }) => {
  const [open, setOpen] = useState(false)
  const { action, actor, at, subject } = entry
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary className="flex cursor-pointer list-none items-start gap-2.5 px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2">
          <ChevronRight className={cn("mt-1 size-3.5 shrink-0 text-faint", open && "rotate-90")} aria-hidden="true" />
          <span className="min-w-0 flex-1">
            {auditText(action)} <span className="font-mono text-sm break-all">{subject}</span>
            <span className="block text-xs text-soft">by {actor}</span>
          </span>
          <RelativeTime at={at} className="shrink-0 text-xs text-faint" />
        </summary>
        {open && <Detail entry={entry} />}
      </details>
    </li>
  )
}

/** Who has decided what, newest first. */
export const AuditPanel = () => {
  const [kind, setKind] = useState<AuditKind>("all")
  const audit = useInfiniteQuery(auditQuery(useApi(), kind === "all" ? "" : kind))
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage, refetch } = audit
  const entries = data?.pages.flatMap((page) => page.entries)
  return (
    <Section
      title="What was decided"
      hint="Written once and never changed; the last 100,000 are kept."
      actions={
        <Select
          label="Which decisions"
          items={auditKinds}
          value={kind}
          onChange={setKind}
          className="w-36 max-sm:w-full"
        />
      }
    >
      {entries === undefined && error === null && <SkeletonLines lines={6} />}
      {error !== null && (
        <ErrorState
          className="mb-3"
          title="The audit log could not be loaded"
          error={error}
          onRetry={() => void (entries === undefined ? refetch() : fetchNextPage())}
        />
      )}
      {entries?.length === 0 && (
        <EmptyState
          icon={ScrollText}
          title={kind === "all" ? "Nothing was decided yet" : "Nothing of that was decided"}
          className="rounded-lg border border-dashed"
        >
          Who grants directories, steers the queue, sets budgets and makes schedules stands here.
        </EmptyState>
      )}
      {entries !== undefined && entries.length > 0 && (
        <Rows>
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </Rows>
      )}
      {hasNextPage && (
        <div className="mt-3 flex justify-center">
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </Section>
  )
}
