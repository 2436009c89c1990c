/** A line of JSON that holds a piece of a text which is streamed. */
import { pieceField, textOf } from "./redactPieces.ts"

/** A piece, and where each of its characters, and its end, stands in the line. */
export interface Piece {
  /** Tells the text that it is a piece of from others. */
  readonly name: string
  readonly text: string
  readonly origin: ReadonlyArray<number>
}

/** The start of a line tells whether it is a frame. */
export const headBound = 96
const headOpen = /^(?:d|da|dat|data:? ?|(?:data: ?)?[ \t]{0,8}\{[^]*)$/
const prefix = /^(?:data: ?)?[ \t]{0,8}(?=\{)/
const between = /^(?:\r?\n?|(?:event|id): ?[\w./-]{0,80}\r?\n?)$/

const saysSo = (start: string): boolean => start.includes("elta") || start.includes("hunk") || start.includes("artial")
const opens = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code === 123 || (code === 100 && text.startsWith("data:", at))
}

export const isFrameHead = (start: string): boolean => opens(start, 0) && saysSo(start) && prefix.test(start)

/** Whether lines of the text may be frames: one alone has nothing to be put together with. */
export const holdsFrames = (text: string): boolean => {
  let end = text.indexOf("\n")
  if (end < 0) return false
  for (let at = 0; ; at = end + 1, end = text.indexOf("\n", at)) {
    if (opens(text, at) && isFrameHead(text.slice(at, at + headBound))) return true
    if (end < 0) return false
  }
}

/** Whether so much of a line may be the start of a frame. */
export const framesIn = (text: string, at: number, length: number): boolean => {
  const start = text.slice(at, at + length)
  return headOpen.test(start) && !(start.endsWith("}") && !saysSo(start) && parsed(start) !== undefined)
}

const parsed = (line: string): { readonly json: unknown } | undefined => {
  try {
    return { json: JSON.parse(line.slice(prefix.exec(line)?.[0].length ?? 0)) as unknown }
  } catch {
    return undefined
  }
}

const string = /"((?:[^"\\]|\\.)*)"[ \t]*(:?)/g
const short: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }

const decoded = (line: string, from: number, end: number): Pick<Piece, "text" | "origin"> => {
  const origin: Array<number> = []
  let text = ""
  let at = from
  while (at < end) {
    origin.push(at)
    if (line.charCodeAt(at) !== 92) {
      text += line.charAt(at++)
      continue
    }
    const sign = line.charAt(at + 1)
    text += sign === "u" ? String.fromCharCode(Number.parseInt(line.slice(at + 2, at + 6), 16)) : (short[sign] ?? sign)
    at += sign === "u" ? 6 : 2
  }
  origin.push(end)
  return { text, origin }
}

/** The pieces of texts in a frame, none in a line between frames; undefined for any other line. */
export const piecesOf = (line: string): ReadonlyArray<Piece> | undefined => {
  if (between.test(line)) return []
  const whole = parsed(line)
  const name = whole === undefined ? undefined : textOf(line, whole.json)
  if (name === undefined) return undefined
  const pieces: Array<Piece> = []
  let field = ""
  string.lastIndex = 0
  for (let found = string.exec(line); found !== null; found = string.exec(line)) {
    const value = found[1] ?? ""
    if (found[2] === ":") field = value
    else if (pieceField.test(field)) {
      const from = found.index + 1
      pieces.push({ name: `${name}\n${field}`, ...decoded(line, from, from + value.length) })
    }
  }
  return pieces
}
