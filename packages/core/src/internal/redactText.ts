/** Masks a text, whole or in pieces; both are the same code, so that they cannot differ. */
import type { Redacted } from "../RedactionSession.ts"
import type { RedactionCount } from "../RunEvent.ts"
import { scan, type Engine, type Found, type Scan } from "./redactScan.ts"
import { lookBehind } from "./redactShape.ts"
import { endsOpen, sourceEnd, viewOf } from "./redactView.ts"
import { Tally } from "./redactTally.ts"

export const nothingFound: ReadonlyArray<RedactionCount> = Object.freeze([])
const nothing: Redacted<string> = Object.freeze({ value: "", redactions: nothingFound })

export const toCounts = (counts: Tally): ReadonlyArray<RedactionCount> => (counts.isEmpty ? nothingFound : counts.all())

const earlier = (left: Found, right: Found): number =>
  left.start - right.start || left.order - right.order || right.end - left.end

/** What is carried from one piece of a text to the next. */
interface Lane {
  /** The text just before, for looking back. */
  before: string
  /** Where in the next piece a private key block goes on. */
  resume: number | undefined
}

/** Of more text at once, one escape would make all of it be looked at twice. */
const slice = 8192

const together = (parts: ReadonlyArray<Redacted<string>>): Redacted<string> => {
  const counts = new Tally()
  for (const { redactions } of parts) counts.addAll(redactions)
  return { value: parts.map(({ value }) => value).join(""), redactions: toCounts(counts) }
}

/** One text. `take` gives back the masked part of what is decided; with `final`, all of it. */
export class TextRedaction {
  readonly #engine: Engine
  readonly #fingerprint: (secret: string) => string
  #held = ""
  #pending: Array<Found> = []
  /** Characters at the start of what is held that belong to a mark already written. */
  #covered = 0
  /** Characters at the start of what is held that belong to an older mark and stay. */
  #kept = 0
  #raw: Lane = { before: "", resume: undefined }
  #view: Lane = { before: "", resume: undefined }
  /** No use looking before this many characters are held. */
  #patience = 0

  constructor(engine: Engine, fingerprint: (secret: string) => string) {
    this.#engine = engine
    this.#fingerprint = fingerprint
  }

  push(chunk: string): Redacted<string> {
    if (chunk === "") return nothing
    if (chunk.length > slice) return this.#slices(chunk)
    this.#held = this.#held === "" ? chunk : this.#held + chunk
    // Looking again at all that is held for every character would be quadratic.
    if (this.#held.length < this.#patience && (this.#held.length > 4096 || !chunk.includes("\n"))) return nothing
    return this.#take(false)
  }

  all(text: string): Redacted<string> {
    if (text.length <= slice) {
      this.#held = text
      return this.end()
    }
    const first = this.push(text)
    return together([first, this.end()])
  }

  #slices(chunk: string): Redacted<string> {
    const parts: Array<Redacted<string>> = []
    for (let at = 0; at < chunk.length; at += slice) parts.push(this.push(chunk.slice(at, at + slice)))
    return together(parts)
  }

  end(): Redacted<string> {
    const result = this.#take(true)
    this.#held = ""
    this.#pending = []
    this.#covered = 0
    this.#kept = 0
    this.#raw = { before: "", resume: undefined }
    this.#view = { before: "", resume: undefined }
    this.#patience = 0
    return result
  }

  #scan(lane: Lane, text: string, final: boolean): Scan | undefined {
    const base = lane.before.length
    const resume = lane.resume === undefined ? undefined : base + lane.resume
    const result = scan(this.#engine, base === 0 ? text : lane.before + text, base, final, resume)
    if (result === undefined || base === 0) return result
    result.hold -= base
    if (result.resume !== undefined) result.resume = { at: result.resume.at - base, hit: result.resume.hit - base }
    for (let at = 0; at < result.found.length; at++) {
      const found = result.found[at]
      if (found !== undefined) {
        result.found[at] = { ...found, hit: found.hit - base, start: found.start - base, end: found.end - base }
      }
    }
    return result
  }

  #take(final: boolean): Redacted<string> {
    const text = this.#held
    const raw = this.#scan(this.#raw, text, final)
    const dual =
      raw?.escaped === true ||
      (!final && endsOpen(text)) ||
      this.#raw.before !== this.#view.before ||
      this.#raw.resume !== this.#view.resume
    let cut = raw?.hold ?? text.length
    if (!dual) {
      if (raw !== undefined) this.#keep(cut, raw.found)
      this.#move(this.#raw, text, cut, raw)
      this.#view.before = this.#raw.before
      this.#view.resume = this.#raw.resume
    } else {
      const view = viewOf(text, final)
      const { origin } = view
      const seen = this.#scan(this.#view, view.text, final)
      if (!final) {
        cut = Math.min(cut, view.open, origin[seen?.hold ?? view.text.length] ?? text.length)
        const index = lowerBound(origin, cut)
        // Neither an escape nor an encoded character is cut in two.
        if (origin[index] !== cut) cut = index === 0 ? 0 : wholeBefore(text, origin[index - 1] ?? 0, cut)
      }
      const viewCut = lowerBound(origin, cut)
      if (raw !== undefined) this.#keep(cut, raw.found)
      if (seen !== undefined) {
        const mapped = seen.found.map((found) => ({
          ...found,
          hit: found.hit < 0 ? -1 : (origin[found.hit] ?? 0),
          start: origin[found.start] ?? 0,
          end: sourceEnd(text, origin[found.end - 1] ?? 0),
        }))
        this.#keep(cut, mapped)
      }
      this.#move(this.#raw, text, cut, raw)
      this.#move(this.#view, view.text, viewCut, seen)
    }
    this.#held = cut === text.length ? "" : text.slice(cut)
    this.#patience = this.#held.length < 256 ? 0 : this.#held.length + (this.#held.length >> 3)
    return this.#render(text, cut)
  }

  #keep(cut: number, found: ReadonlyArray<Found>): void {
    for (const item of found) if (item.hit < cut) this.#pending.push(item)
  }

  #move(lane: Lane, text: string, cut: number, result: Scan | undefined): void {
    const before =
      cut >= lookBehind ? text.slice(cut - lookBehind, cut) : (lane.before + text.slice(0, cut)).slice(-lookBehind)
    lane.before = before
    lane.resume = result?.resume !== undefined && result.resume.hit < cut ? result.resume.at - cut : undefined
  }

  #render(text: string, cut: number): Redacted<string> {
    if (this.#pending.length === 0 && this.#covered === 0 && this.#kept === 0) {
      return cut === 0 ? nothing : { value: cut === text.length ? text : text.slice(0, cut), redactions: nothingFound }
    }
    const counts = new Tally()
    this.#pending.sort(earlier)
    let value = ""
    let at = Math.min(this.#covered, cut)
    let covered = this.#covered
    let kept = this.#kept
    let used = 0
    for (const found of this.#pending) {
      if (found.start >= cut) break
      used++
      if (found.start < kept) continue
      if (found.start < covered) {
        // What is behind a mark is covered by it as far as any finding goes.
        if (found.order >= 0 && found.end > covered) {
          covered = found.end
          at = Math.min(covered, cut)
        }
        continue
      }
      value += text.slice(at, found.start)
      at = found.start
      if (found.order < 0) {
        kept = found.end
        continue
      }
      if (found.tail !== true) {
        const fingerprint = this.#fingerprint(found.secret)
        value += `[redacted:${found.rule}#${fingerprint}]`
        counts.note(this.#engine.categories, found.rule, fingerprint)
      }
      covered = found.end
      at = Math.min(covered, cut)
    }
    value += text.slice(at, cut)
    this.#covered = Math.max(0, covered - cut)
    this.#kept = Math.max(0, kept - cut)
    this.#pending = this.#pending
      .slice(used)
      .map((found) => ({ ...found, hit: found.hit - cut, start: found.start - cut, end: found.end - cut }))
    return { value, redactions: toCounts(counts) }
  }
}

const wholeBefore = (text: string, start: number, cut: number): number => {
  const end = sourceEnd(text, start)
  return end <= cut ? end : start
}

/** The first index whose entry is not below `target`. */
const lowerBound = (sorted: Int32Array, target: number): number => {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < target) low = middle + 1
    else high = middle
  }
  return low
}

/** Masks a whole text; gives back the same string when nothing is found. */
export const redactText = (engine: Engine, fingerprint: (secret: string) => string, text: string): Redacted<string> => {
  if (scan(engine, text, 0, true) === undefined) return { value: text, redactions: nothingFound }
  return new TextRedaction(engine, fingerprint).all(text)
}
