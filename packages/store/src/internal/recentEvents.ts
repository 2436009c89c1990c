/** The newest events of this process, in memory, so that live readers need neither the disk nor a decoder. */
import type { RunId } from "@runyard/core/Run"
import type { RunEvent, StoredEvent } from "@runyard/core/RunEvent"

interface Sized extends StoredEvent {
  readonly bytes: number
}

/**
 * A list that is pushed at one end and loses at the other. It clears and uses its slots again: an array that is thrown
 * away when it is old keeps all that it held until the next collection of the old generation.
 */
class Ring<A> {
  private slots: Array<A | undefined>
  private start = 0
  length = 0

  /** @param room for so many at first, a power of two. */
  constructor(room: number) {
    this.slots = Array.from({ length: room })
  }

  at(index: number): A | undefined {
    return index < 0 || index >= this.length ? undefined : this.slots[(this.start + index) & (this.slots.length - 1)]
  }

  push(item: A): void {
    if (this.length === this.slots.length) this.grow()
    this.slots[(this.start + this.length++) & (this.slots.length - 1)] = item
  }

  shift(): A | undefined {
    if (this.length === 0) return undefined
    const item = this.slots[this.start]
    this.slots[this.start] = undefined
    this.start = (this.start + 1) & (this.slots.length - 1)
    this.length--
    return item
  }

  slice(from: number, to: number): Array<A> {
    const found: Array<A> = []
    for (let index = Math.max(0, from); index < Math.min(to, this.length); index++) {
      const item = this.at(index)
      if (item !== undefined) found.push(item)
    }
    return found
  }

  private grow(): void {
    const all: Array<A | undefined> = this.slice(0, this.length)
    this.slots = all.concat(Array.from({ length: all.length }))
    this.start = 0
  }
}

/**
 * What follows `after` in a list of consecutive places that starts at `first`: `undefined` when the list starts later
 * than that, so that only the store knows.
 */
const following = <A>(list: Ring<A>, first: number | undefined, after: number, limit: number) =>
  first === undefined || after + 1 < first ? undefined : list.slice(after + 1 - first, after + 1 - first + limit)

/**
 * Holds at most `maxEvents` events and `maxBytes` of their stored text; the oldest go first. Its places are
 * consecutive: when another process has written, the owner clears it.
 */
export class RecentEvents {
  private readonly all = new Ring<Sized>(64)
  private readonly runs = new Map<RunId, Ring<RunEvent>>()
  private bytes = 0
  private readonly maxEvents: number
  private readonly maxBytes: number

  constructor(maxEvents: number, maxBytes: number) {
    this.maxEvents = maxEvents
    this.maxBytes = maxBytes
  }

  push(stored: Sized): void {
    this.all.push(stored)
    this.bytes += stored.bytes
    const run = this.runs.get(stored.event.runId)
    if (run === undefined) {
      const fresh = new Ring<RunEvent>(4)
      fresh.push(stored.event)
      this.runs.set(stored.event.runId, fresh)
    } else run.push(stored.event)
    while (this.all.length > this.maxEvents || this.bytes > this.maxBytes) this.drop()
  }

  /** The oldest of all is the oldest of its run too. */
  private drop(): void {
    const oldest = this.all.shift()
    if (oldest === undefined) return
    this.bytes -= oldest.bytes
    const run = this.runs.get(oldest.event.runId)
    run?.shift()
    if (run?.length === 0) this.runs.delete(oldest.event.runId)
  }

  clear(): void {
    while (this.all.length > 0) this.drop()
  }

  ofRun(runId: RunId, after: number, limit: number): ReadonlyArray<RunEvent> | undefined {
    const run = this.runs.get(runId)
    return run === undefined ? undefined : following(run, run.at(0)?.seq, after, limit)
  }

  ofAll(after: number, limit: number): ReadonlyArray<StoredEvent> | undefined {
    return following(this.all, this.all.at(0)?.cursor, after, limit)
  }
}
