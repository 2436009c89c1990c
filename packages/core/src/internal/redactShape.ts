/** Finds long runs of letters and digits: tokens with a telling prefix that no rule names, and base64 of text. */
import { words } from "./redactWords.ts"
import { formEnd, partsEnd, shownOf } from "./redactForm.ts"
import { maximumToken, tokenStart } from "./redactToken.ts"

/** Nothing looks back further than this. */
export const lookBehind = 48
/** Shorter runs are not looked at: a token of which a seam cut off the rest may be so short. */
export const minimumRun = 14
/** Shorter runs are no tokens. */
export const minimumToken = 22
/** Of shorter ones, only what goes on behind a seam is looked at. */
export const minimumWhole = 18
/** A longer run is not looked at. */
const maximumRun = 16 * 1024
/** Base64 of less says nothing. */
const minimumEncoded = 32
const certain = (minimumEncoded * 3) / 4 - 1
/** So many characters of a base64 text stay, so that words need not be held back. */
export const publicEncoded = 8

/** 1: letter, `_` or `-`; 2: `+` or `/`; 3: digit. */
const classes = new Uint8Array(129)
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code)
  if (/\d/.test(char)) classes[code] = 3
  else if (/[\w-]/.test(char)) classes[code] = 1
  else if (code === 43 || code === 47) classes[code] = 2
}

const isRun = (code: number): boolean => code < 128 && (classes[code] as number) > 0
/** Whether a character belongs to runs, by its code, 128 for all others. */
export const runCodes: ReadonlyArray<boolean> = Array.from(classes, (kind) => kind > 0)

export interface Shape {
  readonly start: number
  readonly end: number
  /** What it says when it is base64. */
  readonly decoded?: string
}
export interface Shapes {
  readonly found: Array<Shape>
  /** From here on the text may become one of them; its length when it may not. */
  hold: number
}

const spelledChar = /u00[0-9a-f]{2}/iy
/** The letters of an escape like `\n` are not part of what follows. */
export const pastEscape = (text: string, start: number): number => {
  if (start === 0 || text.charCodeAt(start - 1) !== 92) return start
  if ("nrt".includes(text.charAt(start))) return start + 1
  spelledChar.lastIndex = start
  return spelledChar.test(text) ? start + 5 : start
}

/** Where a token begins, of which the end of the run cuts off the rest; -1 when it is none. */
export const cutToken = (text: string, runStart: number, end: number): number => {
  const first = pastEscape(text, runStart)
  let start = end
  while (start > first && (classes[text.charCodeAt(start - 1)] as number) !== 2) start--
  if (end - start < 8) return -1
  const token = tokenStart(text, start, end, false)
  return token >= 0 && end - token >= 4 && !words(text.slice(token, end)) ? token : -1
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
const values = new Uint8Array(128)
for (let at = 0; at < 64; at++) values[alphabet.charCodeAt(at)] = at
values[45] = 62
values[95] = 63

/** The bytes of the run as base64, each as a character, up to the first one that is no part of a text in UTF-8. */
export const decodeRun = (text: string, start: number, end: number): string => {
  let decoded = ""
  let bits = 0
  let size = 0
  let following = 0
  for (let at = start; at < end; at++) {
    bits = ((bits << 6) | (values[text.charCodeAt(at)] as number)) & 0xffffff
    size += 6
    if (size < 8) continue
    size -= 8
    const byte = (bits >> size) & 0xff
    if (byte > 127) {
      if (byte < 192 ? following === 0 : following > 0 || byte > 244) break
      following = byte < 192 ? following - 1 : byte < 224 ? 1 : byte < 240 ? 2 : 3
    } else if (following > 0 || (byte < 32 && byte !== 10 && byte !== 9 && byte !== 13) || byte === 127) break
    decoded += String.fromCharCode(byte)
  }
  return decoded
}

/** How many characters before `base` belong to the run that `base` is in; `unknown` when it began further back. */
export const runBefore = (text: string, base: number): number => {
  const limit = Math.max(0, base - lookBehind)
  let from = base
  while (from > limit && isRun(text.charCodeAt(from - 1))) from--
  return base - from === lookBehind ? unknown : base - from
}
/** Of what began too far back nothing is masked: it would have been held. */
const unknown = 1 << 24

/** Past the run that `at` is in. */
export const runEnd = (text: string, at: number): number => {
  let end = at
  while (end < text.length && isRun(text.charCodeAt(end))) end++
  return end
}

/** A part of a path. */
const isName = (piece: string): boolean => piece.length > 3 && /^[A-Za-z]?[a-z_-]+\d?$/.test(piece) && words(piece)

/** What stands between `+` and `/`, one after the other: most texts are told by the first ones. */
const piecesOf = function* (text: string, start: number, end: number): Generator<string> {
  let from = start
  for (let at = start; at <= end; at++) {
    const code = at === end ? 47 : text.charCodeAt(at)
    if (code !== 43 && code !== 47) continue
    yield text.slice(from, at)
    from = at + 1
  }
}

const holdsName = (text: string, start: number, end: number): boolean => {
  for (const piece of piecesOf(text, start, end)) if (isName(piece)) return true
  return false
}

/** Past what follows a token behind a `+` or a `/`: more of the same base64; `"more"` when that may still come. */
const base64End = (text: string, at: number, end: number, whole: boolean): number | "more" => {
  if (end - at > maximumToken) return at
  if (!whole) return "more"
  let longest = 0
  for (const piece of piecesOf(text, at + 1, end)) {
    if (isName(piece)) return at
    longest = Math.max(longest, piece.length)
  }
  return longest < 4 ? at : end
}

/** Base64 behind a prefix may have its first `+` or `/` too early for the piece before to be a token. */
const base64Token = (text: string, start: number, first: number, end: number): number => {
  if (end - start < 40 || holdsName(text, first, end)) return -1
  const body = text.slice(start, end).replace(/^[A-Za-z][A-Za-z\d]{0,11}[_-]/, "")
  return /^[A-Za-z\d+/]+$/.test(body) ? tokenStart(text, start, end, true) : -1
}

/**
 * What of the run `[runStart, end)` is masked at or behind `base`. A run that is not `whole` may go on
 * behind the end of the text.
 */
export const runAt = (
  text: string,
  base: number,
  runStart: number,
  end: number,
  whole: boolean,
  final: boolean,
): Shapes | undefined => {
  let result: Shapes | undefined
  const start = pastEscape(text, runStart)
  const size = end - start
  // What a text begins with, also behind a fold.
  const byte = ((values[text.charCodeAt(start)] as number) << 2) | ((values[text.charCodeAt(start + 1)] as number) >> 4)
  if (
    (byte > 31 ? byte < 127 || (byte > 193 && byte < 245) : byte === 10 || byte === 13) &&
    size <= maximumRun &&
    start + publicEncoded >= base &&
    size >= (whole ? minimumEncoded : publicEncoded + 1)
  ) {
    const decoded = decodeRun(text, start, end)
    if (whole ? decoded.length >= certain : decoded.length >= Math.min(certain, Math.floor((size * 3) / 4))) {
      result ??= { found: [], hold: text.length }
      if (whole) result.found.push({ start: start + publicEncoded, end, decoded })
      else result.hold = Math.min(result.hold, start + publicEncoded)
    }
  }
  const shown = shownOf(text, start, end)
  if (shown >= 0 && start + shown >= base) {
    const stop = whole ? formEnd(text, start, end, final) : "more"
    if (stop === "more") {
      result ??= { found: [], hold: text.length }
      result.hold = Math.min(result.hold, start + shown)
    } else if (stop >= 0) {
      result ??= { found: [], hold: text.length }
      result.found.push({ start: start + shown, end: stop })
    }
  }
  let from = start
  let digits = 0
  for (let at = start; at <= end; at++) {
    const kind = at < end ? (classes[text.charCodeAt(at)] as number) : 2
    if (kind === 3) digits++
    if (kind !== 2) continue
    const known = whole || at < end
    // No token is without digits, and a piece of one may be.
    const looked = known ? at - from >= minimumToken && digits > 0 : at > from
    let token = looked ? tokenStart(text, from, at, known) : -1
    let stop: number | "more" = at < end ? base64End(text, at, end, whole) : whole ? at : "more"
    // Of base64, the first piece may be short.
    if (token < 0 && from === start && at < end && end - start <= maximumToken) {
      token = whole ? base64Token(text, start, at, end) : tokenStart(text, from, end, false)
      stop = whole ? end : "more"
    }
    if (token >= base) {
      result ??= { found: [], hold: text.length }
      if (stop === end) stop = partsEnd(text, end, final)
      if (stop === "more") result.hold = Math.min(result.hold, token)
      else result.found.push({ start: token, end: stop })
    }
    from = at + 1
    digits = 0
  }
  return result
}
