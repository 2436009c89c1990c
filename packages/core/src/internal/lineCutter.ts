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

/**
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

  const take = (): string => {
    const text = parts.length === 1 ? (parts[0] ?? "") : parts.join("")
    parts = []
    length = 0
    return text
  }
  const finish = (): void => {
    const text = take()
    if (long) onPiece(text, true)
    else onLine(text.endsWith("\r") ? text.slice(0, -1) : text)
    long = false
  }
  const add = (text: string): void => {
    if (text === "") return
    parts.push(text)
    length += text.length
    while (length > maxLength) {
      const all = take()
      const cut = wholeCut(all, maxLength)
      onPiece(all.slice(0, cut), false)
      long = true
      const rest = all.slice(cut)
      if (rest !== "") parts.push(rest)
      length = rest.length
    }
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
