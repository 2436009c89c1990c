/** The bits of a block of runs: which of them have which pieces of text, and which are open, so that they may get others. */
import { addGrams, gramCount } from "./textGrams.ts"

/** Runs of a block. */
export const blockRuns = 2_048

/** Bytes of a bit for each run. */
export const rowBytes = blockRuns / 8

export class TextBlock {
  readonly open = new Uint8Array(rowBytes)
  private readonly rows = new Uint8Array(gramCount * rowBytes)
  private readonly isUsed = new Uint8Array(gramCount)
  private readonly seen = new Uint8Array(gramCount)

  addOpen(key: number): void {
    set(this.open, (key % blockRuns) >> 3, key)
  }

  add(key: number, texts: ReadonlyArray<string>): void {
    const grams: Array<number> = []
    for (const text of texts) addGrams(text, this.seen, grams)
    for (const gram of grams) {
      this.seen[gram] = 0
      this.isUsed[gram] = 1
      set(this.rows, gram * rowBytes + ((key % blockRuns) >> 3), key)
    }
  }

  /** The pieces that some run has, and those runs. */
  *entries(): Generator<readonly [gram: number, runs: Uint8Array]> {
    for (let gram = 0; gram < gramCount; gram++) {
      if (this.isUsed[gram] === 1) yield [gram, this.rows.subarray(gram * rowBytes, (gram + 1) * rowBytes)]
    }
  }
}

const set = (bits: Uint8Array, byte: number, key: number): void => {
  bits[byte] = (bits[byte] ?? 0) | (1 << (key & 7))
}

export const countBits = (bits: Uint8Array): number => {
  let count = 0
  for (const byte of bits) for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}
