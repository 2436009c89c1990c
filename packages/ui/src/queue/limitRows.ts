/** Limits and quotas that were decided, as rows of a table. Pure. */
import type { ControlChange, QueueControl } from "../api/types.ts"

export type LimitKind = "global" | "provider" | "account" | "model" | "tenant" | "workspace"
export type QuotaKind = "perTenant" | "perWorkspace" | "tenant" | "workspace"
type Change<K extends ControlChange["kind"]> = Extract<ControlChange, { readonly kind: K }>

export interface Kind<K extends string> {
  readonly value: K
  readonly label: string
  /** A name of one, where each has a name. */
  readonly example?: string
}

export const limitKinds: ReadonlyArray<Kind<LimitKind>> = [
  { value: "global", label: "All runs together" },
  { value: "provider", label: "A provider", example: "claude" },
  { value: "account", label: "An account", example: "codex/team" },
  { value: "model", label: "A model", example: "claude/claude-opus-5" },
  { value: "workspace", label: "A workspace", example: "local/local-workspace" },
  { value: "tenant", label: "A tenant", example: "local" },
]

export const quotaKinds: ReadonlyArray<Kind<QuotaKind>> = [
  { value: "perWorkspace", label: "Each workspace" },
  { value: "workspace", label: "A workspace", example: "local/local-workspace" },
  { value: "perTenant", label: "Each tenant" },
  { value: "tenant", label: "A tenant", example: "local" },
]

export interface LimitRow<K extends string> {
  readonly kind: K
  /** Empty where there is one of the kind. */
  readonly name: string
  readonly capacity: number
}

type Values<K extends string> = { readonly [P in K]?: number | Readonly<Record<string, number>> | undefined }

const rowsOf = <K extends string>(kinds: ReadonlyArray<Kind<K>>, values: Values<K>): ReadonlyArray<LimitRow<K>> =>
  kinds.flatMap(({ value: kind }): ReadonlyArray<LimitRow<K>> => {
    const value = values[kind]
    if (value === undefined) return []
    if (typeof value === "number") return [{ kind, name: "", capacity: value }]
    return Object.entries(value)
      .map(([name, capacity]) => ({ kind, name, capacity }))
      .toSorted((a, b) => a.name.localeCompare(b.name))
  })

export const limitRows = ({ limits }: Pick<QueueControl, "limits">): ReadonlyArray<LimitRow<LimitKind>> =>
  rowsOf(limitKinds, limits)

export const quotaRows = ({ quotas = {} }: Pick<QueueControl, "quotas">): ReadonlyArray<LimitRow<QuotaKind>> =>
  rowsOf(quotaKinds, quotas)

/** The decision that sets one limit. @param capacity null: as each host's settings say */
export const limitChange = (kind: LimitKind, name: string, capacity: number | null): Change<"limits"> => ({
  kind: "limits",
  limits: kind === "global" ? { global: capacity } : { [kind]: { [name]: capacity } },
})

/** The decision that sets one quota. @param most null: as each host's settings say */
export const quotaChange = (kind: QuotaKind, name: string, most: number | null): Change<"quotas"> => ({
  kind: "quotas",
  quotas: kind === "perTenant" || kind === "perWorkspace" ? { [kind]: most } : { [kind]: { [name]: most } },
})
