/** Masks a text, whole or in pieces; both are the same code, so that they cannot differ. */
import type { Redacted } from "../RedactionSession.ts"
import type { RedactionCount } from "../RunEvent.ts"
import type { Engine } from "./redactEngine.ts"
import { restOfEscape } from "./redactEscape.ts"
import type { Found, Scan } from "./redactFound.ts"
import { scan } from "./redactScan.ts"
import { recordAt } from "./redactRecord.ts"
import { lookBehind } from "./redactShape.ts"
import { Strands } from "./redactStrands.ts"
import { endsOpen, sourceEnd, viewOf } from "./redactView.ts"
import { Tally } from "./redactTally.ts"

export const nothingFound: ReadonlyArray<RedactionCount> = Object.freeze([])
const nothing: Redacted<string> = Object.freeze({ value: "", redactions: nothingFound })

export const toCounts = (counts: Tally): ReadonlyArray<RedactionCount> => (counts.isEmpty ? nothingFound : counts.all())

const earlier = (left: Found, right: Found): number =>
  left.start - right.start || left.order - right.order || right.end - left.end

/** A piece of a text that a mark takes the place of; without one it goes on with the piece before. */
export interface Cover {
  readonly start: number
  end: number
  readonly mark: string
  readonly rule: string
  /** The fingerprint. */
  readonly told: string
  readonly secret: string
}

/** Of more text at once, one escape would make all of it be looked at twice. */
const slice = 8192

const together = (parts: ReadonlyArray<Redacted<string>>): Redacted<string> => {
  const counts = new Tally()
  let value = ""
  for (const part of parts) {
    value += part.value
    if (part.redactions.length > 0) counts.addAll(part.redactions)
  }
  return { value, redactions: toCounts(counts) }
}

/** One text. `take` gives back the masked part of what is decided; with `final`, all of it. */
export class TextRedaction {
  readonly #engine: Engine
  readonly #fingerprint: (secret: string) => string
  /** What is held, from `#base` on, behind what may be looked back at. */
  #source = ""
  #base = 0
  /** From here on the source itself is undecided; before, it waits for what other lines of JSON tell. */
  #from = 0
  /** How much of the text is no longer in the source. */
  #offset = 0
  #strands: Strands | undefined
  /** Texts that are inside another one as pieces of JSON, in how many. */
  readonly #depth: number
  /** Where in the source a private key block goes on. */
  #resume: number | undefined
  /** The same of the view, where it differs: what stands before what is held, and where in that a block goes on. */
  #view: { readonly before: string; readonly resume: number | undefined } | undefined
  /** By their indices in the source. */
  #pending: Array<Found> = []
  /** Characters at the start of what is held that belong to a mark already written. */
  #covered = 0
  /** Characters at the start of what is held that belong to an older mark and stay. */
  #kept = 0
  /** No use looking before this many characters are held. */
  #patience = 0

  constructor(engine: Engine, fingerprint: (secret: string) => string, depth = 0) {
    this.#engine = engine
    this.#fingerprint = fingerprint
    this.#depth = depth
  }

  push(chunk: string): Redacted<string> {
    if (chunk === "") return nothing
    if (chunk.length > slice) return this.#slices(chunk)
    this.#source = this.#source === "" ? chunk : this.#source + chunk
    return this.#more(chunk)
  }

  #more(chunk: string): Redacted<string> {
    return this.#waits(chunk) ? nothing : this.#take(false)
  }

  /** Looking again at all that is undecided for every character would be quadratic. */
  #waits(chunk: string): boolean {
    const held = this.#source.length - this.#from
    return held < this.#patience && (held > 4096 || !chunk.includes("\n"))
  }

  all(text: string): Redacted<string> {
    if (text.length <= slice) {
      this.#source = text
      return this.end()
    }
    const first = this.push(text)
    const all = together([first, this.end()])
    return all.redactions.length === 0 ? { value: text, redactions: nothingFound } : all
  }

  #slices(chunk: string): Redacted<string> {
    const parts: Array<Redacted<string>> = []
    for (let at = 0; at < chunk.length; at += slice) {
      const before = this.#source.length
      const piece = chunk.slice(at, at + slice)
      // What is held is the end of what came before: where that is in the chunk, nothing is copied.
      this.#source = at > 0 && at >= before ? chunk.slice(at - before, at + slice) : this.#source + piece
      parts.push(this.#more(piece))
    }
    return together(parts)
  }

  end(): Redacted<string> {
    const result = this.#take(true)
    this.#clear()
    return result
  }

  #clear(): void {
    this.#source = ""
    this.#base = 0
    this.#from = 0
    this.#offset = 0
    this.#strands = undefined
    this.#resume = undefined
    this.#view = undefined
    this.#pending = []
    this.#covered = 0
    this.#kept = 0
    this.#patience = 0
  }

  #take(final: boolean): Redacted<string> {
    const text = this.#source
    const { cut, resume, told } = this.#find(final)
    const given = Math.min(cut, this.#join(text, told, final))
    const result = this.#render(text, given)
    this.#move(text, given, cut, resume)
    return result
  }

  /** Looks at what is undecided; gives how much of it is decided. */
  #find(final: boolean): { readonly cut: number; readonly resume: Scan["resume"]; readonly told: boolean } {
    const text = this.#source
    const from = this.#from
    const raw = scan(this.#engine, text, from, final, this.#resume)
    let cut = raw?.hold ?? text.length
    if (raw?.escaped === true || this.#view !== undefined || (!final && endsOpen(text, from))) {
      cut = this.#takeBoth(text, from, final, raw)
    } else if (raw !== undefined) this.#keep(cut, raw.found)
    return { cut, resume: raw?.resume, told: raw?.told === true }
  }

  /** Looks at what is told by lines of JSON together; gives up to where nothing more may come of it. */
  #join(text: string, told: boolean, final: boolean): number {
    const knownOnly = this.#engine.knownOnly
    if (this.#strands === undefined) {
      if (this.#depth === maximumDepth) return text.length
      const first = lineStart(text, text.length, this.#offset)
      if (first === (this.#offset === 0 ? 0 : -1) && final) return text.length
      if (!told && knownOnly === undefined && (final || first < 0 || recordAt(text, first) < 0)) return text.length
      const line = this.#offset + lineStart(text, this.#base, this.#offset)
      this.#strands = new Strands(
        (sure) =>
          new TextRedaction(sure ? this.#engine : (knownOnly ?? this.#engine), this.#fingerprint, this.#depth + 1),
        knownOnly !== undefined,
        line,
      )
    }
    const { found, open } = this.#strands.look(text, this.#offset, told, final)
    for (const item of found) this.#pending.push(moved(item, this.#offset))
    return Math.max(this.#base, Math.min(text.length, open - this.#offset))
  }

  /** Looks at the view as well; gives where the decided part of the source ends. */
  #takeBoth(text: string, base: number, final: boolean, raw: Scan | undefined): number {
    const { open, origin, text: shown } = viewOf(base === 0 ? text : text.slice(base), final)
    const before = this.#view?.before ?? text.slice(Math.max(0, base - lookBehind), base)
    const resume = this.#view === undefined ? this.#resume : this.#view.resume
    const start = before.length
    const seen = scan(this.#engine, start === 0 ? shown : before + shown, start, final, resume)
    const source = (index: number): number => base + (origin[index - start] ?? 0)
    let cut = raw?.hold ?? text.length
    if (!final) {
      cut = Math.min(cut, base + open, source(seen?.hold ?? start + shown.length))
      const index = lowerBound(origin, cut - base)
      // Neither an escape nor an encoded character is cut in two.
      if (origin[index] !== cut - base) {
        cut = index === 0 ? base : wholeBefore(text, source(start + index - 1), cut)
      }
    }
    const shownCut = start + lowerBound(origin, cut - base)
    if (raw !== undefined) this.#keep(cut, raw.found)
    if (seen !== undefined) {
      const mapped = seen.found.map((found) => ({
        ...found,
        hit: found.hit < start ? base - 1 : source(found.hit),
        start: source(found.start),
        end: sourceEnd(text, source(found.end - 1)),
      }))
      this.#keep(cut, mapped)
    }
    const all = before + shown
    const from = Math.max(0, shownCut - lookBehind)
    const next = all.slice(from, shownCut)
    const goesOn = seen?.resume !== undefined && seen.resume.hit < shownCut ? seen.resume.at - from : undefined
    const same =
      next === text.slice(Math.max(0, cut - lookBehind), cut) &&
      (goesOn === undefined) === (raw?.resume === undefined || raw.resume.hit >= cut) &&
      (goesOn === undefined || goesOn - next.length === (raw?.resume?.at ?? 0) - cut)
    this.#view = same ? undefined : { before: next, resume: goesOn }
    return cut
  }

  #keep(cut: number, found: ReadonlyArray<Found>): void {
    for (const item of found) if (item.hit < cut) this.#pending.push(item)
  }

  /** Forgets what is given, but for a little to look back at. */
  #move(text: string, given: number, cut: number, resume: Scan["resume"]): void {
    const kept = this.#strands === undefined ? given : this.#strands.kept - this.#offset
    const from = Math.max(0, Math.min(given - lookBehind, kept))
    this.#source = text.slice(from)
    this.#offset += from
    this.#base = given - from
    this.#from = cut - from
    this.#resume = resume !== undefined && resume.hit < cut ? resume.at - from : undefined
    if (from > 0 && this.#pending.length > 0) this.#pending = this.#pending.map((found) => moved(found, from))
    const held = text.length - cut
    this.#patience = held < 256 ? 0 : held + (held >> 3)
  }

  /** The masked text from the base to `cut`. */
  #render(text: string, cut: number): Redacted<string> {
    const base = this.#base
    if (this.#pending.length === 0 && this.#covered === 0 && this.#kept === 0) {
      if (cut === base) return nothing
      return { value: base === 0 && cut === text.length ? text : text.slice(base, cut), redactions: nothingFound }
    }
    const counts = new Tally()
    let value = ""
    let at = base
    for (const { end, mark, rule, start, told } of this.#covers(cut)) {
      value += text.slice(at, start) + mark
      at = Math.min(end, cut)
      if (mark !== "") counts.note(this.#engine.categories, rule, told)
    }
    return { value: value + text.slice(at, cut), redactions: toCounts(counts) }
  }

  /** What of the text up to `cut` is covered, in order. */
  #covers(cut: number): ReadonlyArray<Cover> {
    this.#pending.sort(earlier)
    const covers: Array<Cover> = []
    let covered = this.#base + this.#covered
    let kept = this.#base + this.#kept
    if (this.#covered > 0) covers.push({ start: this.#base, end: covered, mark: "", rule: "", told: "", secret: "" })
    let used = 0
    for (const found of this.#pending) {
      if (found.start >= cut) break
      used++
      if (found.start < kept) continue
      if (found.start < covered) {
        // What is behind a mark is covered by it as far as any finding goes.
        if (found.order < 0 || found.end <= covered) continue
        covered = found.end
        const last = covers.at(-1)
        if (last !== undefined) last.end = covered
        continue
      }
      if (found.order < 0) {
        kept = found.end
        continue
      }
      const { rule } = found
      // Of an escape, a mark takes the place of all or nothing.
      const start = found.start + restOfEscape(this.#source, found.start)
      const end = found.end - (restOfEscape(this.#source, found.end) > 0 ? 1 : 0)
      if (start >= end) continue
      const told = found.tail === true ? "" : this.#fingerprint(found.secret)
      const mark = told === "" ? "" : `[redacted:${rule}#${told}]`
      covers.push({ start, end, mark, rule, told, secret: found.secret })
      covered = end
    }
    this.#covered = Math.max(0, covered - cut)
    this.#kept = Math.max(0, kept - cut)
    this.#pending = this.#pending.slice(used)
    return covers
  }

  /** What of a whole text is covered. */
  coversOf(text: string): ReadonlyArray<Cover> {
    return this.cover(text, true)
  }

  /** What is covered of all that was pushed, as far as it is decided now; a text is either pushed or covered. */
  cover(piece: string, final: boolean): ReadonlyArray<Cover> {
    this.#source = this.#source === "" ? piece : this.#source + piece
    if (!final && this.#waits(piece)) return []
    const text = this.#source
    const { cut, resume, told } = this.#find(final)
    const given = Math.min(cut, this.#join(text, told, final))
    const offset = this.#offset
    const covers = this.#covers(given).map((cover) => ({
      ...cover,
      start: cover.start + offset,
      end: Math.min(cover.end, given) + offset,
    }))
    if (final) this.#clear()
    else this.#move(text, given, cut, resume)
    return covers
  }

  /** How much of it is undecided. */
  get held(): number {
    return this.#source.length - this.#base
  }
}

const maximumDepth = 2

/** Where the line begins that `at` is in; -1 when that is no longer in the source. */
const lineStart = (text: string, at: number, offset: number): number => {
  const end = at === 0 ? -1 : text.lastIndexOf("\n", at - 1)
  return end < 0 && offset > 0 ? -1 : end + 1
}

const moved = (found: Found, by: number): Found => ({
  ...found,
  hit: found.hit - by,
  start: found.start - by,
  end: found.end - by,
})

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
  const joined = engine.knownOnly !== undefined && text.includes("\n")
  if (text.length <= slice && !joined && scan(engine, text, 0, true) === undefined) {
    return { value: text, redactions: nothingFound }
  }
  return new TextRedaction(engine, fingerprint).all(text)
}
