/** Finds the end of a private key block, whatever its lines are prefixed with and however their ends are escaped. */

/** The fingerprint of a block is of this many characters at most; a longer block is still masked to its end. */
export const pemBound = 32 * 1024

const begin = /-----BEGIN (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V\d)-----|Private-Lines: \d{1,4}/y
const end = /-----END (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V\d)-----/
const lineEnd = /\r?\n|(?:%0[Dd])?%0[Aa]|\\{1,8}r\\{1,8}n|\\{1,8}n/
const header = /(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): /
const beginLength = 80
const closeBound = 200
const emptyLine = 100
/** A body line may be no longer than this, its prefix included. */
const maximumLine = 8 * 1024

/** The line end within the longest line from `at` on. */
const findLineEnd = (text: string, at: number): { readonly index: number; readonly end: number } | undefined => {
  const found = lineEnd.exec(text.slice(at, at + maximumLine + 32))
  if (found === null || found.index > maximumLine) return undefined
  return { index: at + found.index, end: at + found.index + found[0].length }
}

const isBody = (code: number): boolean =>
  (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || (code >= 47 && code <= 57) || code === 43 || code === 61

/** Without the blanks, quotes and escapes that end a line of a block in source code. */
const trimmed = (line: string): string => {
  let end = line.length
  while (end > 0 && (line.charCodeAt(end - 1) <= 32 || "\"'`,;+)\\|$".includes(line.charAt(end - 1)))) end--
  return line.slice(0, end)
}

/** How many characters at the end of the line could be base64. */
const bodyRun = (line: string): number => {
  let start = line.length
  while (start > 0 && isBody(line.charCodeAt(start - 1))) start--
  return line.length - start
}

export type PemMatch =
  /** `over`: the block goes on, but the bound is reached; what follows is matched by `continuePem`. */
  | { readonly end: number; readonly over: boolean }
  /** The text ends before this can be decided. */
  | "more"

/** `undefined` when no private key begins at `start`. */
export const matchPem = (text: string, start: number, final: boolean): PemMatch | undefined => {
  begin.lastIndex = start
  const head = begin.exec(text)
  if (head === null) return !final && text.length - start < beginLength ? "more" : undefined
  return continuePem(text, start + head[0].length, final, true)
}

const stringEnd = /^[A-Za-z0-9+/=]*(?=\\{0,8}"[ \t]{0,4}[}\]])/

/** The rest of a block that began before `start`; `first` says that no body line was seen yet. */
export const continuePem = (text: string, start: number, final: boolean, first: boolean): PemMatch | undefined => {
  let at = start
  let seen = !first
  let certain = start
  let empty = 0
  for (;;) {
    const found = findLineEnd(text, at)
    const cut = found !== undefined
    // What stands at the end of the text may be half of a line end.
    if (!final && (cut ? found.end > text.length - 16 : text.length - at <= maximumLine + 32)) {
      return "more"
    }
    const until = cut ? found.index : Math.min(text.length, at + maximumLine)
    const line = text.slice(at, until)
    // The string of a record that it stands in ends with its line: what goes on is in another one.
    const string = cut && text.charCodeAt(found.index) < 32 && line.includes('"') ? stringEnd.exec(line) : null
    if (string !== null) return seen ? { end: at + string[0].length, over: false } : undefined
    const closing = line.includes("-----END ") ? end.exec(line) : null
    if (closing !== null) {
      const before = trimmed(line.slice(0, closing.index))
      return seen || bodyRun(before) >= 16 ? { end: at + closing.index + closing[0].length, over: false } : undefined
    }
    if (seen && line.includes("Private-MAC: ")) return { end: certain, over: false }
    const bare = trimmed(line)
    // Behind the time of a log or a commit, an empty line says as much.
    if (!seen && bare.length < emptyLine) empty++
    const run = bodyRun(bare)
    const part =
      run >= 16 ||
      (run > 0 && run === bare.length && seen && /[A-Z\d+/=]/.test(bare)) ||
      bare.length <= 1 ||
      (!seen && bare.length < emptyLine && empty < 4) ||
      /^[^A-Za-z]{1,24}$/.test(bare) ||
      header.test(line.slice(0, 200))
    if (!part) {
      // A short last line behind a prefix (a log's time, a diff's sign) is part of the block only if its end follows.
      const next = cut ? found.end : text.length
      const last = seen && run > 0 && cut && end.test(text.slice(next, next + closeBound))
      if (!last && run > 0 && seen && cut && !final && text.length - next < closeBound) return "more"
      if (!last) return seen ? { end: certain, over: false } : undefined
    }
    if (run >= 16) seen = true
    if (run > 0) certain = at + bare.length
    if (!cut) {
      // The string that it stands in may end before the text does.
      const closed = /[A-Za-z0-9+/=]{4}(?=\\*["'`])/.exec(line)
      const stop = closed === null ? until : at + closed.index + 4
      return seen ? { end: stop, over: closed === null && until < text.length } : undefined
    }
    at = found.end
    if (at - start > pemBound) return seen ? { end: certain, over: true } : undefined
  }
}
