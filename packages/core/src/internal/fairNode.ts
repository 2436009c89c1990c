/**
 * One node of the tree of lanes: shares what its parent gives it between its children by start-time fair queueing. Each
 * node says to its parent, for each size of job, the first job that it could start now; a node whose limiter has no room
 * says nothing, so that everything beneath it costs nothing until there is room. Pure.
 */
import type { FairLevel } from "../FairClock.ts"
import type { FairLimiter } from "./fairLimiter.ts"
import { FairHeap, type Slotted } from "./fairHeap.ts"

export type { FairLevel }

const mostIdle = 4096

/**
 * A tenant may be called like a model, and those may be siblings. What can only be beside its own kind is found by its name
 * alone, which costs no new text with each look.
 */
const keyOf = (level: FairLevel, name: string): string =>
  level === "model" || level === "account" || name.startsWith("\0") ? `\0${level} ${name}` : name

export const keysOfBoth = (
  some: ReadonlyMap<number, unknown>,
  others: ReadonlyMap<number, unknown>,
): ReadonlyArray<number> => {
  const keys = [...some.keys()]
  for (const key of others.keys()) if (!some.has(key)) keys.push(key)
  return keys
}

/** A child's place among those that can start a job of one size. */
export interface Seat extends Slotted {
  readonly node: FairNode
  /** The number of the job that it would start: breaks ties. */
  first: number
}

const seatBefore = (a: Seat, b: Seat): boolean =>
  a.node.tag < b.node.tag || (a.node.tag === b.node.tag && a.first < b.first)

export class FairNode implements Slotted {
  readonly level: FairLevel
  readonly name: string
  readonly parent: FairNode | undefined
  readonly limiter: FairLimiter | undefined
  readonly children = new Map<string, FairNode>()
  /** Children that can start a job, by its units. */
  readonly ready = new Map<number, FairHeap<Seat>>()
  /** Its own places in the parent's `ready`. */
  readonly seats = new Map<number, Seat>()
  /** Children without jobs that are still ahead of this node's time, and so are remembered. */
  readonly idle = new FairHeap<FairNode>((a, b) => a.tag < b.tag)
  slot = -1
  /** Virtual time at which its next start begins, by its parent's clock. */
  tag = 0
  /** Virtual time: the greatest tag of a child that was served. */
  time = 0
  /** How often it has come back since its last start, to find that others were served meanwhile. */
  returns = 0
  /** Jobs beneath it that are eligible, whether or not they could start. */
  waiting = 0
  /** Children that take part; for a lane, lines that can start. */
  taking = 0
  /** Whether it takes part in its parent's sharing: something can start beneath it, and its limiter is not full. */
  active = false

  constructor(level: FairLevel, name: string, parent: FairNode | undefined, limiter: FairLimiter | undefined) {
    this.level = level
    this.name = name
    this.parent = parent
    this.limiter = limiter
    parent?.children.set(keyOf(level, name), this)
    limiter?.nodes.add(this)
  }

  child(level: FairLevel, name: string): FairNode | undefined {
    return this.children.get(keyOf(level, name))
  }

  /** The first job of this size beneath it, its own limiter aside. */
  firstOf(units: number): number | undefined {
    return this.ready.get(units)?.peek()?.first
  }

  sizes(): ReadonlyArray<number> {
    return keysOfBoth(this.ready, this.seats)
  }

  /** Says to the parent what has changed for jobs of this size, and so on upwards for as long as it changes anything. */
  refresh(units: number): void {
    const parent = this.parent
    if (parent === undefined) return
    const first = this.limiter === undefined || this.limiter.fits(units) ? this.firstOf(units) : undefined
    const seat = this.seats.get(units)
    const before = parent.firstOf(units)
    if (first === undefined) {
      if (seat === undefined) return
      this.seats.delete(units)
      const heap = parent.ready.get(units)
      heap?.remove(seat)
      if (heap?.size === 0) parent.ready.delete(units)
    } else if (seat === undefined) {
      const added: Seat = { slot: -1, node: this, first }
      this.seats.set(units, added)
      let heap = parent.ready.get(units)
      if (heap === undefined) {
        heap = new FairHeap(seatBefore)
        parent.ready.set(units, heap)
      }
      heap.push(added)
    } else if (seat.first !== first) {
      seat.first = first
      parent.ready.get(units)?.update(seat)
    } else return
    if (parent.firstOf(units) !== before) parent.refresh(units)
  }

  /** After its tag has changed. */
  reseat(): void {
    const parent = this.parent
    if (parent === undefined) return
    for (const [units, seat] of this.seats) {
      parent.ready.get(units)?.update(seat)
      parent.refresh(units)
    }
  }

  /** Sees whether it takes part. Who begins to does so at the parent's present time: nobody saves up while away. */
  settle(): void {
    const active = this.taking > 0 && this.limiter?.full !== true
    if (active === this.active) return
    this.active = active
    const parent = this.parent
    if (parent === undefined) return
    parent.taking += active ? 1 : -1
    if (active && this.tag < parent.time) {
      this.tag = parent.time
      this.returns++
      this.reseat()
    }
    parent.settle()
  }

  /**
   * Books a start. Providers and classes may have had to stand back although they could start; what they missed is not
   * made up for, so they pay from the present time. A lane that was passed over since its job did not fit keeps its place.
   */
  charge(cost: number): void {
    const parent = this.parent
    if (parent === undefined) return
    const stoodBack = this.level === "provider" || this.level === "class"
    const start = stoodBack ? Math.max(this.tag, parent.time) : this.tag
    parent.time = Math.max(parent.time, start)
    this.tag = start + cost
    this.returns = 0
    this.reseat()
  }

  /** Counts a job in or out. */
  count(by: 1 | -1): void {
    const { parent } = this
    if (by === 1 && this.slot >= 0) parent?.idle.remove(this)
    if (by === 1 && this.waiting === 0) {
      this.tag = Math.max(this.tag, parent?.time ?? 0)
      this.returns = 0
    }
    this.waiting += by
    parent?.count(by)
  }

  /**
   * Forgets children that have nothing waiting and nothing to pay back: all of them when nothing waits beneath this node, as
   * nobody is left to be paid, and beyond 4 096 those that owe the least. Then itself as one of them, and so on upwards.
   */
  sweep(): void {
    for (let child = this.idle.peek(); child !== undefined; child = this.idle.peek()) {
      if (child.tag > this.time && this.waiting > 0 && this.idle.size <= mostIdle) break
      this.idle.remove(child)
      child.leave()
      if (this.waiting === 0) this.time = Math.max(this.time, child.tag)
    }
    const parent = this.parent
    if (parent === undefined) return
    if (this.waiting === 0 && this.slot < 0) {
      if (this.tag <= parent.time) this.leave()
      else parent.idle.push(this)
    }
    parent.sweep()
  }

  leave(): void {
    for (const child of [...this.children.values()]) child.leave()
    this.parent?.children.delete(keyOf(this.level, this.name))
    this.limiter?.leave(this)
  }
}
