/** Runs whose turn has come and whom a circuit breaker keeps back. They are held in the index of the queue alone. */
import { breakerOf } from "../Breakers.ts"
import type { Passage } from "../CircuitBreaker.ts"
import type { FairQueue } from "../FairQueue.ts"
import type { QueueJob } from "../QueueJob.ts"

/** How many runs are kept back, or let go of, in one look: others wait for its transaction. */
const maxMoved = 1_000

export class ShutOut {
  /** By account, first come first. */
  readonly #shut = new Map<string, Set<string>>()
  /** Accounts that one run is let through to try. The others of them are not asked. */
  readonly #probing = new Set<string>()
  #passages: ReadonlyMap<string, Passage> = new Map()
  #left = maxMoved

  /** Whether there is more to move, in a transaction of its own. */
  get isSpent(): boolean {
    return this.#left <= 0
  }

  /** A look begins: those whose breaker may let one through are let go of. */
  begin(passages: ReadonlyMap<string, Passage>, fair: FairQueue, now: number): void {
    this.#passages = passages
    this.#probing.clear()
    this.#left = maxMoved
    for (const [account, ids] of this.#shut) {
      if (passages.get(account)?.kind === "blocked") continue
      for (const id of ids) {
        if (this.#left-- <= 0) return
        fair.release(id, now)
        ids.delete(id)
      }
      this.#shut.delete(account)
    }
  }

  /** Whether the breaker of a run lets it through now. One that it does not is out of the way of the others. */
  isOpen(job: QueueJob): boolean {
    const account = breakerOf(job)
    return this.#passages.get(account)?.kind !== "blocked" && !this.#probing.has(account)
  }

  /** Keeps a run back that is not let through. False: no more of them can be moved in this look. */
  keep(job: QueueJob, fair: FairQueue): boolean {
    if (this.#left-- <= 0) return false
    const account = breakerOf(job)
    fair.hold(job.id)
    const ids = this.#shut.get(account)
    if (ids === undefined) this.#shut.set(account, new Set([job.id]))
    else ids.add(job.id)
    return true
  }

  /** A run goes through, here or on its own host. */
  pass(job: QueueJob): void {
    const account = breakerOf(job)
    if (this.#passages.get(account)?.kind === "probe") this.#probing.add(account)
  }

  /** The index has learnt something new of a run, so that it is no longer held. */
  drop(id: string): void {
    for (const ids of this.#shut.values()) ids.delete(id)
  }

  forget(): void {
    this.#shut.clear()
  }
}
