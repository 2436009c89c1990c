/** Tells where a token was cut by the end of a line or by a block of JSON, and goes on behind it. */
import { concatenationAt, mayConcatenate } from "./redactConcatenation.ts"
import { continuesPhrase, phraseBegins, phrasePiece } from "./redactPhrase.ts"
import { words } from "./redactWords.ts"

/** How much of the next line is looked at, and how long what is between two blocks may be. */
export const fragmentBound = 256
const blockBound = 160

/** What a person or a terminal puts at the start of a line that goes on. */
const lineStart = /[ \t]{0,40}(?:(?:> ?){1,3}|\+(?=\w))?/y
export const escapedBreak = /\\{1,8}(?:r\\{1,8})?n(?:[ ]{1,40}|\\{1,8}t){0,4}(?:(?:> ?){1,3}|\+(?=\w))?/y
const continued = /\\{1,8}(?:\r?\n|\\{1,8}(?:r\\{1,8})?n)[ \t]{0,40}/y
const fragment = /[^\s"'`,;(){}<>[\]\\|&]+/y
/** What `fragment` matches, and what separates a field or the parts of an address from the value behind it. */
const valueClass = new Uint8Array(128)
for (let code = 33; code < 127; code++) {
  if (!"\"'`,;(){}<>[]\\|&=:@/".includes(String.fromCharCode(code))) valueClass[code] = 1
}
const assigned = /^([A-Za-z_][\w.-]*)[:=](?!=?$)/
const notASecret =
  /^(?:\d{4}-\d\d-\d\d|\d+(?:[.:)\]→]|\/\d+\b|$)|--?[a-z][a-z-]*(?:=|$)|\+\+|https?:|[@#$%*~=_.+-]+$|\[|[\w.-]+(?:\/[\w.@-]+)*\.(?:[jt]sx?|py|go|rs|md|json|ya?ml|toml|txt|html|css|sh|rb|java|c|h)\b)/
/** From one block of a text in JSON to the next. */
const block =
  /"(?:\s?,\s?"type"\s?:\s?"\w{1,20}")?\s{0,8}\}\s{0,4},\s{0,20}\{\s{0,20}(?:"type"\s?:\s?"(?:text|output_text|input_text|content)"\s?,\s{0,20})?"(?:text|content|output|data)"\s?:\s?"/y
const blockOpen =
  /"(?:\s?,?\s?"?[a-z]{0,4}"?\s?:?\s?"?\w{0,20}"?)?\s{0,8}(?:\}\s{0,4}(?:,\s{0,20}(?:\{[\s\w":,]{0,90})?)?)?$/y

/** A piece of a random token rather than a word, a date or another field. */
const random = (whole: string): boolean => {
  // The sign of a diff is no part of it.
  const piece = whole.replace(/^[+-](?=[A-Za-z])/, "")
  if (piece.length < 3 || notASecret.test(piece)) return false
  const name = assigned.exec(piece)?.[1]
  if (name !== undefined && (words(name) || /^[A-Z\d_]+$/.test(name) || !/\d/.test(name))) return false
  const core = piece.replace(/[@:?].*$|[.,;:!?]+$/, "")
  if (core.length >= 3 && piece.charCodeAt(core.length) === 64 && /\d/.test(core) && /[A-Z]/.test(core)) return true
  return core.length >= 3 && !words(core)
}

/** The pieces of one text are asked for by each keyword before them. */
const pieces = { text: "", random: new Map<number, boolean>() }

const randomAt = (text: string, start: number, end: number): boolean => {
  if (pieces.text !== text) {
    pieces.text = text
    pieces.random.clear()
  }
  const key = start * (2 * fragmentBound) + end - start
  const known = pieces.random.get(key)
  if (known !== undefined) return known
  const judged = random(text.slice(start, end))
  pieces.random.set(key, judged)
  return judged
}

/** Where the piece begins that ends at `end`, not before `from`: nothing further back decides about a seam there. */
export const pieceStart = (text: string, from: number, end: number): number => {
  const limit = Math.max(from, end - fragmentBound - 2)
  let at = end
  while (at > limit) {
    const code = text.charCodeAt(at - 1)
    if (code !== 61 && (code > 127 || valueClass[code] === 0)) break
    at--
  }
  return at
}

const left = (text: string, from: number, end: number): boolean => {
  let at = end
  const limit = Math.max(from, end - fragmentBound)
  while (at > limit && at > end - 2 && text.charCodeAt(at - 1) === 61) at--
  while (at > limit) {
    const code = text.charCodeAt(at - 1)
    if (code > 127 || valueClass[code] === 0) break
    at--
  }
  const size = end - at
  if (size < 2) return false
  return randomAt(text, at, end) || (size < 3 && /\d/.test(text.slice(at, end)))
}

const right = (text: string, at: number, final: boolean): boolean | "more" => {
  fragment.lastIndex = at
  const piece = fragment.exec(text.length - at > fragmentBound ? text.slice(0, at + fragmentBound) : text)?.[0]
  const end = at + (piece?.length ?? 0)
  if (!final && end === text.length && end - at < fragmentBound) return "more"
  if (piece === undefined) return false
  // A name that is assigned to, or called.
  if (text.charCodeAt(end) === 40) return false
  return randomAt(text, at, end)
}

export const stickyAt = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

const anyBreak =
  /\\{0,8}\r?\n[ \t]{0,40}(?:(?:[|>+*#-]|\/\/)[ ]?){0,3}|\\{1,16}(?:r\\{1,8})?n(?:[ \t]{1,40}|\\{1,8}t){0,4}/y
const anyBreakOpen = /\\{0,16}(?:r\\{0,8}|\r)?$/y

/** Past an end of a line or a block of JSON, whatever the halves look like; for what is known to be one text. */
export const pastSeam = (text: string, at: number, final: boolean): number | "more" => {
  const rest = text.length - at
  const concatenated = concatenationAt(text, at, final)
  if (concatenated.end === "more" || (concatenated.end === text.length && !final)) return "more"
  if (concatenated.end >= 0) return concatenated.end
  if (text.charCodeAt(at) === 39) return -1
  if (text.charCodeAt(at) === 34) {
    const past = stickyAt(block, text, at)
    if (past >= 0) return past
    return !final && rest < blockBound && stickyAt(blockOpen, text, at) >= 0 ? "more" : -1
  }
  const past = stickyAt(anyBreak, text, at)
  if (final || (past >= 0 && past < text.length)) return past
  return past === text.length || (rest < 20 && stickyAt(anyBreakOpen, text, at) >= 0) ? "more" : -1
}

const escape = "\u001b"
const colour = new RegExp(`${escape}\\[[\\d;?]{0,32}[A-Za-z]`, "y")
const colourOpen = new RegExp(`^${escape}(?:\\[[\\d;?]{0,32})?$`)
/** An end of a line, without a sign that a program may have put before the next one. */
const bareBreak = /\r?\n[ \t]{0,40}/y
const sign = /(?:[|>+*#-]|\/\/)[ ]?/y
const maximumSigns = 3

/** The rest of a cell of a table, the end of its line, and the cells before the one that goes on below it. */
const cellBreak =
  /[ \t]{0,240}[|\u2502\u2503\u2551][ \t]?(?:\r?\n|\\{1,8}n)[ \t]{0,12}(?:[|\u2502\u2503\u2551][ \t]{0,240}){1,8}(?=[^\s|\u2502\u2503\u2551])/y
const cellBreakOpen =
  /[ \t]{0,240}(?:[|\u2502\u2503\u2551][ \t]?(?:\r?\n?|\\{1,8}n?)[ \t]{0,12}(?:[|\u2502\u2503\u2551][ \t]{0,240}){0,8})?$/y
const isCellEnd = (code: number): boolean =>
  code === 32 || code === 124 || code === 0x2502 || code === 0x2503 || code === 0x2551

/** Where a known value may go on behind what stands at `at`; what is tried last comes first. */
export const knownSeams = (text: string, at: number, final: boolean): ReadonlyArray<number> | "more" => {
  const code = text.charCodeAt(at)
  if (code === 27) {
    const past = stickyAt(colour, text, at)
    if (past >= 0) return [past]
    return !final && text.length - at < 36 && colourOpen.test(text.slice(at)) ? "more" : []
  }
  if (isCellEnd(code)) {
    const past = stickyAt(cellBreak, text, at)
    if (past >= 0) return [past]
    return !final && text.length - at < 2_400 && stickyAt(cellBreakOpen, text, at) >= 0 ? "more" : []
  }
  if (!isSeam(text, at)) return []
  const past = pastSeam(text, at, final)
  if (past === "more" || past < 0) return past === "more" ? past : []
  const places = [past]
  let next = code === 34 ? -1 : stickyAt(bareBreak, text, code === 92 ? text.indexOf("\n", at) : at)
  for (let signs = 0; next >= 0 && next < past && signs <= maximumSigns; signs++) {
    places.splice(1, 0, next)
    next = stickyAt(sign, text, next)
  }
  return places
}

/** Past the seam at `at`, -1 when there is none, `"more"` when the text ends first. */
export const seamAt = (
  text: string,
  from: number,
  at: number,
  trusted: boolean,
  final: boolean,
  quote: number | undefined,
): number | "more" => {
  const code = text.charCodeAt(at)
  const rest = text.length - at
  if (code === 34 || code === 39 || code === 92) {
    const { end, sure } = concatenationAt(text, at, final)
    if (end === "more" || (end === text.length && !final)) return "more"
    if (end >= 0 && end < text.length) {
      if (sure) return end
      return trusted || left(text, from, at) ? goesOn(text, end, final) : -1
    }
    if (code === 39) return -1
  }
  if (code === 34) {
    if (rest < 2) return final ? -1 : "more"
    const next = text.charCodeAt(at + 1)
    if (next !== 125 && next !== 93 && next !== 44 && next !== 32) return -1
    const past = stickyAt(block, text, at)
    if (past >= 0) {
      if (past === text.length) return final ? -1 : "more"
      return trusted || left(text, from, at) ? joined(text, past, final, quote) : -1
    }
    return !final && rest < blockBound && stickyAt(blockOpen, text, at) >= 0 ? "more" : -1
  }
  if (code === 92) {
    const past = stickyAt(continued, text, at)
    if (past >= 0) {
      if (past === text.length && !final) return "more"
      // What is continued this way is one text by its syntax, whatever the halves look like.
      return past < text.length &&
        at > from &&
        /[^\s"'`]/.test(text.charAt(at - 1)) &&
        /[^\s"'`]/.test(text.charAt(past))
        ? past
        : -1
    }
    if (rest < 24 && !final && /^\\+(?:r?\\*)?(?:\r)?$/.test(text.slice(at))) return "more"
  }
  const past = code === 92 ? stickyAt(escapedBreak, text, at) : pastBreak(text, at)
  if (past < 0) {
    return code === 13 && rest === 1 && !final ? "more" : -1
  }
  const phrase = phraseAt(text, from, at, past, final)
  if (phrase !== false) return phrase === "more" ? phrase : past
  if (!trusted && quote === undefined && !left(text, from, at)) return -1
  if (past === text.length) return final ? -1 : "more"
  if (rest < 64 && !final && past > text.length - 20 && /^[\\rnt \s]*$/.test(text.slice(at))) return "more"
  return joined(text, past, final, quote)
}

/** Whether words and numbers that signs join go on behind the seam. */
const phraseAt = (text: string, from: number, at: number, past: number, final: boolean): boolean | "more" => {
  let start = pieceStart(text, from, at)
  start += text.slice(start, at).lastIndexOf("=") + 1
  if (text.startsWith("-p", start)) start += 2
  if (at - start < 3 || at - start > 48) return false
  const part = text.slice(start, at)
  if (!phraseBegins(part)) return false
  const piece = phrasePiece.exec(text.slice(past, past + 66))?.[0] ?? ""
  if (!final && past + piece.length === text.length) return "more"
  return continuesPhrase(part, piece)
}

const joined = (text: string, past: number, final: boolean, quote: number | undefined): number | "more" => {
  if (quote !== undefined) {
    const closed = closes(text, past, quote, final)
    if (closed === "more") return "more"
    if (closed) return past
  }
  return goesOn(text, past, final)
}

const goesOn = (text: string, past: number, final: boolean): number | "more" => {
  const goes = right(text, past, final)
  return goes === "more" ? goes : goes ? past : -1
}

/** Whether what follows is one word up to the quote that closes the text. */
const closes = (text: string, past: number, quote: number, final: boolean): boolean | "more" => {
  const limit = Math.min(text.length, past + closedBound)
  for (let at = past; at < limit; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at > past
    if (code === 92) {
      while (text.charCodeAt(at + 1) === 92) at++
      if (at + 1 >= text.length) return final ? false : "more"
      return text.charCodeAt(at + 1) === quote && at > past
    }
    if (code <= 32 || code === 34 || code === 39 || code === 96 || code === 40 || code === 44) return false
  }
  return limit === text.length && !final ? "more" : false
}
const closedBound = 96

/** Past an end of a line, and a sign that a program may have put before the next one. */
const pastBreak = (text: string, at: number): number => {
  const first = text.charCodeAt(at) === 13 ? at + 1 : at
  if (text.charCodeAt(first) !== 10) return -1
  return stickyAt(lineStart, text, first + 1)
}

/**
 * Whether a seam may begin at a place where `windowAt` stops, by the next character alone: most quotes and backslashes are none.
 * Nothing is known at the end of the text.
 */
export const mayBeSeam = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  if (code !== 34 && code !== 39 && code !== 92) return true
  if (at + 1 >= text.length) return true
  const next = text.charCodeAt(at + 1)
  if (code === 39 || next === 34 || next === 39) return mayConcatenate(text, at)
  return code === 34
    ? next === 125 || next === 93 || next === 44 || next === 32 || mayConcatenate(text, at)
    : next === 92 || next === 10 || next === 13 || next === 110 || next === 114
}

/** A seam may begin with this. */
export const isSeam = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code === 10 || code === 13 || code === 34 || code === 92 || (code === 39 && mayConcatenate(text, at))
}
