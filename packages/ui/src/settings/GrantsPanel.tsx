import { useQuery } from "@tanstack/react-query"
import { FolderClosed, FolderLock, Network, Plus } from "lucide-react"
import { useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { grantsQuery } from "../api/queries.ts"
import type { Grant } from "../api/types.ts"
import { Badge } from "../components/Badge.tsx"
import { Button } from "../components/Button.tsx"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { RelativeTime, useNow } from "../components/RelativeTime.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { Switch } from "../components/Switch.tsx"
import { GrantDialog } from "../grants/GrantDialog.tsx"
import { RevokeDialog } from "./RevokeDialog.tsx"
import { Rows, Section } from "./Section.tsx"

/** Whether agents may work there now. */
const isInForce = ({ expiresAt, revokedAt }: Grant, now: number): boolean =>
  revokedAt === undefined && (expiresAt === undefined || expiresAt > now)

const GrantRow = ({ grant, onRevoke }: { readonly grant: Grant; readonly onRevoke: () => void }) => {
  const now = useNow()
  const inForce = isInForce(grant, now)
  const { at, by, expiresAt, mode, path, remote, revokedAt, revokedBy } = grant
  const Icon = mode === "read" ? FolderLock : FolderClosed
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <Icon className={`size-4 shrink-0 ${inForce ? "text-soft" : "text-faint"}`} aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className={`min-w-0 font-mono text-sm break-all ${inForce ? "" : "text-faint line-through"}`}>
            {path}
          </span>
          {mode === "read" && <Badge>Read only</Badge>}
          {remote && (
            <Badge tone="attention">
              <Network className="size-3" aria-hidden="true" />
              Remote
            </Badge>
          )}
        </div>
        <p className="text-xs text-faint">
          by {by}, <RelativeTime at={at} />
          {revokedAt !== undefined && (
            <>
              {" "}
              · revoked by {revokedBy ?? "somebody"}, <RelativeTime at={revokedAt} />
            </>
          )}
          {revokedAt === undefined && expiresAt !== undefined && (
            <span className={inForce ? "text-attention" : ""}>
              {" "}
              · {inForce ? "ends" : "ended"} <RelativeTime at={expiresAt} />
            </span>
          )}
        </p>
      </div>
      {inForce && (
        <Button look="ghost" size="sm" onClick={onRevoke} aria-label={`Revoke ${path}`}>
          Revoke
        </Button>
      )}
    </li>
  )
}

export const GrantsPanel = () => {
  const [ended, setEnded] = useState(false)
  const [adding, setAdding] = useState(false)
  const [revoking, setRevoking] = useState<Grant>()
  const grants = useQuery(grantsQuery(useApi(), ended))
  const add = (
    <Button look="solid" onClick={() => setAdding(true)}>
      <Plus aria-hidden="true" />
      Grant a directory
    </Button>
  )
  return (
    <Section
      title="Directories that agents may work in"
      hint="Nothing runs where nobody has allowed it. What is below a directory is granted with it."
      actions={grants.data?.length === 0 ? undefined : add}
    >
      {grants.isPending && <SkeletonLines lines={4} />}
      {grants.error !== null && (
        <ErrorState title="The grants could not be loaded" error={grants.error} onRetry={() => void grants.refetch()} />
      )}
      {grants.data?.length === 0 && (
        <EmptyState
          icon={FolderClosed}
          title="No directory is granted"
          className="rounded-lg border border-dashed"
          actions={add}
        >
          Agents can work nowhere yet. Grant the directory of a project, and start a run there.
        </EmptyState>
      )}
      {grants.data !== undefined && grants.data.length > 0 && (
        <Rows>
          {grants.data.map((grant) => (
            <GrantRow key={grant.id} grant={grant} onRevoke={() => setRevoking(grant)} />
          ))}
        </Rows>
      )}
      <Switch className="mt-3" label="Show those that have ended" checked={ended} onChange={setEnded} />
      <GrantDialog open={adding} path="" onClose={() => setAdding(false)} />
      <RevokeDialog grant={revoking} onClose={() => setRevoking(undefined)} />
    </Section>
  )
}
