/** Proves of a pattern that it cannot take long on any text, or says why not. Conservative: what it cannot follow it refuses. */

/** One bit for each ASCII character, and one for all others. */
type Chars = bigint
const every: Chars = (1n << 129n) - 1n
const bit = (code: number): Chars => 1n << BigInt(Math.min(code, 128))
const range = (from: number, to: number): Chars => {
  let chars: Chars = 0n
  for (let code = from; code <= Math.min(to, 128); code++) chars |= bit(code)
  return to > 127 ? chars | bit(128) : chars
}
const digit = range(48, 57)
const word = digit | range(65, 90) | range(97, 122) | bit(95)
const space = range(9, 13) | bit(32) | bit(128)
const named: Readonly<Record<string, Chars>> = {
  d: digit,
  w: word,
  s: space,
  D: every & ~digit,
  W: every & ~word,
  S: (every & ~space) | bit(128),
}

/** `steps`: how many ways there are to match at one place, at most. */
interface Part {
  /** Every character that it may match. */
  readonly chars: Chars
  /** It matches exactly one character. */
  readonly single: boolean
  /** It may match nothing. */
  readonly empty: boolean
  /** It can match the same text in several ways, or texts of several lengths. */
  readonly varies: boolean
  readonly steps: number
  /** The parts of a group with one alternative. */
  readonly inner?: ReadonlyArray<Part>
}

class Refused extends Error {}

/** A text that is given to a rule is no longer than this, so that no repetition is. */
export const searchBound = 1024
/** More ways than this are refused. */
const maximumSteps = 20_000
const maximumLength = 4096

const parse = (source: string, ignoreCase: boolean): Part => {
  let at = 0
  const fail = (why: string): never => {
    throw new Refused(why)
  }
  const cased = (chars: Chars): Chars => {
    if (!ignoreCase) return chars
    let all = chars
    for (let code = 65; code <= 90; code++) {
      if ((chars & (bit(code) | bit(code + 32))) !== 0n) all |= bit(code) | bit(code + 32)
    }
    return all
  }
  const one = (chars: Chars): Part => ({ chars: cased(chars), single: true, empty: false, varies: false, steps: 1 })
  const zero: Part = { chars: 0n, single: false, empty: true, varies: false, steps: 1 }

  const escaped = (): Chars => {
    const char = source.charAt(at++)
    const set = named[char]
    if (set !== undefined) return set
    if (char === "x" || char === "u") {
      const size = char === "x" ? 2 : 4
      const code = Number.parseInt(source.slice(at, at + size), 16)
      if (Number.isNaN(code)) return fail("an escape that is not known")
      at += size
      return bit(code)
    }
    if (/[0-9k]/.test(char) && char !== "0") return fail("a reference to a group")
    if (/[pPc]/.test(char)) return fail("an escape that is not known")
    const control = { n: 10, r: 13, t: 9, f: 12, v: 11, "0": 0 }[char]
    return bit(control ?? char.charCodeAt(0))
  }

  const classChars = (): Chars => {
    const negated = source.charAt(at) === "^"
    if (negated) at++
    let chars: Chars = 0n
    for (let first = true; ; first = false) {
      if (at >= source.length) return fail("a class that does not end")
      if (source.charAt(at) === "]" && !first) break
      if (source.charAt(at) === "]") break
      let low: Chars
      const from = at
      if (source.charAt(at) === "\\") {
        at++
        low = source.charAt(at) === "b" ? (at++, bit(8)) : escaped()
      } else low = bit(source.charCodeAt(at++))
      if (source.charAt(at) === "-" && source.charAt(at + 1) !== "]" && at + 1 < source.length) {
        const start = source.slice(from, at)
        at++
        const next = at
        if (source.charAt(at) === "\\") {
          at++
          escaped()
        } else at++
        const end = source.slice(next, at)
        if (start.length === 1 && end.length === 1) {
          chars |= range(start.charCodeAt(0), end.charCodeAt(0))
          continue
        }
        // A range between escapes: taken for everything, which is never too little.
        chars |= every
        continue
      }
      chars |= low
    }
    at++
    return negated ? (every & ~cased(chars)) | bit(128) : chars
  }

  const atom = (): Part => {
    const char = source.charAt(at++)
    switch (char) {
      case ".":
        return one(every)
      case "[":
        return one(classChars())
      case "^":
      case "$":
        return zero
      case "\\": {
        if (/[bB]/.test(source.charAt(at))) {
          at++
          return zero
        }
        return one(escaped())
      }
      case "(": {
        const look = /^\?(?:[=!]|<[=!])/.exec(source.slice(at, at + 4))
        const kind = look ?? /^\?(?::|<[A-Za-z_]\w*>)/.exec(source.slice(at, at + 64))
        if (kind !== null) at += kind[0].length
        else if (source.charAt(at) === "?") return fail("a group of a kind that is not known")
        const inner = alternatives()
        if (source.charAt(at) !== ")") return fail("a group that does not end")
        at++
        if (look === null) return inner
        if (inner.varies) return fail("a repetition inside a lookaround")
        return zero
      }
      case "*":
      case "+":
      case "?":
        return fail("a repetition of nothing")
      default:
        return one(bit(char.charCodeAt(0)))
    }
  }

  const quantified = (): Part => {
    const part = atom()
    const match = /^(?:[*+?]|\{(\d+)(,)?(\d+)?\})/.exec(source.slice(at, at + 24))
    if (match === null) return part
    at += match[0].length
    if (source.charAt(at) === "?") at++
    if (/^[*+?]|^\{\d/.test(source.slice(at, at + 2))) return fail("a repetition of a repetition")
    const sign = match[0].charAt(0)
    const low = sign === "{" ? Number(match[1]) : sign === "+" ? 1 : 0
    const high =
      sign === "{" ? (match[2] === undefined ? low : Number(match[3] ?? searchBound)) : sign === "?" ? 1 : searchBound
    if (high > 1 && part.varies && !separated(part)) return fail("a repetition inside a repetition")
    if (high > 1 && part.empty) return fail("a repetition of what may be nothing")
    const most = Math.min(high, searchBound)
    const ways = most - Math.min(low, most) + 1
    return {
      chars: part.chars,
      single: false,
      empty: part.empty || low === 0,
      varies: part.varies || ways > 1,
      steps: part.varies ? part.steps * Math.max(1, most) * ways : part.steps * ways,
    }
  }

  const sequence = (): Part => {
    const parts: Array<Part> = []
    while (at < source.length && source.charAt(at) !== "|" && source.charAt(at) !== ")") parts.push(quantified())
    let total = 0
    let chain = 1
    let open: Chars = 0n
    for (const part of parts) {
      if (part.varies || part.steps > 1) {
        // What cannot match the same characters cannot share them out in several ways.
        if (open !== 0n && (open & part.chars) === 0n && !part.empty) {
          total += chain
          chain = 1
          open = 0n
        }
        chain *= part.steps
        open |= part.chars
      } else if (part.single && (open & part.chars) === 0n) {
        total += chain
        chain = 1
        open = 0n
      }
    }
    return {
      chars: parts.reduce((chars, part) => chars | part.chars, 0n),
      single: parts.length === 1 && (parts[0]?.single ?? false),
      empty: parts.every((part) => part.empty),
      varies: parts.some((part) => part.varies),
      steps: total + chain,
      inner: parts,
    }
  }

  const alternatives = (): Part => {
    const branches = [sequence()]
    while (source.charAt(at) === "|") {
      at++
      branches.push(sequence())
    }
    const [only] = branches
    if (only !== undefined && branches.length === 1) return only
    let seen: Chars = 0n
    // Two ways to match the same character are two ways to match a text.
    const single = branches.every((branch) => {
      const apart = branch.single && (seen & branch.chars) === 0n
      seen |= branch.chars
      return apart
    })
    return {
      chars: branches.reduce((chars, branch) => chars | branch.chars, 0n),
      single,
      empty: branches.some((branch) => branch.empty),
      varies: !single,
      steps: branches.reduce((sum, branch) => sum + branch.steps, 0),
    }
  }

  const whole = alternatives()
  if (at < source.length) return fail("a bracket without its partner")
  return whole
}

/** Whether each round of a repeated group ends, or begins, with a character that nothing else in it matches. */
const separated = ({ inner }: Part): boolean => {
  if (inner === undefined) return false
  return [inner.at(-1), inner[0]].some(
    (mark) =>
      mark?.single === true &&
      inner.every((part) => part === mark || (part.chars & mark.chars) === 0n) &&
      // Between the marks, one thing that varies: two could share out a text.
      inner.filter((part) => part.varies).length <= 1 &&
      inner.every((part) => part.inner === undefined),
  )
}

/** Why a pattern might take long; undefined when it is proven that it does not. */
export const unsafePattern = (pattern: RegExp): string | undefined => {
  if (pattern.source.length > maximumLength) return "it is too long"
  try {
    const { steps } = parse(pattern.source, pattern.ignoreCase)
    return steps > maximumSteps ? "neighbouring repetitions can share out the same text in too many ways" : undefined
  } catch (error) {
    if (error instanceof Refused) return `it has ${error.message}`
    throw error
  }
}
