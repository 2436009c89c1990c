/** Finds the end of a private key block, whatever its lines are prefixed with and however their ends are escaped. */

/** The fingerprint of a block is of this many characters at most; a longer block is still masked to its end. */
export const pemBound = 32 * 1024

const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/
const lineEnd = /\r?\n|\\{1,8}r\\{1,8}n|\\{1,8}n/g
const header = /(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): /
const trailing = /(?:[\s"'`,;+)\\|]|\u001b\[[0-9;]{0,16}m)+$/
const body = /[A-Za-z0-9+/=]+$/
const beginLength = 80
const closeBound = 200
/** A body line may be no longer than this, its prefix included. */
const maximumLine = 16 * 1024

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

/** The rest of a block that began before `start`; `first` says that no body line was seen yet. */
export const continuePem = (text: string, start: number, final: boolean, first: boolean): PemMatch | undefined => {
  let at = start
  let seen = !first
  let certain = start
  for (;;) {
    lineEnd.lastIndex = at
    const found = lineEnd.exec(text)
    const cut = found !== null && found.index - at <= maximumLine
    // What stands at the end of the text may be half of a line end.
    if (!final && (cut ? found.index + found[0].length > text.length - 16 : text.length - at <= maximumLine + 32)) {
      return "more"
    }
    const until = cut ? found.index : Math.min(text.length, at + maximumLine)
    const line = text.slice(at, until)
    const closing = end.exec(line)
    if (closing !== null) {
      const before = line.slice(0, closing.index).replace(trailing, "")
      return seen || (body.exec(before)?.[0].length ?? 0) >= 16
        ? { end: at + closing.index + closing[0].length, over: false }
        : undefined
    }
    const bare = line.replace(trailing, "")
    const run = body.exec(bare)?.[0].length ?? 0
    const part = run >= 16 || (run > 0 && run === bare.length && seen) || bare.length <= 1 || header.test(line)
    if (!part) {
      // A short last line behind a prefix (a log's time, a diff's sign) is part of the block only if its end follows.
      const next = cut ? found.index + found[0].length : text.length
      const last = seen && run > 0 && cut && end.test(text.slice(next, next + closeBound))
      if (!last && run > 0 && seen && cut && !final && text.length - next < closeBound) return "more"
      if (!last) return seen ? { end: certain, over: false } : undefined
    }
    if (run >= 16) seen = true
    if (run > 0) certain = at + bare.length
    if (!cut) return seen ? { end: until, over: until < text.length } : undefined
    at = found.index + found[0].length
    if (at - start > pemBound) return seen ? { end: certain, over: true } : undefined
  }
}
