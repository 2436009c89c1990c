/** Runs that last for random times, under a fair queue, on a clock of its own. */
import { FairQueue } from "../../src/FairQueue.ts"
import type { FairSettings } from "../../src/FairSettings.ts"
import type { QueueJob } from "../../src/QueueJob.ts"
import type { Dice } from "./workload.ts"

export interface Started {
  readonly job: QueueJob
  readonly at: number
  /** Units that were started before it, ever. */
  readonly after: number
}

export class Simulation {
  readonly queue: FairQueue
  now = 0
  units = 0
  sequence = 0
  readonly #ends: Array<{ readonly at: number; readonly id: string }> = []
  readonly #dice: Dice
  readonly #longest: number

  constructor(settings: FairSettings, dice: Dice, longest: number) {
    this.queue = new FairQueue(settings)
    this.#dice = dice
    this.#longest = longest
  }

  add(job: Omit<QueueJob, "id" | "sequence" | "enqueuedAt">): QueueJob {
    const sequence = ++this.sequence
    const added: QueueJob = { ...job, id: `job-${sequence}`, sequence, enqueuedAt: this.now }
    this.queue.enqueue(added, this.now)
    return added
  }

  /** Starts whatever may start, and says what; `started` is told of each before the next is chosen. */
  start(started: (start: Started) => void): ReadonlyArray<Started> {
    const starts: Array<Started> = []
    for (let job = this.queue.take(this.now); job !== undefined; job = this.queue.take(this.now)) {
      const lasts = 1 + this.#dice.below(this.#longest)
      const end = { at: this.now + lasts, id: job.id }
      const place = this.#ends.findLastIndex((other) => other.at <= end.at)
      this.#ends.splice(place + 1, 0, end)
      const after = this.units
      this.units += job.units
      const start = { job, at: this.now, after }
      starts.push(start)
      started(start)
    }
    return starts
  }

  /** Goes to where the next run ends. False: nothing runs. */
  end(): boolean {
    const end = this.#ends.shift()
    if (end === undefined) return false
    this.now = end.at
    this.queue.finish(end.id)
    return true
  }
}
