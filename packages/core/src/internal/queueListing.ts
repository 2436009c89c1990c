/** A list of the queue, from the queue as it is. Pure. */
import { estimateStarts } from "../QueueEstimate.ts"
import type { QueueJob } from "../QueueJob.ts"
import { controlOf } from "../QueueControl.ts"
import { isOfTenant, type RunId, type Tenant } from "../Run.ts"
import type { QueuedRun, QueueListing } from "../QueueListing.ts"
import type { QueueView } from "./turns.ts"

/** Beyond so many runs their order is not worked out: it costs what building the queue costs. */
const maxOrdered = 10_000

export interface ListingQuestion {
  readonly limit: number
  /** Only its runs are listed and counted; their places are those among all. */
  readonly tenant?: Tenant | undefined
  readonly duration: (provider: string) => number | undefined
  readonly startedAt: ReadonlyMap<string, number>
}

const byDelay = (a: QueueJob, b: QueueJob): number => (a.notBefore ?? 0) - (b.notBefore ?? 0) || a.sequence - b.sequence

export const listQueue = (view: QueueView, { duration, limit, startedAt, tenant }: ListingQuestion): QueueListing => {
  const { control, entries, index, now } = view
  const rows = index.rows()
  const isDelayed = ({ notBefore }: QueueJob) => notBefore !== undefined && notBefore > now
  // A breaker keeps runs back in the index alone: nobody holds them.
  const isHeld = ({ id }: QueueJob) => entries.get(id)?.place.held === true
  const isMeant = ({ id }: QueueJob): boolean => {
    if (tenant === undefined) return true
    const entry = entries.get(id)
    return entry !== undefined && isOfTenant(entry.scope, tenant)
  }
  const few = index.size <= maxOrdered
  const starts = few ? estimateStarts({ settings: index.settings, rows, now, duration, startedAt, limit }) : undefined

  const waiting: Array<readonly [place: number, job: QueueJob]> = []
  const inOrder = few ? index.order(now) : rows.queued.filter((job) => !isDelayed(job))
  let place = 0
  for (const job of inOrder) {
    if (waiting.length >= limit) break
    place++
    if (isMeant(job)) waiting.push([place, job])
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
  const delayed = rows.queued.filter(isDelayed).toSorted(byDelay)
  const held = rows.held.filter(isMeant)
  const runs = [
    ...rows.running.filter(isMeant).flatMap(row("executed")),
    ...waiting.flatMap(([at, job]) => row("waiting", at)(job)),
    ...delayed.filter(isMeant).flatMap(row("delayed")),
    ...held.filter((job) => !isHeld(job)).flatMap(row("waiting")),
    ...held.filter(isHeld).flatMap(row("held")),
  ]
  return tenant === undefined
    ? { control, waiting: index.size, runs: runs.slice(0, limit) }
    : {
        control: controlOf(control, tenant),
        waiting: rows.queued.filter(isMeant).length + held.length,
        runs: runs.slice(0, limit),
      }
}
