/** Cuts text that comes in chunks into lines, in linear time and within a bound. */

export interface LineCutter {
  readonly push: (chunk: string) => void
  /** Gives the last line when it has no line end. */
  readonly end: () => void
}

/** The place at or before `at` where the text can be cut without cutting a character in two. */
export const wholeCut = (text: string, at: number): number => {
  const last = text.charCodeAt(at - 1)
  return at > 1 && at < text.length && last >= 0xd800 && last <= 0xdbff ? at - 1 : at
}

/** A line that is too long is given away in pieces of about this many UTF-16 units, however it came. */
const pieceLength = 64 * 1024

/**
 * Holds at most `maxLength` and one chunk. Chunks must not end within a character.
 * @param onLine a whole line, without its line end.
 * @param onPiece a piece of a line that is longer than `maxLength` (UTF-16 units), and whether it is the last one.
 */
export const lineCutter = (
  maxLength: number,
  onLine: (line: string) => void,
  onPiece: (piece: string, last: boolean) => void,
): LineCutter => {
  let parts: Array<string> = []
  let length = 0
  let long = false

  const join = (some: Array<string>): string => (some.length === 1 ? (some[0] ?? "") : some.join(""))
  const finish = (): void => {
    const text = join(parts)
    parts = []
    length = 0
    if (long) onPiece(text, true)
    else onLine(text.endsWith("\r") ? text.slice(0, -1) : text)
    long = false
  }
  /** Gives away what is held. Never as one text: it may be large. */
  const givePieces = (): void => {
    const held = parts
    parts = []
    length = 0
    long = true
    let piece: Array<string> = []
    let size = 0
    for (const part of held) {
      piece.push(part)
      size += part.length
      if (size < pieceLength) continue
      onPiece(join(piece), false)
      piece = []
      size = 0
    }
    if (size > 0) onPiece(join(piece), false)
  }
  const add = (text: string): void => {
    if (text === "") return
    parts.push(text)
    length += text.length
    if (length > (long ? Math.min(maxLength, pieceLength) : maxLength)) givePieces()
  }

  return {
    push: (chunk) => {
      let start = 0
      for (;;) {
        const end = chunk.indexOf("\n", start)
        if (end === -1) return add(start === 0 ? chunk : chunk.slice(start))
        add(chunk.slice(start, end))
        finish()
        start = end + 1
      }
    },
    end: () => {
      if (length > 0 || long) finish()
    },
  }
}
