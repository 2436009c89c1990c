/** Walks a text to the places that matter: where a keyword ends, and where a run of letters and digits gets long. */
import type { Matcher } from "./redactMatcher.ts"
import { minimumRun } from "./redactShape.ts"

/** So much of a text is copied into bytes at once. */
const block = 8192
/** Shorter blocks are walked in one lane. */
const twoLanes = 192
const half = block / 2

/** One walk at a time. */
export class Places {
  readonly #matcher: Matcher
  readonly #bytes = new Uint8Array(block * 3)
  readonly #encoder = new TextEncoder()
  /** Places in the block, of the first lane and behind them of the second: where, and in which state. */
  readonly #where = new Uint16Array(block)
  readonly #which = new Uint16Array(block)
  #text = ""
  /** Where the block begins in the text, and where the next one does. */
  #from = 0
  #until = 0
  #first = 0
  #firstEnd = 0
  #second = 0
  #secondEnd = 0
  #state = 0
  #run = 0

  constructor(matcher: Matcher) {
    this.#matcher = matcher
  }

  /** Begins at `from`, behind `run` characters of a run. */
  begin(text: string, from: number, run: number): void {
    this.#text = text
    this.#from = from
    this.#until = from
    this.#first = this.#firstEnd = this.#second = this.#secondEnd = 0
    this.#state = 0
    this.#run = run
  }

  /** The index of the next place; -1 behind the last. What it is is told by `state` and `longRun`. */
  next(): number {
    for (;;) {
      if (this.#first < this.#firstEnd) return this.#at(this.#first++)
      if (this.#second < this.#secondEnd) return this.#at(this.#second++)
      if (this.#until >= this.#text.length) {
        this.#text = ""
        return -1
      }
      this.#walk()
    }
  }

  /** The state of the automaton at the place. */
  state = 0
  /** Whether a run reaches `minimumRun` there. */
  longRun = false

  /** How it stands at the end of the text. */
  get endState(): number {
    return this.#state
  }
  get endRun(): number {
    return this.#run
  }

  #at(index: number): number {
    const where = this.#where[index] as number
    this.state = this.#which[index] as number
    this.longRun = (where & block) !== 0
    return this.#from + (where & (block - 1))
  }

  /** Copies the next block: one byte a character. */
  #copy(): number {
    const text = this.#text
    const bytes = this.#bytes
    const from = this.#until
    const size = Math.min(block, text.length - from)
    const piece = from === 0 && size === text.length ? text : text.substring(from, from + size)
    const { written } = this.#encoder.encodeInto(piece, bytes)
    if (written !== size) {
      const byteOf = this.#matcher.bytes
      for (let at = 0; at < size; at++) bytes[at] = byteOf[piece.charCodeAt(at)] as number
    }
    this.#from = from
    this.#until = from + size
    return size
  }

  #walk(): void {
    const size = this.#copy()
    if (size < twoLanes || this.#matcher.longest > twoLanes >> 1) this.#oneLane(size)
    else this.#bothLanes(size)
  }

  #oneLane(size: number): void {
    const { accepting, classes, next, shift } = this.#matcher
    const bytes = this.#bytes
    let state = this.#state
    let run = this.#run
    let count = 0
    for (let at = 0; at < size; at++) {
      const kind = classes[bytes[at] as number] as number
      state = next[(state << shift) | (kind & 127)] as number
      run = (run + 1) & -(kind >> 7)
      if (state >= accepting || run === minimumRun) {
        this.#where[count] = run === minimumRun ? at | block : at
        this.#which[count++] = state
      }
    }
    this.#first = this.#second = this.#secondEnd = 0
    this.#firstEnd = count
    this.#state = state
    this.#run = run
  }

  /**
   * Each step of the automaton waits for the one before it. Two that walk the halves of the block side by side take
   * little more time than one; the second begins early enough to be in the state in which the first would arrive.
   */
  #bothLanes(size: number): void {
    const { accepting, classes, longest, next, shift } = this.#matcher
    const bytes = this.#bytes
    const where = this.#where
    const which = this.#which
    const middle = size >> 1
    let state = this.#state
    let run = this.#run
    let state2 = 0
    let run2 = 0
    for (let at = Math.max(0, middle - Math.max(longest, minimumRun)); at < middle; at++) {
      const kind = classes[bytes[at] as number] as number
      state2 = next[(state2 << shift) | (kind & 127)] as number
      run2 = (run2 + 1) & -(kind >> 7)
    }
    let count = 0
    let count2 = half
    for (let at = 0; at < middle; at++) {
      const kind = classes[bytes[at] as number] as number
      const kind2 = classes[bytes[middle + at] as number] as number
      state = next[(state << shift) | (kind & 127)] as number
      state2 = next[(state2 << shift) | (kind2 & 127)] as number
      run = (run + 1) & -(kind >> 7)
      run2 = (run2 + 1) & -(kind2 >> 7)
      if (state >= accepting || run === minimumRun) {
        where[count] = run === minimumRun ? at | block : at
        which[count++] = state
      }
      if (state2 >= accepting || run2 === minimumRun) {
        where[count2] = run2 === minimumRun ? (middle + at) | block : middle + at
        which[count2++] = state2
      }
    }
    if ((size & 1) === 1) {
      const kind = classes[bytes[size - 1] as number] as number
      state2 = next[(state2 << shift) | (kind & 127)] as number
      run2 = (run2 + 1) & -(kind >> 7)
      if (state2 >= accepting || run2 === minimumRun) {
        where[count2] = run2 === minimumRun ? (size - 1) | block : size - 1
        which[count2++] = state2
      }
    }
    this.#first = 0
    this.#firstEnd = count
    this.#second = half
    this.#secondEnd = count2
    this.#state = state2
    // A run that fills the second half began in the first, if not before.
    this.#run = run2 >= size - middle ? run + size - middle : run2
  }
}
