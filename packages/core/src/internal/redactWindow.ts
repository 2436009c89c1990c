/** Puts a text together from a keyword on, without the seams in it. */
import { mayConcatenate } from "./redactConcatenation.ts"
import { mayBeSeam, pieceStart, seamAt, stickyAt, escapedBreak } from "./redactSeam.ts"
import { lookBehind } from "./redactShape.ts"

/** A piece of text from a keyword on, without the seams in it. */
export interface Window {
  readonly text: string
  /** Where the keyword stands in `text`. */
  readonly hit: number
  /** The pieces of the original that `text` is made of, in order. */
  readonly pieces: ReadonlyArray<Piece>
  /** The text goes on behind it, so that nothing more can be learned. */
  readonly closed: boolean
}
interface Piece {
  /** Where it begins in the window, and in the original. */
  readonly at: number
  readonly start: number
  readonly end: number
}

/** How much of a text one keyword may look at, seams included. */
export const windowBound = 8192
/** Quotes that are no seams may stand so far behind a keyword: those before a value. */
const quotedStart = 96
const maximumSeams = 48
/** Of them, ends of lines; those of lines that are shorter than any terminal count twice. */
const maximumLines = 24
const shortLine = 24
/** So many places that are no seams are looked at. */
const maximumTries = 32

/** Up to the next blank, to the end of the line, over some lines, or to the end of the JSON string. */
type Reach = "word" | "line" | "lines" | "string"
const stops = { word: /[ \t\n\r"'\\]/g, line: /[\n\r"'\\]/g, lines: /[\n\r"'\\]/g, string: /"/g }

/** Where the next seam, or the end of what is within reach, may be; `limit` when there is none before it. */
const stopAt = (text: string, from: number, limit: number, reach: Reach): number => {
  const near = Math.min(limit, from + 48)
  for (let at = from; at < near; at++) {
    const code = text.charCodeAt(at)
    if (code > 34 && code !== 92 && code !== 39) continue
    if (code === 34) return at
    if (reach === "string") continue
    if (code === 39) return at
    if (code === 92 || code === 10 || code === 13 || (reach === "word" && (code === 32 || code === 9))) return at
  }
  if (near === limit) return limit
  const pattern = stops[reach]
  pattern.lastIndex = near
  return pattern.exec(limit === text.length ? text : text.slice(0, limit))?.index ?? limit
}

/**
 * What was found out about the seams of one text: the windows of its keywords overlap, and each would look at the same
 * seams again.
 */
class Seen {
  #text = ""
  #final = false
  readonly #known = new Map<number, number | "more">()

  at(text: string, from: number, at: number, trusted: boolean, final: boolean): number | "more" {
    if (text !== this.#text || final !== this.#final) {
      this.#text = text
      this.#final = final
      this.#known.clear()
    }
    const size = at - pieceStart(text, from, at)
    const key = (at * 512 + size) * 4 + (at > from ? 2 : 0) + (trusted ? 1 : 0)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const past = seamAt(text, from, at, trusted, final, undefined)
    this.#known.set(key, past)
    return past
  }
}
const seen = new Seen()

/**
 * What follows `from` without its seams; undefined when there is none. With `trusted`, what is before the seam is known to
 * be part of a token; `quote` is what closes it. The original before `from` is part of it, for looking back. A line that begins with the `keyword` characters from `hit` on is a new one.
 */
export const windowAt = (
  text: string,
  hit: number,
  from: number,
  reach: Reach,
  trusted: boolean,
  final: boolean,
  quote?: number,
  keyword = 0,
): Window | "more" | undefined => {
  const back = Math.max(0, hit - lookBehind)
  const limit = Math.min(text.length, hit + windowBound)
  const pieces: Array<Piece> = []
  let view = ""
  let start = back
  let at = from
  let closed = false
  let tries = 0
  let lines = 0
  const head = keyword < 3 ? "" : text.slice(hit, hit + keyword)
  while (at < limit) {
    at = stopAt(text, at, limit, reach)
    if (at === limit) break
    if (text.charCodeAt(at) === 10 && at > Math.max(start, hit) && text.charCodeAt(at - 1) === 92) at--
    const code = text.charCodeAt(at)
    if (code === 32 || code === 9) {
      closed = true
      break
    }
    if (code === 39 && !mayConcatenate(text, at)) {
      at++
      continue
    }
    // Within a string: its end is never escaped.
    if (reach === "string" && text.charCodeAt(at - 1) === 92) {
      at++
      continue
    }
    const looked = Math.max(hit, start)
    const past = !mayBeSeam(text, at)
      ? -1
      : quote === undefined
        ? seen.at(text, looked, at, trusted, final)
        : seamAt(text, looked, at, trusted, final, quote)
    if (past === "more" || (past === text.length && !final)) return "more"
    if (past > 0 && head !== "") {
      if (text.startsWith(head, past)) {
        closed = true
        break
      }
      if (!final && text.length - past < keyword && head.startsWith(text.slice(past))) return "more"
    }
    if (past < 0 && ++tries > maximumTries) {
      closed = true
      break
    }
    if (code !== 34 && code !== 39) lines += at - Math.max(start, hit) < shortLine ? 2 : 1
    if (past >= 0 && past < limit && pieces.length < maximumSeams && lines <= maximumLines) {
      pieces.push({ at: view.length, start, end: at })
      view += text.slice(start, at)
      start = past
      at = past
      continue
    }
    if (
      code === 10 ||
      code === 13 ||
      (reach === "string" && text.charCodeAt(at - 1) !== 92) ||
      (reach === "word" && at - hit > quotedStart)
    ) {
      closed = true
      break
    }
    if (code === 92) {
      const broken = stickyAt(escapedBreak, text, at)
      if (broken >= 0 && (reach === "word" || reach === "line")) {
        closed = true
        break
      }
      at += 2
    } else at++
  }
  if (pieces.length === 0) return undefined
  const end = closed ? Math.min(at + 1, text.length) : Math.min(limit, Math.max(at, text.length))
  pieces.push({ at: view.length, start, end })
  view += text.slice(start, end)
  return { text: view, hit: hit - back, pieces, closed: closed || end < text.length }
}

/** The pieces of the original that `[start, end)` of the window is made of. */
export const originals = (
  window: Window,
  start: number,
  end: number,
): ReadonlyArray<{ readonly start: number; readonly end: number }> =>
  window.pieces.flatMap(({ at, start: from, end: until }) => {
    const first = Math.max(start, at)
    const last = Math.min(end, at + until - from)
    return first < last ? [{ start: from + first - at, end: from + last - at }] : []
  })
