/** Texts inside a text: each comes in pieces, one a line of JSON, between other lines. What they tell is found by its places in the text. */
import type { Found } from "./redactFound.ts"
import {
  decode,
  firstPiece,
  isClosed,
  maximumRecord,
  readRecord,
  recordAt,
  tells,
  type Piece,
  type Places,
  type RecordLine,
} from "./redactRecord.ts"
import type { Cover } from "./redactText.ts"

/** Texts at once; the oldest is ended before there are more. */
const maximumStrands = 64
/** What is undecided of a text waits for its next piece so long: characters and lines of other records. */
const maximumWait = 48 * 1024
const maximumLines = 64

/** One of the texts, as it is looked at. */
export interface StrandText {
  /** What of all that was pushed is covered, as far as that is decided now. */
  readonly cover: (piece: string, final: boolean) => ReadonlyArray<Cover>
  /** How much of it is undecided. */
  readonly held: number
}

interface Part {
  readonly at: number
  readonly size: number
  readonly start: number
  readonly places: Places | undefined
}

class Strand {
  readonly path: string
  /** Known to be one text: otherwise only known values are looked for. */
  readonly sure: boolean
  readonly #kinds: Map<string, string>
  readonly #ids: Map<string, string>
  readonly #text: StrandText
  #parts: Array<Part> = []
  #size = 0
  /** What was decided before its end ended in something covered: so does what follows, as long as it is one word. */
  #goesOn = false
  /** Lines since the last piece. */
  lines = 0
  /** Where in the text the first undecided character stands. */
  open = Number.POSITIVE_INFINITY

  constructor({ path, sure }: Piece, { ids, kinds }: RecordLine, text: StrandText) {
    this.path = path
    this.sure = sure
    this.#kinds = new Map(kinds)
    this.#ids = new Map(ids)
    this.#text = text
  }

  /** Whether nothing that was pushed waits for what follows. */
  get idle(): boolean {
    return !this.#goesOn && this.#text.held === 0
  }

  /** Whether the record tells no other kind or id than those before it. */
  fits({ ids, kinds }: RecordLine): boolean {
    return agree(this.#ids, ids) && agree(this.#kinds, kinds)
  }

  learn({ ids, kinds }: RecordLine): void {
    for (const [name, value] of ids) this.#ids.set(name, value)
    for (const [name, value] of kinds) this.#kinds.set(name, value)
  }

  /** Whether the record, which says that something ended, may say so of this text. */
  endsWith(record: RecordLine | undefined): boolean {
    return record === undefined || agree(this.#ids, record.ids)
  }

  push(start: number, value: string, places: Places | undefined): ReadonlyArray<Found> {
    this.lines = 0
    if (value === "") return []
    if (!this.#goesOn) {
      this.#parts.push({ at: this.#size, size: value.length, start, places })
      this.#size += value.length
      return this.#found(this.#text.cover(value, false))
    }
    const size = word.exec(value)?.[0].length ?? 0
    this.#goesOn = size === value.length
    const part = { at: 0, size: value.length, start, places }
    const rest = this.#goesOn ? [] : this.push(placeIn(part, size), value.slice(size), places?.from(size))
    const piece = { hit: start, start, end: placeIn(part, size), rule: "", order: 0, secret: "", tail: true as const }
    return size === 0 ? rest : [piece, ...rest]
  }

  /** Decides what is held; `early` when there may be more. */
  end(early = false): ReadonlyArray<Found> {
    if (this.#size === 0) return []
    const covers = this.#text.cover("", true)
    this.#goesOn = early && covers.at(-1)?.end === this.#size
    const found = this.#found(covers)
    this.#parts = []
    this.#size = 0
    this.open = Number.POSITIVE_INFINITY
    return found
  }

  #found(covers: ReadonlyArray<Cover>): ReadonlyArray<Found> {
    const found = covers.flatMap(({ end, mark, rule, secret, start }) =>
      this.#parts
        .filter((part) => part.at < end && part.at + part.size > start)
        .map((part, index): Found => {
          const from = placeIn(part, Math.max(start, part.at))
          const piece = { hit: from, start: from, end: placeIn(part, Math.min(end, part.at + part.size)) }
          return { ...piece, rule, order: 0, secret, ...(mark === "" || index > 0 ? { tail: true as const } : {}) }
        }),
    )
    const decided = this.#size - this.#text.held
    const first = this.#parts.findIndex((part) => part.at + part.size > decided)
    this.#parts = first < 0 ? [] : this.#parts.slice(first)
    const part = this.#parts[0]
    this.open = part === undefined ? Number.POSITIVE_INFINITY : placeIn(part, Math.max(part.at, decided))
    return found
  }
}

/** A name that one of them does not have tells nothing. */
const agree = (some: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): boolean => {
  for (const [name, value] of others) if ((some.get(name) ?? value) !== value) return false
  return true
}

const word = /^[^\s"'`,;<>()[\]{}|\\]+/

const placeIn = ({ at, places, start }: Part, index: number): number =>
  start + (places === undefined ? index - at : places.at(index - at))

const nothing = { found: [], open: Number.POSITIVE_INFINITY }

/** By their places in all of the text. */
export class Strands {
  readonly #make: (sure: boolean) => StrandText
  /** Whether every string may be a piece, for known values. */
  readonly #all: boolean
  #strands: Array<Strand> = []
  #found: Array<Found> = []
  /** Where the first line begins that has not been looked at. */
  #line: number
  #told = false
  /** No text waits for anything. */
  #idle = true
  /** The first piece of the line that was looked at last. */
  #open = { line: -1, at: 0 }

  constructor(make: (sure: boolean) => StrandText, all: boolean, line: number) {
    this.#make = make
    this.#all = all
    this.#line = line
  }

  /** From here on the text is still needed, by its place in all of it; what is a record is looked at as a whole. */
  kept = Number.POSITIVE_INFINITY

  /** Looks at the lines that are complete; `told` when there is one that tells of a piece. The text begins at `offset`. */
  look(
    text: string,
    offset: number,
    told: boolean,
    final: boolean,
  ): { readonly found: ReadonlyArray<Found>; readonly open: number } {
    this.#told ||= told
    this.kept = Number.POSITIVE_INFINITY
    if (this.#idle && !this.#told && !this.#all && text.charCodeAt(text.length - 1) === 10) {
      this.#line = offset + text.length
      return nothing
    }
    let from = this.#line - offset
    if (from < 0) {
      // The line was no record, so that its start is gone.
      const end = text.indexOf("\n")
      if (end < 0 && !final) return nothing
      from = end < 0 ? text.length : end + 1
    }
    const waits = (): boolean =>
      this.#told || this.#all || this.#strands.some(({ open }) => open < Number.POSITIVE_INFINITY)
    for (let end = text.indexOf("\n", from); end >= 0; end = text.indexOf("\n", from)) {
      if (!waits()) {
        from = text.lastIndexOf("\n") + 1
        break
      }
      if (this.#strands.length > 0 || isClosed(text, from, end)) this.#look(text, offset, from, end)
      from = end + 1
    }
    if (final && from < text.length && waits()) this.#look(text, offset, from, text.length)
    this.#line = offset + from
    // Of the line that is not there to its end it may be true as well.
    this.#told &&= tells(text, from, text.length)
    if (final) for (const strand of this.#strands) this.#found.push(...strand.end())
    // A line that is too long for a record may have no end.
    if (!final && text.length - from > maximumRecord) this.#endLate(offset + text.length)
    const found = this.#found
    this.#found = []
    let open = Math.min(Number.POSITIVE_INFINITY, ...this.#strands.map((strand) => strand.open))
    this.#idle = open === Number.POSITIVE_INFINITY
    if (!final && from < text.length && text.length - from <= maximumRecord) {
      open = Math.min(open, this.#openIn(text, offset, from))
    }
    return { found, open }
  }

  /** Where in the line that is not there to its end the first piece may begin, by its place in all of the text. */
  #openIn(text: string, offset: number, from: number): number {
    const line = offset + from
    if (this.#open.line === line) {
      this.kept = line
      return this.#open.at
    }
    const record = recordAt(text, from)
    if (record < 0) return Number.POSITIVE_INFINITY
    this.kept = line
    const piece = firstPiece(text, record, this.#all)
    if (piece < 0) return Number.POSITIVE_INFINITY
    this.#open = { line, at: offset + piece }
    return this.#open.at
  }

  #endLate(at: number): void {
    for (const strand of this.#strands) if (at - strand.open > maximumWait) this.#found.push(...strand.end(true))
  }

  #look(text: string, offset: number, start: number, end: number): void {
    const waits = this.#all || this.#strands.some((strand) => strand.open < Number.POSITIVE_INFINITY)
    if (!waits && !tells(text, start, end)) return
    const record = readRecord(text, start, end, this.#all)
    if (record !== undefined) {
      for (const piece of record.pieces) this.#push(text, offset, record, piece)
    }
    const ends = record?.ends === true || (record === undefined && text.startsWith("data: [DONE]", start))
    let ended = false
    for (const strand of this.#strands) {
      const { open } = strand
      if (open === Number.POSITIVE_INFINITY) continue
      const late = offset + end - open > maximumWait
      if (late || strand.lines++ > maximumLines || (ends && strand.endsWith(record))) {
        this.#found.push(...strand.end(late))
        ended = true
      }
    }
    if (ended) this.#strands = this.#strands.filter(({ idle, sure }) => sure || !idle)
  }

  #push(text: string, offset: number, record: RecordLine, piece: Piece): void {
    const index = this.#strands.findLastIndex((strand) => strand.path === piece.path && strand.fits(record))
    const strand = this.#strands[index] ?? new Strand(piece, record, this.#make(piece.sure))
    if (index >= 0) this.#strands.splice(index, 1)
    else if (this.#strands.length === maximumStrands) this.#found.push(...(this.#strands.shift()?.end() ?? []))
    this.#strands.push(strand)
    strand.learn(record)
    const { places, value } = decode(text, piece)
    this.#found.push(...strand.push(offset + piece.start, value, places))
    // A known value needs nothing before it.
    if (!strand.sure && strand.idle) this.#strands.pop()
  }
}
