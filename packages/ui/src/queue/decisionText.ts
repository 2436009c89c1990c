/** A decision about the queue in words. Pure. */
import type { ControlChange } from "../api/types.ts"

export const decisionText = (change: ControlChange): string => {
  if (change.kind !== "limits") {
    const what = change.provider === undefined ? "the whole queue" : change.provider
    return change.kind === "pause" ? `Paused ${what}` : `Let ${what} go on`
  }
  const { global, ...named } = change.limits
  const of = (name: string, capacity: number | null) =>
    capacity === null ? `${name}: as the settings say` : `${name}: ${capacity} at once`
  const parts = [
    ...(global === undefined ? [] : [of("all together", global)]),
    ...Object.values(named).flatMap((limits) =>
      Object.entries(limits ?? {}).map(([name, capacity]) => of(name, capacity)),
    ),
  ]
  return `Limits: ${parts.join(", ")}`
}
