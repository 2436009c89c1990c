/** One limiter of the fair queue: how much of it is taken, and which parts of the queue it can close. Pure. */
import { type LimiterKind, capacityOf, limiterKinds, limiterName, type Limits } from "../Limits.ts"
import type { QueueJob } from "../QueueJob.ts"

/** A part of the queue that a limiter can close, as the limiter sees it. */
export interface Limited {
  /** Sees whether it takes part. */
  readonly settle: () => void
  /** The sizes of jobs beneath it, and of those that it has said it can start. */
  readonly sizes: () => ReadonlyArray<number>
  /** Says what it can start of this size. */
  readonly refresh: (units: number) => void
}

export class FairLimiter {
  /** Units of what runs. More than the capacity where that was lowered, or where one job weighs more than all of it. */
  used = 0
  /** Units that are kept for one job that was passed over; they are not part of `used`. */
  reserved = 0
  readonly nodes = new Set<Limited>()
  /** Jobs of the queue, started or not, that it limits. */
  jobs = 0
  readonly kind: LimiterKind
  readonly name: string
  capacity: number

  readonly #unused: () => void

  constructor(kind: LimiterKind, name: string, capacity: number, unused: () => void) {
    this.kind = kind
    this.name = name
    this.capacity = capacity
    this.#unused = unused
  }

  /** A node that is no more. */
  leave(node: Limited): void {
    this.nodes.delete(node)
    this.dropUnused()
  }

  /** Nothing is remembered of a limiter that limits nothing. */
  dropUnused(): void {
    if (this.jobs === 0 && this.nodes.size === 0) this.#unused()
  }

  /** A job that weighs more than the whole limiter takes the whole of it, so that it runs alone and not never. */
  need(units: number): number {
    return Math.min(units, this.capacity)
  }

  fits(units: number): boolean {
    return this.capacity > 0 && this.used + this.need(units) + this.need(this.reserved) <= this.capacity
  }

  /** The same for the job that the reservation is for. */
  fitsReserved(units: number): boolean {
    return this.capacity > 0 && this.used + this.need(units) <= this.capacity
  }

  get full(): boolean {
    return this.used >= this.capacity
  }

  /** Tells the nodes under it that its room has changed. */
  changed(): void {
    for (const node of this.nodes) {
      node.settle()
      for (const units of node.sizes()) node.refresh(units)
    }
  }
}

/** Those of a job that is no longer in the queue. */
export const leaveAll = (limiters: ReadonlyArray<FairLimiter>): void => {
  for (const limiter of limiters) {
    limiter.jobs--
    limiter.dropUnused()
  }
}

/** Takes units of all of them, or gives them back: a negative number. */
export const takeAll = (limiters: ReadonlyArray<FairLimiter>, units: number): void => {
  for (const limiter of limiters) {
    limiter.used += units
    if (limiter.capacity !== Number.POSITIVE_INFINITY) limiter.changed()
  }
}

/** Keeps units of all of them aside for one job, or no longer: 0. */
export const reserveAll = (limiters: ReadonlyArray<FairLimiter>, units: number): void => {
  for (const limiter of limiters) {
    limiter.reserved = units
    if (limiter.capacity !== Number.POSITIVE_INFINITY) limiter.changed()
  }
}

/** All limiters that something waits for or runs under. */
export class FairLimiters {
  readonly global: FairLimiter
  #limits: Limits
  readonly #byKey = new Map<string, FairLimiter>()

  constructor(limits: Limits) {
    this.#limits = limits
    this.global = new FairLimiter("global", "global", capacityOf(limits, "global", "global"), () => {})
  }

  /** A limiter's own name is not enough: a slash inside a tenant must not let two workspaces share one. */
  #key(kind: LimiterKind, job: QueueJob): string | undefined {
    const name = limiterName(kind, job)
    if (name === undefined) return undefined
    return kind === "workspace" ? `workspace\0${job.tenant}\0${job.workspace}` : `${kind}\0${name}`
  }

  of(kind: LimiterKind, job: QueueJob): FairLimiter | undefined {
    if (kind === "global") return this.global
    const key = this.#key(kind, job)
    if (key === undefined) return undefined
    const found = this.#byKey.get(key)
    if (found !== undefined) return found
    const name = limiterName(kind, job) ?? ""
    const limiter: FairLimiter = new FairLimiter(kind, name, capacityOf(this.#limits, kind, name), () => {
      if (this.#byKey.get(key) === limiter) this.#byKey.delete(key)
    })
    this.#byKey.set(key, limiter)
    return limiter
  }

  /** All limiters of a job that has come to the queue. */
  join(job: QueueJob): ReadonlyArray<FairLimiter> {
    const limiters = limiterKinds.flatMap((kind) => this.of(kind, job) ?? [])
    for (const limiter of limiters) limiter.jobs++
    return limiters
  }

  configure(limits: Limits): void {
    this.#limits = limits
    const changes = [this.global, ...this.#byKey.values()].map(
      (limiter) => [limiter, capacityOf(limits, limiter.kind, limiter.name)] as const,
    )
    const changed = changes.filter(([limiter, capacity]) => capacity !== limiter.capacity)
    const opened = new Set(changed.filter(([limiter, capacity]) => capacity > limiter.capacity).map(([each]) => each))
    for (const [limiter, capacity] of changed) limiter.capacity = capacity
    // From the lanes upwards, and what opens first: a node that one limiter closes and another opens was not away.
    for (const kind of limiterKinds.toReversed()) {
      for (const opens of [true, false]) {
        for (const [limiter] of changed) if (limiter.kind === kind && opened.has(limiter) === opens) limiter.changed()
      }
    }
  }

  get size(): number {
    return this.#byKey.size
  }
}
