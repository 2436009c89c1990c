/** A decision about the queue in words. Pure. */
import type { ControlChange } from "../api/types.ts"

type Change<K extends ControlChange["kind"]> = Extract<ControlChange, { readonly kind: K }>

const capacities = ({ limits }: Change<"limits">): string => {
  const { global, ...named } = limits
  const of = (name: string, capacity: number | null) =>
    capacity === null ? `${name}: as the settings say` : `${name}: ${capacity} at once`
  return [
    ...(global === undefined ? [] : [of("all together", global)]),
    ...Object.values(named).flatMap((each) => Object.entries(each ?? {}).map(([name, capacity]) => of(name, capacity))),
  ].join(", ")
}

const waiters = ({ quotas }: Change<"quotas">): string => {
  const { perTenant, perWorkspace, ...named } = quotas
  const of = (name: string, bound: number | null) => `${name}: ${bound === null ? "as the settings say" : bound}`
  return [
    ...(perTenant === undefined ? [] : [of("each tenant", perTenant)]),
    ...(perWorkspace === undefined ? [] : [of("each workspace", perWorkspace)]),
    ...Object.values(named).flatMap((each) => Object.entries(each ?? {}).map(([name, bound]) => of(name, bound))),
  ].join(", ")
}

export const decisionText = (change: ControlChange): string => {
  switch (change.kind) {
    case "pause":
      return `Paused ${change.provider ?? "the whole queue"}`
    case "resume":
      return `Let ${change.provider ?? "the whole queue"} go on`
    case "limits":
      return `Limits: ${capacities(change)}`
    case "quotas":
      return `Runs that may wait: ${waiters(change)}`
    case "budget":
      return `Budget ${change.rule.id} set`
    case "noBudget":
      return `Budget ${change.id} as the settings say`
  }
}

/** Which provider a decision pauses or lets go on; null for the whole queue, undefined for any other decision. */
export const pausedBy = (change: ControlChange): string | null | undefined =>
  change.kind === "pause" || change.kind === "resume" ? (change.provider ?? null) : undefined
