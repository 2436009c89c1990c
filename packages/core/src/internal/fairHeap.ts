/** A binary heap whose members know their slot, so that each of them can be moved or taken out. Pure. */

export interface Slotted {
  /** Where it is in its heap; -1 outside. Only the heap writes it. */
  slot: number
}

export class FairHeap<T extends Slotted> {
  readonly #items: Array<T> = []
  readonly #before: (a: T, b: T) => boolean

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    this.#items.push(item)
    this.#up(item, this.#items.length - 1)
  }

  /** After its order has changed. */
  update(item: T): void {
    this.#up(item, item.slot)
    this.#down(item, item.slot)
  }

  remove(item: T): void {
    const slot = item.slot
    const last = this.#items.pop()
    item.slot = -1
    if (last === undefined || last === item) return
    this.#items[slot] = last
    last.slot = slot
    this.update(last)
  }

  /** All members, in no order. */
  values(): ReadonlyArray<T> {
    return this.#items
  }

  #up(item: T, from: number): void {
    let slot = from
    while (slot > 0) {
      const above = this.#items[(slot - 1) >> 1]
      if (above === undefined || !this.#before(item, above)) break
      this.#place(above, slot)
      slot = (slot - 1) >> 1
    }
    this.#place(item, slot)
  }

  #down(item: T, from: number): void {
    let slot = from
    for (;;) {
      const left = this.#items[2 * slot + 1]
      if (left === undefined) break
      const right = this.#items[2 * slot + 2]
      const least = right !== undefined && this.#before(right, left) ? right : left
      if (!this.#before(least, item)) break
      const next = least.slot
      this.#place(least, slot)
      slot = next
    }
    this.#place(item, slot)
  }

  #place(item: T, slot: number): void {
    this.#items[slot] = item
    item.slot = slot
  }
}
