/**
 * A lane: the jobs of one class, tenant, workspace and provider, first in first out. Jobs of other sizes, and those whose
 * session is busy, stand in lines of their own, so that one that cannot start does not hold up those behind it. Pure.
 */
import type { QueueJob } from "../QueueJob.ts"
import { FairHeap, type Slotted } from "./fairHeap.ts"
import type { FairLimiter } from "./fairLimiter.ts"
import { FairLine, type Place } from "./fairLine.ts"
import { FairNode, keysOfBoth } from "./fairNode.ts"

/** What the queue keeps of a job. */
export interface Entry {
  job: QueueJob
  /** All that limit it. */
  limiters: ReadonlyArray<FairLimiter>
  state: "waiting" | "delayed" | "held" | "running"
  /** While it waits: where. */
  at?: Standing | undefined
  /** While it is delayed: until when. */
  wake?: Timer | undefined
  /** While it has not started: when it no longer may. */
  expiry?: Timer | undefined
  /** While it waits and weighs more than one unit: its place among those that room may be kept for. */
  wide?: Wide | undefined
}

export interface Timer extends Slotted {
  readonly at: number
  readonly entry: Entry
}

export interface Wide extends Slotted {
  /** From when on room may be kept for it, in milliseconds. */
  readonly due: number
  readonly entry: Entry
}

export interface Standing {
  readonly lane: FairLane
  readonly line: LaneLine
  readonly place: Place<Entry>
  readonly age: Place<Entry>
  readonly ages: FairLine<Entry>
}

/** Jobs of one lane that can start or cannot start together: one size, and one session or none. */
export class LaneLine implements Slotted {
  slot = -1
  readonly entries = new FairLine<Entry>()
  readonly lane: FairLane
  readonly key: string
  readonly units: number
  readonly session: string | undefined

  constructor(lane: FairLane, key: string, units: number, session: string | undefined) {
    this.lane = lane
    this.key = key
    this.units = units
    this.session = session
  }

  get first(): number {
    return this.entries.first()?.rank ?? Number.POSITIVE_INFINITY
  }
}

export class FairLane extends FairNode {
  readonly lines = new Map<string, LaneLine>()
  /** The greatest number that it has started: those before it that still wait were passed over. */
  passed = Number.NEGATIVE_INFINITY
  readonly #startable = new Map<number, FairHeap<LaneLine>>()

  override firstOf(units: number): number | undefined {
    return this.#startable.get(units)?.peek()?.first
  }

  override sizes(): ReadonlyArray<number> {
    return keysOfBoth(this.#startable, this.seats)
  }

  /** The job that it would start of these sizes. */
  firstEntry(sizes: ReadonlyArray<number>): Entry | undefined {
    let found: LaneLine | undefined
    for (const units of sizes) {
      const line = this.#startable.get(units)?.peek()
      if (line !== undefined && (found === undefined || line.first < found.first)) found = line
    }
    return found?.entries.first()?.item
  }

  lineFor(job: QueueJob): LaneLine {
    const key = `${job.units}\0${job.session ?? ""}`
    const found = this.lines.get(key)
    if (found !== undefined) return found
    const line = new LaneLine(this, key, job.units, job.session)
    this.lines.set(key, line)
    return line
  }

  /** After the line's first job has changed, or whether its session is free. */
  reorder(line: LaneLine, free: boolean): void {
    const startable = free && line.entries.size > 0
    let heap = this.#startable.get(line.units)
    if (line.slot >= 0) {
      if (startable) heap?.update(line)
      else {
        heap?.remove(line)
        this.taking--
        if (heap?.size === 0) this.#startable.delete(line.units)
      }
    } else if (startable) {
      if (heap === undefined) {
        heap = new FairHeap((a, b) => a.first < b.first)
        this.#startable.set(line.units, heap)
      }
      heap.push(line)
      this.taking++
    }
    if (line.entries.size === 0) this.lines.delete(line.key)
    this.settle()
    this.refresh(line.units)
  }

  *entries(): Generator<Entry> {
    for (const line of this.lines.values()) yield* line.entries.values()
  }
}
