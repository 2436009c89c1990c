/**
 * The part of a run's conversation that a screen holds: so many events of its log, made into blocks. At the end it goes
 * on with the run; farther up it is moved by whoever scrolls.
 */
import type { EventWindow } from "./EventWindow.ts"
import { emptyTimeline, extendTimeline, type LiveFrame, type Timeline, withLive } from "./timeline.ts"

/** Events that it begins with, that one step adds, and that it holds at most. */
export const firstEvents = 1_000
const stepEvents = 1_000
const maxEvents = 6_000

/** Messages in the making that are remembered. */
const maxLive = 64

export class Conversation {
  readonly #window: EventWindow
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()
  readonly #live = new Map<string, LiveFrame>()
  readonly #leave: () => void
  #timeline: Timeline = emptyTimeline
  #from = 1
  #to = 0
  #atEnd = true
  #loading: "first" | "earlier" | "later" | "jump" | undefined
  #turn = 0

  constructor(window: EventWindow, now: () => number) {
    this.#window = window
    this.#now = now
    this.#leave = window.subscribe(() => this.#advance())
  }

  /** The blocks; another object after each change. */
  get timeline(): Timeline {
    return this.#timeline
  }

  /** The first event that is in it. */
  get from(): number {
    return this.#from
  }

  /** Whether it goes on with the run: nothing after it is left out. */
  get atEnd(): boolean {
    return this.#atEnd
  }

  get loading(): "first" | "earlier" | "later" | "jump" | undefined {
    return this.#loading
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly snapshot = (): Timeline => this.#timeline

  close(): void {
    this.#leave()
  }

  /** Shows the last events. */
  async latest(): Promise<void> {
    const last = this.#window.lastSeq
    await this.#show(Math.max(1, last - firstEvents + 1), last, this.#to === 0 ? "first" : "jump")
  }

  /** Shows what is around an event. */
  async around(seq: number): Promise<void> {
    if (seq >= this.#from && seq <= this.#to) return
    const from = Math.max(1, seq - firstEvents / 2)
    await this.#show(from, Math.min(this.#window.lastSeq, from + firstEvents - 1), "jump")
  }

  /** Adds what was before; what is at the end is left out where it becomes too much. */
  async earlier(): Promise<void> {
    if (this.#from <= 1 || this.#loading !== undefined) return
    const from = Math.max(1, this.#from - stepEvents)
    await this.#show(from, Math.min(this.#to, from + maxEvents - 1), "earlier")
  }

  /** Adds what comes after, where that was left out. */
  async later(): Promise<void> {
    if (this.#atEnd || this.#loading !== undefined) return
    const to = Math.min(this.#window.lastSeq, this.#to + stepEvents)
    await this.#show(Math.max(this.#from, to - maxEvents + 1), to, "later")
  }

  /** Adds what a model is writing. */
  addLive(frames: ReadonlyArray<LiveFrame>): void {
    if (frames.length === 0 || (this.#atEnd && this.#hasStopped)) return
    for (const frame of frames) {
      const { messageId, offset, text } = frame
      const known = this.#live.get(messageId)
      const joins = known !== undefined && offset > 0 && offset === known.offset + known.text.length
      this.#live.delete(messageId)
      this.#live.set(messageId, joins ? { ...known, text: known.text + text } : frame)
      const [oldest] = this.#live.keys()
      if (this.#live.size > maxLive && oldest !== undefined) this.#live.delete(oldest)
    }
    if (!this.#atEnd || this.#loading === "first") return
    this.#timeline = withLive(this.#timeline, frames, this.#now())
    this.#changed()
  }

  async #show(from: number, to: number, why: NonNullable<Conversation["loading"]>): Promise<void> {
    const turn = ++this.#turn
    this.#loading = why
    // Whoever asked for the end gets what comes meanwhile, too.
    const toEnd = to >= this.#window.lastSeq
    this.#changed()
    await this.#window.load(from, to)
    if (turn !== this.#turn) return
    this.#loading = undefined
    const events = this.#window.slice(from, to)
    const [first] = events
    if (first !== undefined || to === 0) {
      this.#from = first?.seq ?? 1
      this.#to = to
      this.#atEnd = toEnd
      this.#rebuild()
    }
    this.#changed()
    this.#advance()
  }

  #rebuild(): void {
    this.#timeline = extendTimeline(emptyTimeline, this.#window.slice(this.#from, this.#to))
    if (!this.#atEnd) return
    this.#forgetLive()
    this.#timeline = withLive(this.#timeline, [...this.#live.values()], this.#now())
  }

  /** Nothing is written any more after the end of an attempt. */
  get #hasStopped(): boolean {
    return this.#timeline.blocks.at(-1)?.kind === "end"
  }

  #forgetLive(): void {
    for (const id of this.#timeline.done) this.#live.delete(id)
    if (this.#hasStopped) this.#live.clear()
  }

  #advance(): void {
    const last = this.#window.lastSeq
    // What could not be fetched is asked for again when the window is.
    if (this.#loading !== undefined || last <= this.#to || this.#window.error !== undefined) return
    if (!this.#atEnd) return this.#changed()
    const events = this.#window.slice(this.#to + 1, last)
    if (events[0]?.seq !== this.#to + 1) {
      // More came than is kept, or the run was asked for again: what is between is fetched.
      const from = last - this.#from > maxEvents ? last - firstEvents + 1 : this.#from
      void this.#show(from, last, "later")
      return
    }
    this.#to = last
    if (last - this.#from >= maxEvents) {
      this.#from = last - maxEvents / 2 + 1
      this.#rebuild()
    } else this.#timeline = extendTimeline(this.#timeline, events)
    this.#forgetLive()
    this.#changed()
  }

  #changed(): void {
    this.#timeline = { ...this.#timeline }
    for (const listener of this.#listeners) listener()
  }
}
