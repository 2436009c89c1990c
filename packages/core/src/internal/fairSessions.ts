/** Which conversations are being written to: one job at a time each. Pure. */
import type { QueueJob } from "../QueueJob.ts"
import type { LaneLine } from "./fairLane.ts"

const keyOf = (job: QueueJob): string | undefined =>
  job.session === undefined ? undefined : `${job.provider}\0${job.session}`

export class FairSessions {
  /**
   * The jobs that write, by conversation. Only one does; but whoever is told of several changes at once may hear that the
   * next one has begun before it hears that the one before has ended.
   */
  readonly #writers = new Map<string, Set<string>>()
  readonly #lines = new Map<string, Set<LaneLine>>()

  /** The job that this one must wait for. */
  writer(job: QueueJob): string | undefined {
    const key = keyOf(job)
    return key === undefined ? undefined : this.#writers.get(key)?.values().next().value
  }

  isFree(job: QueueJob): boolean {
    return this.writer(job) === undefined
  }

  /** Remembers a line that waits for its session, or forgets it when it has emptied. */
  track(job: QueueJob, line: LaneLine): void {
    const key = keyOf(job)
    if (key === undefined) return
    const lines = this.#lines.get(key) ?? new Set()
    if (line.entries.size > 0) this.#lines.set(key, lines.add(line))
    else if (lines.delete(line) && lines.size === 0) this.#lines.delete(key)
  }

  /** Makes the job a writer, and closes the lines that wait for the session. */
  take(job: QueueJob): void {
    const key = keyOf(job)
    if (key === undefined) return
    const writers = this.#writers.get(key)
    if (writers !== undefined) return void writers.add(job.id)
    this.#writers.set(key, new Set([job.id]))
    for (const line of this.#lines.get(key) ?? []) line.lane.reorder(line, false)
  }

  give(job: QueueJob): void {
    const key = keyOf(job)
    const writers = key === undefined ? undefined : this.#writers.get(key)
    if (key === undefined || writers?.delete(job.id) !== true || writers.size > 0) return
    this.#writers.delete(key)
    for (const line of this.#lines.get(key) ?? []) line.lane.reorder(line, true)
  }
}
