/**
 * Keeps room for a job that was passed over for too long, since it needs several units or room at limiters that cross: for
 * one at a time, the one that is due first. Its units are held back at each of its limiters, so nothing that it needs is taken by others, and it starts
 * as soon as what runs there has ended. Pure.
 */
import { headStartOver } from "../Priority.ts"
import { since } from "../QueueJob.ts"
import { FairHeap } from "./fairHeap.ts"
import type { Entry, Wide } from "./fairLane.ts"
import { reserveAll } from "./fairLimiter.ts"
import type { FairNode } from "./fairNode.ts"
import type { FairSessions } from "./fairSessions.ts"
import type { FairTree } from "./fairTree.ts"

/** Whether it has limiters none of which lies within the other: what is free at one may not be at the other. */
const isCrossed = ({ limiters }: Entry): boolean => {
  const finite = limiters.filter(({ capacity }) => capacity !== Number.POSITIVE_INFINITY).map(({ kind }) => kind)
  return finite.some((kind) => kind === "tenant" || kind === "workspace") || finite.length > 3
}

export class FairReservation {
  #current: Entry | undefined
  readonly #due = new FairHeap<Wide>(
    (a, b) => a.due < b.due || (a.due === b.due && a.entry.job.sequence < b.entry.job.sequence),
  )
  /** Those that could not start however much room there was; looked at again when something ends or limits change. */
  readonly #aside = new Set<Wide>()
  readonly #tree: FairTree
  readonly #sessions: FairSessions

  constructor(tree: FairTree, sessions: FairSessions) {
    this.#tree = tree
    this.#sessions = sessions
  }

  get current(): Entry | undefined {
    return this.#current
  }

  add(entry: Entry): void {
    const { job } = entry
    if (job.units < 2 && !isCrossed(entry)) return
    const { priorities, reserveAfterMillis } = this.#tree.settings
    const due = since(job) + reserveAfterMillis + headStartOver(priorities, "interactive", job.priority)
    entry.wide = { slot: -1, due, entry }
    this.#due.push(entry.wide)
  }

  remove(entry: Entry): void {
    const wide = entry.wide
    if (wide === undefined) return
    entry.wide = undefined
    if (wide.slot >= 0) this.#due.remove(wide)
    this.#aside.delete(wide)
    if (this.#current === entry) this.#keepFor(undefined)
  }

  /** After settings have changed; with all that waits. */
  restate(waiting: Iterable<Entry>): void {
    this.#keepFor(undefined)
    for (const entry of waiting) {
      this.remove(entry)
      this.add(entry)
    }
  }

  /** After something has ended. */
  reconsider(): void {
    for (const wide of this.#aside) this.#due.push(wide)
    this.#aside.clear()
  }

  /** The job that goes before all others, if it fits now; keeps room for it if it does not. */
  next(now: number): Entry | undefined {
    let wide = this.#due.peek()
    while (wide !== undefined && wide.due <= now && !this.#couldStart(wide.entry)) {
      this.#due.remove(wide)
      this.#aside.add(wide)
      wide = this.#due.peek()
    }
    this.#keepFor(wide !== undefined && wide.due <= now && this.#passedOver(wide.entry) ? wide.entry : undefined)
    const entry = this.#current
    if (entry === undefined) return undefined
    const fits = entry.limiters.every((limiter) => limiter.fitsReserved(entry.job.units))
    return fits ? entry : undefined
  }

  #keepFor(entry: Entry | undefined): void {
    const before = this.#current
    if (before === entry) return
    this.#current = entry
    if (before !== undefined) reserveAll(before.limiters, 0)
    if (entry !== undefined) reserveAll(entry.limiters, entry.job.units)
  }

  #couldStart({ job, limiters }: Entry): boolean {
    return this.#sessions.isFree(job) && limiters.every((limiter) => limiter.capacity > 0)
  }

  /**
   * For several units: whether later ones of its lane, or lanes whose turn was later, have started before it. At crossing
   * limiters: whether it had room at one of its own, and lost it to others, three times since its lane's last start.
   */
  #passedOver(entry: Entry): boolean {
    const { job, at } = entry
    if (at === undefined) return false
    const wide = job.units > 1
    if (wide && at.lane.passed > job.sequence) return true
    for (let node: FairNode = at.lane; node.parent !== undefined; node = node.parent) {
      if (wide && node.active && node.tag < node.parent.time) return true
      if (node.level !== "provider" && node.returns >= 3 && isCrossed(entry)) return true
    }
    return false
  }
}
