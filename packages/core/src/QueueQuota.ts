/** How many runs may wait: in all, of a tenant and of a workspace. Decided where a run is stored. Pure. */
import * as Schema from "effect/Schema"
import { tenantName, workspaceOf } from "./QueueEntry.ts"
import type { Run } from "./Run.ts"
import { type ErrorInfo, errorInfo } from "./RunyardError.ts"

const Bound = Schema.Natural
const named = <S extends Schema.Codec<unknown, unknown>>(bound: S) =>
  Schema.optionalKey(
    Schema.Record(Schema.NonEmptyString.check(Schema.isMaxLength(400)), bound).check(Schema.isMaxProperties(1_000)),
  )

const quotasOf = <S extends Schema.Codec<unknown, unknown>>(bound: S) =>
  Schema.Struct({
    /** Runs that may wait of each tenant that is not named. Missing: no quota. */
    perTenant: Schema.optionalKey(bound),
    /** The same of each workspace. Of runs without one, those in one directory count together. */
    perWorkspace: Schema.optionalKey(bound),
    tenant: named(bound),
    /** By `tenant/workspace`. */
    workspace: named(bound),
  })

export const Quotas = quotasOf(Bound)
export type Quotas = typeof Quotas.Type

/** Quotas that are to change; null: as each host's settings say. */
export const QuotaChange = quotasOf(Schema.NullOr(Bound))
export type QuotaChange = typeof QuotaChange.Type

/** What the host that queues a run allows; what was decided for the whole store comes before its quotas. */
export interface QueueRoom {
  readonly bound: number
  readonly quotas: Quotas
}

export const quotaKinds = ["tenant", "workspace"] as const
export type QuotaKind = (typeof quotaKinds)[number]

/** Whose quotas a run counts for, by name: `acme`, `acme/site`. */
export type QuotaNames = { readonly [K in QuotaKind]: string }
export const quotaNamesOf = (run: Pick<Run, "request" | "scope">): QuotaNames => {
  const scope = workspaceOf(run)
  const tenant = tenantName(scope)
  return { tenant, workspace: `${tenant}/${scope.workspace}` }
}

const withoutNulls = <A>(values: Readonly<Record<string, A | null>>): Readonly<Record<string, A>> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, A] => entry[1] !== null))

/** What holds after a change. */
export const changeQuotas = (before: Quotas, change: QuotaChange): Quotas => {
  const { tenant = {}, workspace = {}, ...per } = change
  const ofTenants = withoutNulls({ ...before.tenant, ...tenant })
  const ofWorkspaces = withoutNulls({ ...before.workspace, ...workspace })
  const { tenant: _, workspace: __, ...perBefore } = before
  return {
    ...withoutNulls({ ...perBefore, ...per }),
    ...(Object.keys(ofTenants).length === 0 ? {} : { tenant: ofTenants }),
    ...(Object.keys(ofWorkspaces).length === 0 ? {} : { workspace: ofWorkspaces }),
  }
}

const quotaOf = (kind: QuotaKind, name: string, stored: Quotas, own: Quotas): number | undefined => {
  const per = kind === "tenant" ? ("perTenant" as const) : ("perWorkspace" as const)
  const listed = (quotas: Quotas) => (Object.hasOwn(quotas[kind] ?? {}, name) ? quotas[kind]?.[name] : undefined)
  return listed(stored) ?? listed(own) ?? stored[per] ?? own[per]
}

/** How many wait now. */
export interface WaitingCounts {
  readonly all: number
  readonly of: (kind: QuotaKind, name: string) => number
}

/** Why one more run may not wait: quotas first, and last the bound of the queue; undefined when it may. */
export const refuseFull = (
  names: QuotaNames,
  room: QueueRoom,
  stored: Quotas,
  waiting: WaitingCounts,
): ErrorInfo | undefined => {
  // The smaller circle first: its name tells most.
  for (const kind of ["workspace", "tenant"] as const) {
    const quota = quotaOf(kind, names[kind], stored, room.quotas)
    const used = quota === undefined ? 0 : waiting.of(kind, names[kind])
    if (quota !== undefined && used >= quota) {
      return errorInfo("QUEUE_QUOTA", {
        message: `${used} runs of the ${kind} ${names[kind].slice(0, 200)} wait, and ${quota} may`,
        detail: { kind, name: names[kind], waiting: used, quota },
      })
    }
  }
  return waiting.all < room.bound
    ? undefined
    : errorInfo("QUEUE_FULL", { detail: { waiting: waiting.all, bound: room.bound } })
}

/** By how many runs more of each name wait. */
export class WaitingDelta {
  all = 0
  private readonly names: { readonly [K in QuotaKind]: Map<string, number> } = {
    tenant: new Map(),
    workspace: new Map(),
  }

  add(names: QuotaNames, more: number): void {
    if (more === 0) return
    this.all += more
    for (const kind of quotaKinds) this.names[kind].set(names[kind], this.of(kind, names[kind]) + more)
  }

  of(kind: QuotaKind, name: string): number {
    return this.names[kind].get(name) ?? 0
  }

  /** What has changed. */
  *entries(): Iterable<{ readonly kind: QuotaKind; readonly name: string; readonly more: number }> {
    for (const kind of quotaKinds) {
      for (const [name, more] of this.names[kind]) if (more !== 0) yield { kind, name, more }
    }
  }
}
