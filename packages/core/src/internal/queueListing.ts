/** A list of the queue, from the queue as it is. Pure. */
import { estimateStarts } from "../QueueEstimate.ts"
import type { QueueJob } from "../QueueJob.ts"
import type { RunId } from "../Run.ts"
import type { QueuedRun, QueueListing } from "../QueueListing.ts"
import type { QueueView } from "./turns.ts"

/** Beyond so many runs their order is not worked out: it costs what building the queue costs. */
const maxOrdered = 10_000

export interface ListingQuestion {
  readonly limit: number
  readonly duration: (provider: string) => number | undefined
  readonly startedAt: ReadonlyMap<string, number>
}

const byDelay = (a: QueueJob, b: QueueJob): number => (a.notBefore ?? 0) - (b.notBefore ?? 0) || a.sequence - b.sequence

export const listQueue = (view: QueueView, { duration, limit, startedAt }: ListingQuestion): QueueListing => {
  const { control, entries, index, now } = view
  const rows = index.rows()
  const isDelayed = ({ notBefore }: QueueJob) => notBefore !== undefined && notBefore > now
  // A breaker keeps runs back in the index alone: nobody holds them.
  const isHeld = ({ id }: QueueJob) => entries.get(id)?.place.held === true
  const few = index.size <= maxOrdered
  const starts = few ? estimateStarts({ settings: index.settings, rows, now, duration, startedAt, limit }) : undefined

  const waiting: Array<QueueJob> = []
  const inOrder = few ? index.order(now) : rows.queued.filter((job) => !isDelayed(job))
  for (const job of inOrder) {
    if (waiting.length >= limit) break
    waiting.push(job)
  }

  const row =
    (state: QueuedRun["state"], place?: number) =>
    (job: QueueJob): ReadonlyArray<QueuedRun> => {
      const entry = entries.get(job.id)
      if (entry === undefined) return []
      const { expiresAt, notBefore, weight } = entry.place
      const startsAt = state === "executed" ? undefined : starts?.get(job.id)
      return [
        {
          runId: job.id as RunId,
          state,
          ...(place === undefined || !few ? {} : { position: place }),
          provider: entry.provider,
          scope: entry.scope,
          priority: entry.place.priority,
          ...(weight === undefined ? {} : { weight }),
          enqueuedAt: entry.enqueuedAt,
          ...(notBefore === undefined ? {} : { notBefore }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
          ...(startsAt === undefined ? {} : { startsAt }),
        },
      ]
    }
  const runs = [
    ...rows.running.flatMap(row("executed")),
    ...waiting.flatMap((job, place) => row("waiting", place + 1)(job)),
    ...rows.queued.filter(isDelayed).toSorted(byDelay).flatMap(row("delayed")),
    ...rows.held.filter((job) => !isHeld(job)).flatMap(row("waiting")),
    ...rows.held.filter(isHeld).flatMap(row("held")),
  ]
  return { control, waiting: index.size, runs: runs.slice(0, limit) }
}
