/**
 * Which short pieces a text has, as numbers below `gramCount`: those of one, two and three characters, whatever the case of
 * ASCII letters. A text that has another in it has all pieces of that one, too. Different pieces may have the same number;
 * those of one and two characters have two, because a short text has no others by which it could be told.
 */

/** As many pieces are told apart. A power of two. */
export const gramCount = 4_096

/** As many pieces of a text are looked for, and so much of it is read: more hardly rule out more runs. */
const maxSought = 16
const maxRead = 1_024

const foldedCode = (text: string, index: number): number => {
  const code = text.charCodeAt(index)
  return code >= 65 && code <= 90 ? code + 32 : code
}

/** A piece of fewer than three characters has 0 in place of the first ones. */
const hashOf = (first: number, second: number, third: number): number => {
  const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b) ^ Math.imul(third, 0xc2b2ae35)
  const spread = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return spread ^ (spread >>> 13)
}
const numberOf = (hash: number): number => hash & (gramCount - 1)
const otherNumberOf = (hash: number): number => (hash >>> 12) & (gramCount - 1)

/** Adds the pieces of a text that are not there yet; `seen` has a 1 for each that is. */
export const addGrams = (text: string, seen: Uint8Array, found: Array<number>): void => {
  const add = (gram: number): void => {
    if (seen[gram] === 1) return
    seen[gram] = 1
    found.push(gram)
  }
  let [before, last] = [0, 0]
  for (let index = 0; index < text.length; index++) {
    const code = foldedCode(text, index)
    const one = hashOf(0, 0, code)
    add(numberOf(one))
    add(otherNumberOf(one))
    if (index > 0) {
      const two = hashOf(0, last, code)
      add(numberOf(two))
      add(otherNumberOf(two))
    }
    if (index > 1) add(numberOf(hashOf(before, last, code)))
    before = last
    last = code
  }
}

const gramsOfSize = (text: string, size: number): ReadonlyArray<number> => {
  const found = new Set<number>()
  for (let end = size - 1; end < Math.min(text.length, maxRead); end++) {
    const at = (back: number): number => (back < size ? foldedCode(text, end - back) : 0)
    const hash = hashOf(at(2), at(1), at(0))
    found.add(numberOf(hash))
    if (size < 3) found.add(otherNumberOf(hash))
  }
  return [...found]
}

/** Some of the pieces that whatever has the text must have, from all over it, the longest first; none for an empty one. */
export const soughtGrams = (text: string): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (const size of [3, 2, 1]) {
    const all = gramsOfSize(text, size)
    const count = Math.min(all.length, maxSought - found.length)
    for (let index = 0; index < count; index++) found.push(all[Math.floor((index * all.length) / count)] ?? 0)
  }
  return found
}
