/** A text as a reader would see it, without terminal escapes and with encoded characters decoded, and where each character came from. */

export interface View {
  readonly text: string
  /** The index in the original text, by index in the view; one more entry for the end. */
  readonly origin: Int32Array
  /** Where an escape begins that the end of the text cuts off; the length of the text when there is none. */
  readonly open: number
}

const escape = "\u001b"
/** A longer escape is taken for plain text. */
const maximumEscape = 4096

const letter = (code: number): boolean => code >= 0x40 && code <= 0x7e

/** Past the escape whose introducer is `[start, from)`, or -1 when the text ends inside it. */
const escapeEnd = (text: string, start: number, from: number): number => {
  const length = text.length
  if (from >= length) return -1
  const kind = text.charCodeAt(from)
  const limit = Math.min(length, start + maximumEscape)
  if (kind === 0x5b) {
    for (let at = from + 1; at < limit; at++) {
      const code = text.charCodeAt(at)
      if (letter(code)) return at + 1
      if (code < 0x20 || code > 0x7e) return from
    }
    return limit < length || length - start >= maximumEscape ? from : -1
  }
  // Operating system command, ended by BEL or ESC \.
  if (kind === 0x5d) {
    for (let at = from + 1; at < limit; at++) {
      const code = text.charCodeAt(at)
      if (code === 0x07) return at + 1
      if (code === 0x0a) return from
      if (code === 0x1b) {
        if (at + 1 >= length) return length - start >= maximumEscape ? from : -1
        return text.charCodeAt(at + 1) === 0x5c ? at + 2 : from
      }
    }
    return limit < length || length - start >= maximumEscape ? from : -1
  }
  return letter(kind) ? from + 1 : from
}

const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
const hexOf = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, "0")

/** Spellings of ESC in strings of source code and JSON. */
const spelledEscapes = ["\\u001b", "\\x1b", "\\033", "\\e["]
const entities: ReadonlyMap<string, string> = new Map([
  ["quot", '"'],
  ["apos", "'"],
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["nbsp", " "],
  ["equals", "="],
  ["colon", ":"],
  ["sol", "/"],
])

/** What a character is decoded from, in lower case. */
const encodings: ReadonlyMap<string, string> = new Map([
  ...punctuation.split("").flatMap((char): ReadonlyArray<readonly [string, string]> => [
    [`%${hexOf(char)}`, char],
    [`%25${hexOf(char)}`, char],
  ]),
  ["%0a", "\n"],
  ["%250a", "\n"],
])

/** How long these are, the longest first. */
const encodedSizes = [...new Set([...encodings.keys()].map(({ length }) => length))].toSorted(
  (left, right) => right - left,
)

/** A character as HTML may spell it, by its name or its number, escaped up to three times. */
const entity = /&(?:amp;){0,2}(?:#x0{0,4}(?<hex>[2-7][0-9a-f])|#0{0,4}(?<number>\d{2,3})|(?<name>[a-z]{2,6}));/iy
const entityRest = /^&(?:amp;){0,2}(?<rest>.*)$/i
const numberOpen = /^#(?:x[0-9a-f]{0,6}|\d{0,7})?$/i

const entityAt = (text: string, at: number): { readonly char: string; readonly end: number } | undefined => {
  entity.lastIndex = at
  const groups = entity.exec(text)?.groups
  if (groups !== undefined) {
    const { hex, name, number } = groups
    const code = hex === undefined ? Number(number) : Number.parseInt(hex, 16)
    const char = name === undefined ? String.fromCharCode(code) : entities.get(name.toLowerCase())
    if (char === undefined || (name === undefined && (code < 32 || code > 126))) return undefined
    return { char, end: entity.lastIndex }
  }
  if (text.length - at >= longest) return undefined
  const rest = entityRest.exec(text.slice(at))?.groups?.["rest"]?.toLowerCase()
  if (rest === undefined) return undefined
  return numberOpen.test(rest) || [...entities.keys()].some((name) => `${name};`.startsWith(rest))
    ? { char: "", end: -1 }
    : undefined
}

/** A character as JSON may spell it, escaped several times. */
const spelled =
  /\\{1,8}u(?<code>00[2-7c-f][0-9a-f]|0[1-69e][0-9a-f]{2}|1e[0-9a-f]{2}|30[4-9a-f][0-9a-f]|[4-9abc][0-9a-f]{3}|d[0-7][0-9a-f]{2})/iy
const spelledOpen = /\\{1,8}(?:u[0-9a-f]{0,3})?$/iy
/** The characters of ASCII, and the letters of those languages in which names of fields are known. */
const spelledStarts = [
  ..."234567cdef".split("").map((digit) => `\\u00${digit}`),
  ..."1234569e".split("").map((digit) => `\\u0${digit}`),
  "\\u1e",
  ..."456789abcdef".split("").map((digit) => `\\u30${digit}`),
  ..."456789abcd".split("").map((digit) => `\\u${digit}`),
]

/** The view differs from the text only where one of these is in it. */
export const viewKeywords: ReadonlyArray<string> = [
  escape,
  ...spelledEscapes,
  ...spelledStarts,
  ...encodings.keys(),
  "&#",
  ...[...entities.keys()].map((name) => `&${name};`),
]

const seconds = new Set(
  viewKeywords.flatMap((keyword) => {
    const second = keyword.startsWith("&") ? "" : keyword.charAt(1)
    return second === "" ? [] : [second.charCodeAt(0), second.toUpperCase().charCodeAt(0)]
  }),
)
const longest = Math.max(20, ...viewKeywords.map((keyword) => keyword.length))
const start = new RegExp(`[${escape}%\\\\&]`, "g")

/** The same for ESC, and an operating system command of the terminal with its end. */
const spelledEscape = /\\{1,8}(?:u001b|x1b|033|e(?=\[))/iy
const spelledCommand = /[^\n"]{0,2048}?(?:\\{1,8}(?:u0007|x07|007|a)|\\{1,8}(?:u001b|x1b|033)\\{1,8})/iy
const maximumCommand = 2100

const spelledAt = (text: string, at: number): { readonly char: string; readonly end: number } | undefined => {
  spelled.lastIndex = at
  const code = spelled.exec(text)?.groups?.["code"]
  if (code !== undefined) {
    const char = String.fromCharCode(Number.parseInt(code, 16))
    // The first would escape what follows; there is nothing to be seen of the second.
    return char === "\\" || char === "\u007f" ? undefined : { char, end: spelled.lastIndex }
  }
  if (text.length - at > 14) return undefined
  spelledOpen.lastIndex = at
  return spelledOpen.test(text) ? { char: "", end: -1 } : undefined
}

/** How the piece at `at` is shown: the character, or nothing for an escape, and where it ends; -1 where the text ends first. */
const decodeAt = (text: string, at: number): { readonly char: string; readonly end: number } | undefined => {
  if (text.charCodeAt(at) === 0x1b) return { char: "", end: escapeEnd(text, at, at + 1) }
  if (text.charCodeAt(at) === 0x26) return entityAt(text, at)
  // Most backslashes begin something else.
  const next = text.charCodeAt(at + 1)
  if (at + 1 < text.length && next !== 0x5c && !seconds.has(next)) return undefined
  if (text.charCodeAt(at) === 0x5c) {
    const character = spelledAt(text, at)
    if (character !== undefined) return character
  }
  spelledEscape.lastIndex = at
  if (spelledEscape.test(text)) {
    const from = spelledEscape.lastIndex
    const kind = text.charCodeAt(from)
    if (from >= text.length || kind === 0x5b) return { char: "", end: escapeEnd(text, at, from) }
    if (kind !== 0x5d) return undefined
    spelledCommand.lastIndex = from
    if (spelledCommand.test(text)) return { char: "", end: spelledCommand.lastIndex }
    return text.length - from < maximumCommand && !/["\n]/.test(text.slice(from)) ? { char: "", end: -1 } : undefined
  }
  const rest = text.length - at
  for (const size of encodedSizes) {
    const char = encodings.get(text.slice(at, at + size).toLowerCase())
    // `%25` may be the start of a longer one.
    if (char !== undefined) return { char, end: rest >= 5 || !text.startsWith("%25", at) ? at + size : -1 }
  }
  if (rest > longest) return undefined
  const piece = text.slice(at).toLowerCase()
  return viewKeywords.some((keyword) => keyword.startsWith(piece)) ? { char: "", end: -1 } : undefined
}

/** Whether the text from `base` on ends inside what the view shows otherwise. */
export const endsOpen = (text: string, base: number): boolean => {
  for (let at = text.length - 1; at >= base && at > text.length - longest; at--) {
    const code = text.charCodeAt(at)
    if (code !== 0x25 && code !== 0x5c && code !== 0x26 && code !== 0x1b) continue
    const decoded = decodeAt(text, at)
    if (decoded !== undefined && decoded.end < 0) return true
  }
  return false
}

/** Takes out colour codes, cursor movements and hyperlinks, and decodes punctuation. A lone ESC goes as well. */
export const viewOf = (text: string, final: boolean): View => {
  const origin = new Int32Array(text.length + 1)
  const parts: Array<string> = []
  let size = 0
  let from = 0
  let open = text.length
  start.lastIndex = 0
  for (;;) {
    const found = start.exec(text)
    const until = found === null ? text.length : found.index
    if (found !== null) {
      const decoded = decodeAt(text, until)
      if (decoded === undefined || (decoded.end < 0 && final && decoded.char === "" && text.charCodeAt(until) !== 0x1b))
        continue
      for (let at = from; at < until; at++) origin[size++] = at
      parts.push(text.slice(from, until))
      if (decoded.end < 0 && !(final && decoded.char !== "")) {
        open = until
        break
      }
      if (decoded.char !== "") {
        origin[size++] = until
        parts.push(decoded.char)
      }
      from = decoded.end < 0 ? until + 3 : decoded.end
      start.lastIndex = from
      continue
    }
    for (let at = from; at < until; at++) origin[size++] = at
    parts.push(text.slice(from, until))
    break
  }
  origin[size] = open
  return { text: parts.join(""), origin: origin.subarray(0, size + 1), open }
}

/** Where the character of the view that came from `at` ends in the text. */
export const sourceEnd = (text: string, at: number): number => {
  const code = text.charCodeAt(at)
  if (code !== 0x25 && code !== 0x5c && code !== 0x26) return at + 1
  const decoded = decodeAt(text, at)
  if (decoded === undefined || decoded.char === "") return at + 1
  return decoded.end < 0 ? at + 3 : decoded.end
}
