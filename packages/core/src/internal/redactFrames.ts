/** Masks as one what lines of JSON stream in pieces, within a text whose other lines they stand among. */
import type { Redacted, RedactionStream } from "../RedactionSession.ts"
import type { Engine } from "./redactEngine.ts"
import { framesIn, headBound, isFrameHead, piecesOf, type Piece } from "./redactFrame.ts"
import { Tally } from "./redactTally.ts"
import { nothing, together, toCounts, type Cover, type TextRedaction } from "./redactText.ts"

/** A longer line is none. */
const maximumFrame = 8192
/** What is undecided of streams is held up to so much of their frames. */
const maximumHeld = 64 * 1024

/** The text that frames of one stream put together, and what of it is covered. */
class Joined {
  readonly #redaction: TextRedaction
  #length = 0
  /** What was not looked at yet. */
  #new = ""
  #covers: ReadonlyArray<Cover> = []
  decided = 0

  constructor(redaction: TextRedaction) {
    this.#redaction = redaction
  }

  /** Where the piece stands in the text. */
  push(piece: string): number {
    const start = this.#length
    this.#length += piece.length
    this.#new += piece
    return start
  }

  /** Looks at what is new; with `final`, nothing more will come. */
  look(final: boolean): void {
    if (this.#new === "" && !final) return
    const { covers, decided } = this.#redaction.pushCovers(this.#new, final)
    this.#new = ""
    const from = this.decided
    if (covers.length > 0) {
      const moved = covers.map((cover) => ({ ...cover, start: cover.start + from, end: cover.end + from }))
      this.#covers = [...this.#covers, ...moved]
    }
    this.decided += decided
  }

  /** What is covered of a part that will not be asked for again. */
  take(start: number, end: number): ReadonlyArray<Cover> {
    if (this.#covers.length === 0) return this.#covers
    const own = this.#covers.filter((cover) => cover.start < end && cover.end > start)
    this.#covers = this.#covers.filter((cover) => cover.end > end)
    return own
  }
}

interface Frame {
  readonly line: string
  readonly parts: ReadonlyArray<{ readonly piece: Piece; readonly joined: Joined; readonly start: number }>
}

export class FrameRedaction implements RedactionStream {
  readonly #engine: Engine
  readonly #make: () => TextRedaction
  readonly #main: TextRedaction
  /** The start of a line that may be a frame. */
  #line = ""
  #within = false
  #queue: Array<Frame> = []
  #held = 0
  /** Since the last line that was none. */
  #frames = 0
  readonly #texts = new Map<string, Joined>()
  #counts = new Tally()

  constructor(engine: Engine, make: () => TextRedaction) {
    this.#engine = engine
    this.#make = make
    this.#main = make()
  }

  push(chunk: string): Redacted<string> {
    const text = this.#line === "" ? chunk : this.#line + chunk
    const parts: Array<Redacted<string>> = []
    this.#line = ""
    let from = 0
    let at = 0
    while (at < text.length) {
      const newline = text.indexOf("\n", at)
      const end = newline < 0 ? text.length : newline + 1
      if (!this.#within) {
        const kind = this.#kindOf(text, at, newline)
        if (kind === "open") break
        if (kind === "frame" || this.#queue.length > 0) {
          if (from < at) parts.push(this.#main.push(text.slice(from, at)))
          from = at
          if (kind === "frame" && this.#add(text.slice(at, end))) {
            from = end
            if (this.#held > maximumHeld) parts.push(this.#give(false), this.#give(this.#held > maximumHeld))
          } else parts.push(this.#give(true))
        }
      }
      this.#within = newline < 0
      at = end
    }
    if (from < at) parts.push(this.#main.push(from === 0 && at === text.length ? text : text.slice(from, at)))
    this.#line = text.slice(at)
    if (this.#queue.length > 0) parts.push(this.#give(false))
    return parts.length === 1 && this.#counts.isEmpty ? (parts[0] as Redacted<string>) : this.#all(parts)
  }

  end(): Redacted<string> {
    const parts: Array<Redacted<string>> = []
    const line = this.#line
    this.#line = ""
    const frame = line !== "" && isFrameHead(line.slice(0, headBound)) && this.#add(line)
    parts.push(this.#give(true))
    if (!frame && line !== "") parts.push(this.#main.push(line))
    parts.push(this.#main.end())
    this.#within = false
    return this.#all(parts)
  }

  #all(parts: ReadonlyArray<Redacted<string>>): Redacted<string> {
    const all = together(parts)
    if (this.#counts.isEmpty) return all
    this.#counts.addAll(all.redactions)
    const redactions = toCounts(this.#counts)
    this.#counts = new Tally()
    return { value: all.value, redactions }
  }

  /** What the line at `at` may be, as far as its start is there; `open` when that is not enough. */
  #kindOf(text: string, at: number, newline: number): "frame" | "open" | "text" {
    const code = text.charCodeAt(at)
    const length = (newline < 0 ? text.length : newline) - at
    if (length > maximumFrame) return "text"
    if (code !== 123 && code !== 100) {
      // Between the frames of a stream over HTTP.
      const between = this.#queue.length > 0 && (code === 10 || code === 13 || code === 101 || code === 105)
      return !between ? "text" : newline < 0 ? "open" : "frame"
    }
    if (newline < 0 && length < headBound) return framesIn(text, at, length) ? "open" : "text"
    if (!isFrameHead(text.slice(at, at + Math.min(length, headBound)))) return "text"
    return newline < 0 ? "open" : "frame"
  }

  /** Takes the line for a frame; false when it is none. */
  #add(line: string): boolean {
    const pieces = piecesOf(line)
    if (pieces === undefined) return false
    const parts = pieces.map((piece) => {
      let joined = this.#texts.get(piece.name)
      if (joined === undefined) this.#texts.set(piece.name, (joined = new Joined(this.#make())))
      return { piece, joined, start: joined.push(piece.text) }
    })
    this.#queue.push({ line, parts })
    this.#held += line.length
    this.#frames++
    return true
  }

  /** The frames that are decided; with `all`, every one. */
  #give(all: boolean): Redacted<string> {
    // One alone has nothing to be put together with.
    const lone = this.#frames === 1
    if (lone && !all) return nothing
    if (!lone) for (const joined of this.#texts.values()) joined.look(all)
    if (all) {
      this.#texts.clear()
      this.#frames = 0
    }
    let given = ""
    let count = 0
    for (const frame of this.#queue) {
      if (lone) given += frame.line
      else if (frame.parts.some(({ joined, piece, start }) => start + piece.text.length > joined.decided)) break
      else given += this.#shown(frame)
      this.#held -= frame.line.length
      count++
    }
    if (count > 0) this.#queue = this.#queue.slice(count)
    return this.#main.push(given)
  }

  #shown({ line, parts }: Frame): string {
    let value = ""
    let at = 0
    for (const { joined, piece, start } of parts) {
      const end = start + piece.text.length
      for (const cover of joined.take(start, end)) {
        const first = piece.origin[Math.max(cover.start, start) - start] ?? 0
        const mark = cover.start < start ? "" : cover.mark
        value += line.slice(at, first) + mark
        at = piece.origin[Math.min(cover.end, end) - start] ?? 0
        if (mark !== "") this.#counts.note(this.#engine.categories, cover.rule, cover.told)
      }
    }
    return at === 0 ? line : value + line.slice(at)
  }
}
