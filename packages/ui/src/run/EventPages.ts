/** Events of one log by their number, in pages, so many at once: what was looked at longest ago is forgotten first. */
import type { RunEvent } from "../api/types.ts"

/** Events of a page. */
export const pageSize = 500

/** The page that an event is on, from 0. */
export const pageOf = (seq: number): number => Math.floor((seq - 1) / pageSize)

interface Page {
  readonly events: Array<RunEvent | undefined>
  count: number
  /** Characters of its texts, as a measure of its memory. */
  size: number
}

const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null) return 8
  let size = 16
  for (const inner of Object.values(value)) size += sizeOf(inner)
  return size
}

export class EventPages {
  readonly #pages = new Map<number, Page>()
  readonly #maxPages: number
  readonly #maxSize: number
  #size = 0

  /** @param maxPages default 40, which are 20,000 events. @param maxSize characters in all; default 32 Mi. */
  constructor({ maxPages = 40, maxSize = 32 * 1024 * 1024 } = {}) {
    this.#maxPages = maxPages
    this.#maxSize = maxSize
  }

  get(seq: number): RunEvent | undefined {
    return this.#pages.get(pageOf(seq))?.events[(seq - 1) % pageSize]
  }

  /** Whether all of a page is here, of a log that ends at `lastSeq`. */
  isWhole(page: number, lastSeq: number): boolean {
    return (this.#pages.get(page)?.count ?? 0) >= Math.min(pageSize, lastSeq - page * pageSize)
  }

  /** The first number of a page that is not here. */
  firstMissing(page: number): number {
    const events = this.#pages.get(page)?.events
    for (let index = 0; index < pageSize; index++) {
      if (events?.[index] === undefined) return page * pageSize + index + 1
    }
    return (page + 1) * pageSize + 1
  }

  /** Adds events, each once. */
  put(events: ReadonlyArray<RunEvent>): void {
    for (const event of events) {
      const number = pageOf(event.seq)
      const found = this.#pages.get(number)
      const page = found ?? { events: [], count: 0, size: 0 }
      if (found === undefined) this.#pages.set(number, page)
      const index = (event.seq - 1) % pageSize
      if (page.events[index] !== undefined) continue
      page.events[index] = event
      page.count++
      const size = sizeOf(event.payload)
      page.size += size
      this.#size += size
    }
  }

  /** Keeps the bounds: pages from `first` to `last` stay whatever they need, and are the newest from here on. */
  trim(first: number, last: number): void {
    for (let number = first; number <= last; number++) {
      const page = this.#pages.get(number)
      if (page === undefined) continue
      this.#pages.delete(number)
      this.#pages.set(number, page)
    }
    for (const [number, page] of this.#pages) {
      if (this.#pages.size <= this.#maxPages && this.#size <= this.#maxSize) return
      if (number >= first && number <= last) continue
      this.#pages.delete(number)
      this.#size -= page.size
    }
  }

  get count(): number {
    let count = 0
    for (const page of this.#pages.values()) count += page.count
    return count
  }
}
