/** Finds every keyword in a text in one pass: an Aho-Corasick automaton over case-folded bytes. */
import { runCodes } from "./redactShape.ts"

export interface Matcher {
  /** The next state is `next[(state << shift) | (classes[byte] & 127)]`; the start is 0. */
  readonly next: Uint16Array
  /** The byte of every UTF-16 unit. ASCII is its own; the letters of keywords share two, all others have one. */
  readonly bytes: Uint8Array
  /** The eighth bit says whether the character belongs to a run of `redactShape`. */
  readonly classes: Uint8Array
  readonly shift: number
  /** States from here on end a keyword. */
  readonly accepting: number
  /** Keywords that end in a state, by `state - accepting`. */
  readonly outputs: ReadonlyArray<ReadonlyArray<number>>
  /** How many characters at the end of the text could be the start of a keyword, by state. */
  readonly depths: Uint16Array
  /** The length of the longest keyword. */
  readonly longest: number
}

const other = 128
const none: ReadonlyArray<number> = []

const bytesOf = (keywords: ReadonlyArray<string>): Uint8Array => {
  const bytes = new Uint8Array(65_536).fill(other)
  for (let code = 0; code < 128; code++) bytes[code] = code
  for (const keyword of keywords) {
    for (const char of keyword) {
      if (char < "\u0080" || char.length > 1) continue
      const byte = other + 1 + (char.charCodeAt(0) & 1)
      // The capital of a dotless i is ASCII.
      for (const form of [char, char.toUpperCase()])
        if (form.length === 1 && form > "\u007f") bytes[form.charCodeAt(0)] = byte
    }
  }
  return bytes
}

/** Case is ignored and letters that are not ASCII are hardly told apart: a hit is a candidate, never a proof. */
export const makeMatcher = (keywords: ReadonlyArray<string>): Matcher => {
  const bytes = bytesOf(keywords)
  const fold = (code: number): number => (code >= 65 && code <= 90 ? code + 32 : (bytes[code] ?? other))
  const codes = new Set<number>()
  let size = 1
  for (const keyword of keywords) {
    size += keyword.length
    for (let at = 0; at < keyword.length; at++) codes.add(fold(keyword.charCodeAt(at)))
  }
  const classes = new Uint8Array(other + 3)
  // Letters first, so that what texts are made of is close together.
  const isLetter = (code: number) => code >= 97 && code <= 122
  const classCodes = [...codes].toSorted((left, right) => Number(isLetter(right)) - Number(isLetter(left)))
  classCodes.forEach((code, index) => {
    classes[code] = index + 1
    if (isLetter(code)) classes[code - 32] = index + 1
  })
  const shift = Math.max(1, Math.ceil(Math.log2(classCodes.length + 1)))

  // A tree of all keywords, in a table as the automaton's: 0 is the root, and no child.
  const edges = new Uint16Array(size << shift)
  const depth = new Uint16Array(size)
  const outputs: Array<ReadonlyArray<number>> = [[]]
  let count = 1
  keywords.forEach((keyword, index) => {
    let at = 0
    for (let place = 0; place < keyword.length; place++) {
      const edge = (at << shift) | (classes[fold(keyword.charCodeAt(place))] as number)
      if (edges[edge] === 0) {
        depth[count] = place + 1
        outputs[count] = none
        edges[edge] = count++
      }
      at = edges[edge] as number
    }
    outputs[at] = [...(outputs[at] ?? none), index]
  })

  // By their depth, so that where a state falls back to is complete before it.
  const order = new Uint16Array(count)
  const fail = new Uint16Array(count)
  for (let from = 0, until = 1; from < until; from++) {
    const state = order[from] as number
    const back = (fail[state] as number) << shift
    const failed = outputs[fail[state] as number] ?? none
    if (state > 0 && failed.length > 0) outputs[state] = [...(outputs[state] ?? none), ...failed]
    for (let kind = 1; kind <= classCodes.length; kind++) {
      const edge = (state << shift) | kind
      const child = edges[edge] as number
      const fallen = state === 0 ? 0 : (edges[back | kind] as number)
      if (child === 0) edges[edge] = fallen
      else {
        fail[child] = fallen
        order[until++] = child
      }
    }
  }

  const quiet = order.filter((state) => (outputs[state] ?? none).length === 0)
  const numbered = [...quiet, ...order.filter((state) => (outputs[state] ?? none).length > 0)]
  const id = new Uint16Array(count)
  numbered.forEach((state, index) => {
    id[state] = index
  })
  const next = new Uint16Array(count << shift)
  numbered.forEach((state, index) => {
    const to = index << shift
    const from = state << shift
    for (let kind = 1; kind <= classCodes.length; kind++) next[to | kind] = id[edges[from | kind] as number] as number
  })
  runCodes.forEach((run, code) => {
    if (run) classes[code] = (classes[code] ?? 0) | 0x80
  })
  return {
    next,
    bytes,
    classes,
    shift,
    accepting: quiet.length,
    outputs: numbered.slice(quiet.length).map((state) => outputs[state] ?? none),
    depths: Uint16Array.from(numbered, (state) => depth[state] as number),
    longest: Math.max(0, ...keywords.map(({ length }) => length)),
  }
}
