/**
 * The log of a run as a screen needs it: any event by its number, of a million or more, in bounded memory. What is looked
 * at is fetched in pages; what comes live is added at the end.
 */
import type { RunEvent } from "../api/types.ts"
import { EventPages, pageOf, pageSize } from "./EventPages.ts"

export interface LogPage {
  readonly events: ReadonlyArray<RunEvent>
  readonly lastSeq: number
}

/** Events after a number, at most `limit` of them; fewer where they are large. */
export type FetchLog = (after: number, limit: number, signal: AbortSignal) => Promise<LogPage>

interface Flight {
  readonly controller: AbortController
  readonly done: Promise<void>
  /** Somebody waits for it, wherever the screen looks by now. */
  awaited: boolean
}

interface EventWindowOptions {
  readonly fetch: FetchLog
  readonly lastSeq: number
  readonly pages?: EventPages
  /** Runs a notice later; several changes until then are one. Default: with the next frame of the screen. */
  readonly schedule?: (notice: () => void) => void
}

/** A page in the background draws no frames, and must not wait for one. */
const nextFrame = (notice: () => void): void => {
  if (document.visibilityState === "visible") requestAnimationFrame(notice)
  else setTimeout(notice, 250)
}

export class EventWindow {
  readonly #fetch: FetchLog
  readonly #pages: EventPages
  readonly #schedule: (notice: () => void) => void
  readonly #flights = new Map<number, Flight>()
  readonly #listeners = new Set<() => void>()
  #lastSeq: number
  #version = 0
  #noticed = true
  #looked: readonly [first: number, last: number] = [0, -1]
  #error: unknown

  constructor({ fetch, lastSeq, pages = new EventPages(), schedule = nextFrame }: EventWindowOptions) {
    this.#fetch = fetch
    this.#lastSeq = lastSeq
    this.#pages = pages
    this.#schedule = schedule
  }

  /** How many events the log has, as far as is known: their numbers are 1 to this. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  /** Another number after each change. */
  get version(): number {
    return this.#version
  }

  /** Why the last fetch failed, if it did. */
  get error(): unknown {
    return this.#error
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The event, where it is here. */
  at(seq: number): RunEvent | undefined {
    return this.#pages.get(seq)
  }

  /** The events from `from` to `to`, as far as they follow each other from the end backwards without one missing. */
  slice(from: number, to: number): ReadonlyArray<RunEvent> {
    const found: Array<RunEvent> = []
    for (let seq = to; seq >= from; seq--) {
      const event = this.#pages.get(seq)
      if (event === undefined) break
      found.push(event)
    }
    return found.toReversed()
  }

  /** Says what is on the screen: fetches what is missing of it, and gives up what is fetched for another place. */
  look(from: number, to: number): void {
    const first = pageOf(Math.max(1, from))
    const last = pageOf(Math.max(1, Math.min(to, this.#lastSeq)))
    this.#looked = [first, last]
    for (const [page, flight] of this.#flights) {
      if (!flight.awaited && (page < first || page > last)) this.#abort(page, flight)
    }
    for (let page = first; page <= last; page++) this.#fly(page)
    this.#pages.trim(first, last)
  }

  /** Fetches what is missing between two numbers, and waits for it. */
  async load(from: number, to: number): Promise<void> {
    const first = pageOf(Math.max(1, from))
    const last = pageOf(Math.max(1, Math.min(to, this.#lastSeq)))
    const flights: Array<Promise<void>> = []
    for (let page = first; page <= last; page++) {
      const flight = this.#fly(page)
      if (flight === undefined) continue
      flight.awaited = true
      flights.push(flight.done)
    }
    await Promise.all(flights)
    this.#pages.trim(first, last)
  }

  /** Asks again for what is on the screen. */
  retry(): void {
    this.#error = undefined
    this.look(this.#looked[0] * pageSize + 1, (this.#looked[1] + 1) * pageSize)
    this.#changed()
  }

  /** Adds what came live. Events that are here already change nothing. */
  append(events: ReadonlyArray<RunEvent>): void {
    const last = events.at(-1)
    if (last === undefined) return
    this.#pages.put(events)
    this.grow(last.seq)
    this.#pages.trim(this.#looked[0], Math.max(this.#looked[1], this.#looked[0]))
    this.#changed()
  }

  /** The log is known to be longer. */
  grow(lastSeq: number): void {
    if (lastSeq <= this.#lastSeq) return
    this.#lastSeq = lastSeq
    this.#changed()
  }

  close(): void {
    for (const [page, flight] of this.#flights) this.#abort(page, flight)
  }

  #abort(page: number, flight: Flight): void {
    this.#flights.delete(page)
    flight.controller.abort()
  }

  #fly(page: number): Flight | undefined {
    const flying = this.#flights.get(page)
    if (flying !== undefined) return flying
    if (this.#lastSeq === 0 || this.#pages.isWhole(page, this.#lastSeq)) return undefined
    const controller = new AbortController()
    const flight = { controller, done: this.#fetchPage(page, controller.signal), awaited: false }
    this.#flights.set(page, flight)
    return flight
  }

  async #fetchPage(page: number, signal: AbortSignal): Promise<void> {
    const end = (page + 1) * pageSize
    try {
      for (let next = this.#pages.firstMissing(page); next <= Math.min(end, this.#lastSeq);) {
        const { events, lastSeq } = await this.#fetch(next - 1, end - next + 1, signal)
        if (signal.aborted) return
        this.#pages.put(events)
        this.grow(lastSeq)
        const after = this.#pages.firstMissing(page)
        // A log that gives nothing where it should have something is not asked for ever.
        if (after === next) break
        next = after
      }
      this.#error = undefined
    } catch (error) {
      if (signal.aborted) return
      this.#error = error
    }
    this.#flights.delete(page)
    this.#changed()
  }

  #changed(): void {
    if (!this.#noticed) return
    this.#noticed = false
    this.#schedule(() => {
      this.#noticed = true
      this.#version++
      for (const listener of this.#listeners) listener()
    })
  }
}
