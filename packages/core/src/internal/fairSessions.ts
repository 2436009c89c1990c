/** Which conversations are being written to: one job at a time each. Pure. */
import type { QueueJob } from "../QueueJob.ts"
import type { LaneLine } from "./fairLane.ts"

const keyOf = (job: QueueJob): string | undefined =>
  job.session === undefined ? undefined : `${job.provider}\0${job.session}`

export class FairSessions {
  /** The job that writes, by conversation. */
  readonly #writers = new Map<string, string>()
  readonly #lines = new Map<string, Set<LaneLine>>()

  /** The job that this one must wait for. */
  writer(job: QueueJob): string | undefined {
    const key = keyOf(job)
    return key === undefined ? undefined : this.#writers.get(key)
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

  /** Makes the job the writer, if there is none, and closes the lines that wait for the session. */
  take(job: QueueJob): void {
    const key = keyOf(job)
    if (key === undefined || this.#writers.has(key)) return
    this.#writers.set(key, job.id)
    for (const line of this.#lines.get(key) ?? []) line.lane.reorder(line, false)
  }

  give(job: QueueJob): void {
    const key = keyOf(job)
    if (key === undefined || this.#writers.get(key) !== job.id) return
    this.#writers.delete(key)
    for (const line of this.#lines.get(key) ?? []) line.lane.reorder(line, true)
  }
}
