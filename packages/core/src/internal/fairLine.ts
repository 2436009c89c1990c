/**
 * Things in order of a rank that mostly arrive in that order: then adding, leaving and looking at the first cost the same
 * however long the line is. What comes late stands in a heap beside it. Pure.
 */
import { FairHeap, type Slotted } from "./fairHeap.ts"

/** One thing's place in one line. */
export class Place<T> implements Slotted {
  slot = -1
  gone = false
  readonly rank: number
  readonly item: T

  constructor(rank: number, item: T) {
    this.rank = rank
    this.item = item
  }
}

export class FairLine<T> {
  #queue: Array<Place<T>> = []
  #head = 0
  #gone = 0
  readonly #late = new FairHeap<Place<T>>((a, b) => a.rank < b.rank)

  get size(): number {
    return this.#queue.length - this.#head - this.#gone + this.#late.size
  }

  add(place: Place<T>): void {
    const last = this.#queue.length > this.#head ? this.#queue[this.#queue.length - 1] : undefined
    if (last === undefined || last.rank <= place.rank) this.#queue.push(place)
    else this.#late.push(place)
  }

  /** It must be in this line. */
  remove(place: Place<T>): void {
    if (place.slot >= 0) {
      this.#late.remove(place)
      return
    }
    place.gone = true
    this.#gone++
    this.#skip()
    if (this.#gone > 64 && this.#gone * 2 > this.#queue.length - this.#head) this.#compact()
  }

  first(): Place<T> | undefined {
    const late = this.#late.peek()
    const early = this.#head < this.#queue.length ? this.#queue[this.#head] : undefined
    if (early === undefined || late === undefined) return early ?? late
    return late.rank < early.rank ? late : early
  }

  *values(): Generator<T> {
    for (const place of this.#late.values()) yield place.item
    for (const place of this.#queue.slice(this.#head)) if (!place.gone) yield place.item
  }

  #skip(): void {
    while (this.#head < this.#queue.length && this.#queue[this.#head]?.gone === true) {
      this.#head++
      this.#gone--
    }
    if (this.#head > 256 && this.#head * 2 > this.#queue.length) this.#compact()
  }

  #compact(): void {
    this.#queue = this.#queue.slice(this.#head).filter((place) => !place.gone)
    this.#head = 0
    this.#gone = 0
  }
}
