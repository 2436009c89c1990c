/** A text without its terminal escapes, and where each of its characters came from. */

export interface View {
  readonly text: string
  /** The index in the original text, by index in the view; one more entry for the end. */
  readonly origin: Int32Array
  /** Where an escape begins that the end of the text cuts off; the length of the text when there is none. */
  readonly open: number
}

/** A longer escape is taken for plain text. */
const maximumEscape = 4096

const letter = (code: number): boolean => code >= 0x40 && code <= 0x7e

/** Past the escape at `start`, or -1 when the text ends inside it. */
const escapeEnd = (text: string, start: number): number => {
  const length = text.length
  if (start + 1 >= length) return -1
  const kind = text.charCodeAt(start + 1)
  const limit = Math.min(length, start + maximumEscape)
  if (kind === 0x5b) {
    for (let at = start + 2; at < limit; at++) {
      const code = text.charCodeAt(at)
      if (letter(code)) return at + 1
      if (code < 0x20 || code > 0x7e) return start + 1
    }
    return limit < length || length - start >= maximumEscape ? start + 1 : -1
  }
  // Operating system command, ended by BEL or ESC \.
  if (kind === 0x5d) {
    for (let at = start + 2; at < limit; at++) {
      const code = text.charCodeAt(at)
      if (code === 0x07) return at + 1
      if (code === 0x0a) return start + 1
      if (code === 0x1b) {
        if (at + 1 >= length) return length - start >= maximumEscape ? start + 1 : -1
        return text.charCodeAt(at + 1) === 0x5c ? at + 2 : start + 1
      }
    }
    return limit < length || length - start >= maximumEscape ? start + 1 : -1
  }
  return letter(kind) ? start + 2 : start + 1
}

/** Takes out colour codes, cursor movements and hyperlinks. A lone ESC goes as well. */
export const stripAnsi = (text: string): View => {
  const origin = new Int32Array(text.length + 1)
  let view = ""
  let size = 0
  let from = 0
  let open = text.length
  for (;;) {
    const escape = text.indexOf("\u001b", from)
    const until = escape < 0 ? text.length : escape
    for (let at = from; at < until; at++) origin[size++] = at
    view += text.slice(from, until)
    if (escape < 0) break
    const end = escapeEnd(text, escape)
    if (end < 0) {
      open = escape
      break
    }
    from = end
  }
  origin[size] = open
  return { text: view, origin: origin.subarray(0, size + 1), open }
}
