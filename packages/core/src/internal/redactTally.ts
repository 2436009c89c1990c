/** Counts what was masked: by rule, and as far as there is room by secret. Holds fingerprints, never text. */
import type { RedactionCount } from "../RunEvent.ts"

/** Secrets that one event tells apart; more of them are counted by rule alone. */
export const maxTold = 16

/** What is no rule of its own in the data. */
const otherCategory = (rule: string): string => (rule.startsWith("known:") ? "known" : "key")

export class Tally {
  readonly #entries = new Map<string, { -readonly [K in keyof RedactionCount]: RedactionCount[K] }>()
  readonly #room: number
  #told = 0

  /** @param room secrets that are told apart. */
  constructor(room = maxTold) {
    this.#room = room
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** One more of these. */
  note(categories: ReadonlyMap<string, string>, rule: string, fingerprint: string): void {
    this.add({ rule, category: categories.get(rule) ?? otherCategory(rule), fingerprint, count: 1 })
  }

  add({ rule, category, count, fingerprint }: RedactionCount): void {
    if (fingerprint !== undefined) {
      const key = `${rule}#${fingerprint}`
      const found = this.#entries.get(key)
      if (found !== undefined) {
        found.count += count
        return
      }
      if (this.#told < this.#room) {
        this.#told++
        this.#entries.set(key, { rule, ...(category === undefined ? {} : { category }), count, fingerprint })
        return
      }
    }
    const rest = this.#entries.get(rule)
    if (rest === undefined) this.#entries.set(rule, { rule, ...(category === undefined ? {} : { category }), count })
    else rest.count += count
  }

  addAll(counts: ReadonlyArray<RedactionCount>): void {
    for (const count of counts) this.add(count)
  }

  all(): ReadonlyArray<RedactionCount> {
    return Array.from(this.#entries.values(), (entry) => ({ ...entry }))
  }
}
