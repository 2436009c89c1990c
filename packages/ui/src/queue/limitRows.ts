/** Limits that were decided, as rows of a table. Pure. */
import type { ControlChange, QueueControl } from "../api/types.ts"

export type LimitKind = "global" | "provider" | "account" | "model" | "tenant" | "workspace"
type LimitChange = Extract<ControlChange, { readonly kind: "limits" }>

export const limitKinds: ReadonlyArray<LimitKind> = ["global", "provider", "account", "model", "workspace", "tenant"]

export interface LimitRow {
  readonly kind: LimitKind
  /** Empty for the one of all. */
  readonly name: string
  readonly capacity: number
}

export const limitRows = ({ limits }: Pick<QueueControl, "limits">): ReadonlyArray<LimitRow> =>
  limitKinds.flatMap((kind): ReadonlyArray<LimitRow> => {
    if (kind === "global") return limits.global === undefined ? [] : [{ kind, name: "", capacity: limits.global }]
    return Object.entries(limits[kind] ?? {})
      .map(([name, capacity]) => ({ kind, name, capacity }))
      .toSorted((a, b) => a.name.localeCompare(b.name))
  })

/** The decision that sets one limit. @param capacity null: as each host's settings say */
export const limitChange = (kind: LimitKind, name: string, capacity: number | null): LimitChange => ({
  kind: "limits",
  limits: kind === "global" ? { global: capacity } : { [kind]: { [name]: capacity } },
})
