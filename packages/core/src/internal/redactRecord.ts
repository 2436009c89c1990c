/** A line of JSON that may hold a piece of a text: what tells that text from others, and where its strings stand. */

/** A longer line is no record of a piece. */
export const maximumRecord = 8192
/** Before the record, a line may have so much that a log or a protocol puts there. */
const maximumLead = 40

/** What says of a record that it holds a piece: the end of a name or of a kind. */
export const tellingEnds: ReadonlyArray<string> = ["delta", "deltas", "chunk", "chunks", "partial", "partial_json"]
const telling = new RegExp(`(?:${tellingEnds.join("|")})$`, "i")
const tellingName = new RegExp(`(?:${tellingEnds.join("|")})"`, "i")
/** Whether the line may tell of a piece. */
export const tells = (text: string, start: number, end: number): boolean =>
  end - start <= maximumRecord && tellingName.test(text.slice(start, end))
const kindField = /^(?:type|method|event|kind|object)$/
const pieceNames =
  "text|thinking|reasoning(?:_?content)?|arguments|data|output|content|input|value|response|completion|token|part|message"
const pieceField = new RegExp(`^(?:${pieceNames})$`, "i")
/** What tells two texts apart; not what is different in every line. */
const nameField =
  /^(?:(?:tool|tool_?use|call|item|message|thread|session|turn|process|output|content|response)_?(?:id|index)|id|index|stream|channel|fd|name)$/i
/** The text has no more pieces. */
const ending = /(?:stop|end|done|complete|finish|close|result|success|fail|error)(?:p?ed|s)?$/i

export interface Piece {
  /** The names of the fields that lead to it. */
  readonly path: string
  /** Where it stands, without its quotes. */
  readonly start: number
  readonly end: number
  readonly escaped: boolean
  /** By its name, and by what the record is, it is a piece. */
  readonly sure: boolean
}

export interface RecordLine {
  /** Kinds and ids by the names of the fields that lead to them. */
  readonly kinds: ReadonlyMap<string, string>
  readonly ids: ReadonlyMap<string, string>
  readonly ends: boolean
  readonly pieces: ReadonlyArray<Piece>
}

const lead = new RegExp(`[^"{}[\\]\\n]{0,${maximumLead}}[{[](?=[ \\t]*["[{\\]}]|[ \\t]*$|[\\d.-])`, "y")
const opening = /[{[]/

/** Where the record begins in the line from `start` on, which may go on behind the text; -1 when it is none. */
export const recordAt = (text: string, start: number): number => {
  lead.lastIndex = start
  return lead.test(text) && opening.test(text.charAt(lead.lastIndex - 1)) ? lead.lastIndex - 1 : -1
}

const space = (code: number): boolean => code === 32 || code === 9 || code === 13

/** Past the string whose quote is at `start`; -1 when it does not end before `end`. */
const stringEnd = (text: string, start: number, end: number): number => {
  for (let at = text.indexOf('"', start + 1); at >= 0 && at < end; at = text.indexOf('"', at + 1)) {
    let before = at
    while (text.charCodeAt(before - 1) === 92) before--
    if ((at - before) % 2 === 0) return at + 1
  }
  return -1
}

/** Calls `found` for each value that is a string or a number; whether all brackets are closed at `end`. */
const walk = (
  text: string,
  start: number,
  end: number,
  found: (path: ReadonlyArray<string>, key: string, start: number, end: number) => void,
): boolean => {
  const path: Array<string> = []
  let key = ""
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === 123 || code === 91) {
      path.push(key)
      key = code === 91 ? "*0" : ""
    } else if (code === 125 || code === 93) {
      if (path.length === 0) return false
      key = path.pop() ?? ""
    } else if (code === 34) {
      const past = stringEnd(text, at, end)
      if (past < 0) return false
      let after = past
      while (space(text.charCodeAt(after))) after++
      if (text.charCodeAt(after) === 58) key = text.slice(at + 1, past - 1)
      else found(path, key, at, past)
      at = past - 1
    } else if (code === 44 && key.startsWith("*")) key = `*${Number(key.slice(1)) + 1}`
    else if (code === 45 || (code >= 48 && code <= 57)) {
      let past = at + 1
      while (past < end && !/[,\s\]}]/.test(text.charAt(past))) past++
      found(path, key, at, past)
      at = past - 1
    }
  }
  return path.length === 0
}

const kindName = /^[\w./:-]{1,64}$/
const tellsKind = (text: string, key: string, { end, start }: { readonly start: number; readonly end: number }) =>
  end - start <= 64 &&
  !pieceField.test(key) &&
  !telling.test(key) &&
  kindName.test(text.slice(start, end)) &&
  telling.test(text.slice(start, end))

const lastOf = (text: string, start: number, end: number): number => {
  let last = end - 1
  while (last > start && space(text.charCodeAt(last))) last--
  return last
}
const isBracket = (code: number): boolean => code === 125 || code === 93

/** Whether the line ends as a record does. */
export const isClosed = (text: string, start: number, end: number): boolean =>
  isBracket(text.charCodeAt(lastOf(text, start, end)))

/** The record of the line; undefined when there is none. With `all`, every string may be a piece. */
export const readRecord = (text: string, start: number, end: number, all: boolean): RecordLine | undefined => {
  if (end - start > maximumRecord) return undefined
  const last = lastOf(text, start, end)
  const first = isBracket(text.charCodeAt(last)) ? recordAt(text, start) : -1
  if (first < 0 || first >= last) return undefined
  const kinds = new Map<string, string>()
  const ids = new Map<string, string>()
  const strings: Array<Piece & { readonly key: string }> = []
  let told = false
  let ends = false
  const whole = walk(text, first, last + 1, (path, key, from, past) => {
    const name = `${path.join(".")}.${key}`
    if (text.charCodeAt(from) !== 34) {
      if (nameField.test(key)) ids.set(name, text.slice(from, past))
      return
    }
    const value = { path: name, key, start: from + 1, end: past - 1 }
    if (kindField.test(key) || tellsKind(text, key, value)) {
      const kind = text.slice(value.start, value.end)
      told ||= telling.test(kind)
      ends ||= ending.test(kind)
      kinds.set(name, kind)
    } else if (nameField.test(key)) ids.set(name, text.slice(value.start, value.end))
    else {
      const sure = telling.test(key)
      told ||= sure || path.some((field) => telling.test(field))
      const escaped = text.slice(value.start, value.end).includes("\\")
      strings.push({ ...value, escaped, sure: sure || pieceField.test(key) })
    }
  })
  if (!whole) return undefined
  const sure = told ? strings.filter((string) => string.sure) : []
  if (told && sure.length === 0 && strings.length === 1)
    sure.push(...strings.map((string) => ({ ...string, sure: true })))
  const pieces = all ? strings.map((string) => (told ? string : { ...string, sure: false })) : sure
  return { kinds, ids, ends: ends && sure.length === 0, pieces }
}

const pieceOpen = new RegExp(
  `"(?:${pieceNames}|[\\w.-]{0,40}(?:${tellingEnds.join("|")}))"[ \\t]{0,4}:[ \\t]{0,4}"`,
  "gi",
)
const anyOpen = /[:[,][ \t]{0,4}"/g

/** In a record that is not there to its end: where the first string begins that may be a piece; -1 when there is none. */
export const firstPiece = (text: string, start: number, all: boolean): number => {
  const pattern = all ? anyOpen : pieceOpen
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : -1
}

/** So near to its end a place is told without decoding, where nothing is escaped. */
const nearEnd = 16
const longestEscape = 6

/** Where each character of a decoded string begins, and the last one ends, by where the string does. */
export class Places {
  readonly #raw: string
  readonly #size: number
  /** Most strings have nothing in them whose place is asked for. */
  #table: Uint32Array | undefined

  /** @param size How long the string is when it is decoded. */
  constructor(raw: string, size: number) {
    this.#raw = raw
    this.#size = size
  }

  at(index: number): number {
    const rest = this.#size - index
    if (this.#table === undefined && rest <= nearEnd && !this.#raw.slice(-rest - longestEscape).includes("\\"))
      return this.#raw.length - rest
    this.#table ??= decodeSlowly(this.#raw).places
    return this.#table[index] as number
  }

  /** Those of the string that begins with this character. */
  from(index: number): Places {
    return new Places(this.#raw.slice(this.at(index)), this.#size - index)
  }
}

/** Decodes the string; without places, each character is where it was. */
export const decode = (
  text: string,
  { end, escaped, start }: Piece,
): { readonly value: string; readonly places: Places | undefined } => {
  const raw = text.slice(start, end)
  if (!escaped) return { value: raw, places: undefined }
  const value = parsed(raw) ?? decodeSlowly(raw).value
  return { value, places: new Places(raw, value.length) }
}

const parsed = (raw: string): string | undefined => {
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    return undefined
  }
}

const decodeSlowly = (raw: string): { readonly value: string; readonly places: Uint32Array } => {
  const places = new Uint32Array(raw.length + 1)
  let value = ""
  for (let at = 0; at < raw.length;) {
    places[value.length] = at
    const next = raw.charAt(at + 1)
    if (raw.charCodeAt(at) !== 92) value += raw.charAt(at++)
    else if (next === "u" && /^[\da-f]{4}$/i.test(raw.slice(at + 2, at + 6))) {
      value += String.fromCharCode(Number.parseInt(raw.slice(at + 2, at + 6), 16))
      at += 6
    } else {
      value += escapes.get(next) ?? next
      at += next === "" ? 1 : 2
    }
    places[value.length] = at
  }
  return { value, places: places.subarray(0, value.length + 1) }
}
const escapes = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["b", "\b"],
  ["f", "\f"],
])
