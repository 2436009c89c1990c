/** The newest events of this process, in memory, so that live readers need neither the disk nor a decoder. */
import type { RunId } from "@runyard/core/Run"
import type { RunEvent, StoredEvent } from "@runyard/core/RunEvent"

interface Sized extends StoredEvent {
  readonly bytes: number
}

/** A list that loses its head cheaply. Lost items are let go of when they are as many as those that remain. */
class Deque<A> {
  private items: Array<A> = []
  private start = 0

  get length(): number {
    return this.items.length - this.start
  }

  at(index: number): A | undefined {
    return this.items[this.start + index]
  }

  push(item: A): void {
    this.items.push(item)
  }

  shift(): A | undefined {
    const item = this.items[this.start++]
    if (this.start > 64 && this.start * 2 > this.items.length) {
      this.items = this.items.slice(this.start)
      this.start = 0
    }
    return item
  }

  slice(from: number, to: number): Array<A> {
    return this.items.slice(this.start + from, this.start + to)
  }
}

/**
 * What follows `after` in a list of consecutive places that starts at `first`: `undefined` when the list starts later
 * than that, so that only the store knows.
 */
const following = <A>(list: Deque<A>, first: number | undefined, after: number, limit: number) =>
  first === undefined || after + 1 < first ? undefined : list.slice(after + 1 - first, after + 1 - first + limit)

/**
 * Holds at most `maxEvents` events and `maxBytes` of their stored text; the oldest go first. Its places are
 * consecutive: when another process has written, the owner clears it.
 */
export class RecentEvents {
  private readonly all = new Deque<Sized>()
  private readonly runs = new Map<RunId, Deque<RunEvent>>()
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
      const fresh = new Deque<RunEvent>()
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
