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

interface Node {
  readonly children: Map<number, Node>
  readonly depth: number
  readonly own: Array<number>
  outputs: ReadonlyArray<number>
  fail: Node | undefined
  id: number
}

const node = (depth: number): Node => ({
  children: new Map(),
  depth,
  own: [],
  outputs: [],
  fail: undefined,
  id: 0,
})

/** Case is ignored and letters that are not ASCII are hardly told apart: a hit is a candidate, never a proof. */
export const makeMatcher = (keywords: ReadonlyArray<string>): Matcher => {
  const bytes = bytesOf(keywords)
  const fold = (code: number): number => (code >= 65 && code <= 90 ? code + 32 : (bytes[code] ?? other))
  const root = node(0)
  const codes = new Set<number>()
  keywords.forEach((keyword, index) => {
    let at = root
    for (let i = 0; i < keyword.length; i++) {
      const code = fold(keyword.charCodeAt(i))
      codes.add(code)
      let child = at.children.get(code)
      if (child === undefined) {
        child = node(at.depth + 1)
        at.children.set(code, child)
      }
      at = child
    }
    at.own.push(index)
  })

  const order: Array<Node> = [root]
  for (let i = 0; i < order.length; i++) {
    const at = order[i] ?? root
    at.outputs = at.fail === undefined ? at.own : [...at.own, ...at.fail.outputs]
    for (const [code, child] of at.children) {
      let fail = at.fail
      while (fail !== undefined && !fail.children.has(code)) fail = fail.fail
      child.fail = fail?.children.get(code) ?? root
      order.push(child)
    }
  }
  const numbered = [...order.filter((at) => at.outputs.length === 0), ...order.filter((at) => at.outputs.length > 0)]
  numbered.forEach((at, index) => {
    at.id = index
  })
  const accepting = numbered.findIndex((at) => at.outputs.length > 0)

  const classes = new Uint8Array(other + 3)
  // Letters first, so that what texts are made of is close together.
  const isLetter = (code: number) => code >= 97 && code <= 122
  const classCodes = [...codes].toSorted((left, right) => Number(isLetter(right)) - Number(isLetter(left)))
  classCodes.forEach((code, index) => {
    classes[code] = index + 1
    if (code >= 97 && code <= 122) classes[code - 32] = index + 1
  })
  const shift = Math.max(1, Math.ceil(Math.log2(classCodes.length + 1)))
  const next = new Uint16Array(order.length << shift)
  for (const at of order) {
    if (at.fail !== undefined) {
      const from = at.fail.id << shift
      next.copyWithin(at.id << shift, from, from + (1 << shift))
    }
    for (const [code, child] of at.children) next[(at.id << shift) | (classes[code] ?? 0)] = child.id
  }
  runCodes.forEach((run, code) => {
    if (run) classes[code] = (classes[code] ?? 0) | 0x80
  })
  return {
    next,
    bytes,
    classes,
    shift,
    accepting: accepting < 0 ? order.length : accepting,
    outputs: accepting < 0 ? [] : numbered.slice(accepting).map((at) => at.outputs),
    depths: Uint16Array.from(numbered, (at) => at.depth),
    longest: Math.max(0, ...keywords.map(({ length }) => length)),
  }
}
