/**
 * The part of a run's conversation that a screen holds: so many events of its log, made into blocks. At the end it goes
 * on with the run; farther up it is moved by whoever scrolls.
 */
import type { EventWindow } from "./EventWindow.ts"
import type { RunEvent } from "../api/types.ts"
import { LivePieces } from "./LivePieces.ts"
import { emptyTimeline, extendTimeline, type LiveFrame, type Timeline, withLive } from "./timeline.ts"

/** Events that it begins with, that one step adds, and that it holds at most. */
export const firstEvents = 1_000
const stepEvents = 1_000
const maxEvents = 6_000

export class Conversation {
  readonly #window: EventWindow
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()
  readonly #live = new LivePieces()
  readonly #leave: () => void
  #timeline: Timeline = emptyTimeline
  #from = 1
  #to = 0
  #atEnd = true
  #loading: "first" | "earlier" | "later" | "jump" | undefined
  #turn = 0
  #firstError: number | undefined

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

  /** The first event that tells of an error, of all that it has held. */
  get firstError(): number | undefined {
    return this.#firstError
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

  /** Takes note of events as they come, whatever part is shown: what they tell whole is not being written any more. */
  hear(events: ReadonlyArray<RunEvent>): void {
    this.#live.hear(events)
  }

  /** Adds what a model is writing. */
  addLive(frames: ReadonlyArray<LiveFrame>): void {
    if (this.#atEnd && this.#hasStopped) return
    const news = this.#live.add(frames)
    if (news.length === 0 || !this.#atEnd || this.#loading === "first") return
    this.#timeline = withLive(this.#timeline, news, this.#now())
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
    const events = this.#window.slice(this.#from, this.#to)
    this.#timeline = extendTimeline(emptyTimeline, events)
    if (!this.#atEnd) return
    this.#live.hear(events)
    if (!this.#hasStopped) this.#timeline = withLive(this.#timeline, this.#live.frames(), this.#now())
  }

  /** Nothing is written any more after the end of an attempt. */
  get #hasStopped(): boolean {
    return this.#timeline.blocks.at(-1)?.kind === "end"
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
    } else {
      this.#live.hear(events)
      this.#timeline = extendTimeline(this.#timeline, events)
    }
    this.#changed()
  }

  #changed(): void {
    this.#timeline = { ...this.#timeline }
    const { firstError } = this.#timeline
    if (firstError !== undefined) this.#firstError = Math.min(firstError, this.#firstError ?? firstError)
    for (const listener of this.#listeners) listener()
  }
}
