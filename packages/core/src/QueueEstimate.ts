/** When runs that wait will probably start, as their queue would go on if every run took as long as those before. Pure. */
import { FairQueue, type FairRows } from "./FairQueue.ts"
import type { FairSettings } from "./FairSettings.ts"

export interface EstimateQuestion {
  readonly settings: FairSettings
  readonly rows: FairRows
  readonly now: number
  /** How long a run of a provider takes, in milliseconds. Undefined: nobody knows, and what waits for one is not estimated. */
  readonly duration: (provider: string) => number | undefined
  /** When runs began that are executed now. Missing: now. */
  readonly startedAt: ReadonlyMap<string, number>
  /** How many starts are played, at most. */
  readonly limit: number
}

/**
 * The instants of the next starts, by run. Costs what building a queue costs, and for each start what a start costs. Delays,
 * limits and the order count; runs that come later, cancels and retries do not.
 */
export const estimateStarts = ({
  duration,
  limit,
  now,
  rows,
  settings,
  startedAt,
}: EstimateQuestion): ReadonlyMap<string, number> => {
  const queue = FairQueue.from(settings, rows, now)
  const starts = new Map<string, number>()
  /** Those that are executed at this point of the play, with their ends. */
  const ends = new Map<string, number>()
  const begin = (id: string, provider: string, at: number) => {
    const millis = duration(provider)
    if (millis !== undefined) ends.set(id, Math.max(now, at + millis))
  }
  for (const { id, provider } of rows.running ?? []) begin(id, provider, startedAt.get(id) ?? now)
  for (let time = now; ;) {
    for (let job = queue.take(time); job !== undefined; job = queue.take(time)) {
      starts.set(job.id, time)
      if (starts.size >= limit) return starts
      begin(job.id, job.provider, time)
    }
    const next = Math.min(queue.nextWake() ?? Infinity, ...ends.values())
    if (!Number.isFinite(next)) return starts
    time = Math.max(next, time)
    for (const [id, end] of ends) {
      if (end > time) continue
      ends.delete(id)
      queue.finish(id)
    }
  }
}
