/** Which pieces of unfinished messages belong to a finished one: `id`, or the part `id:0`, `id:1` that it is. Pure. */

export interface Piece {
  readonly text: string
  /** Characters of the message before the text. */
  readonly from: number
}

const mark = "[redacted:"

const partOf = (pieceId: string): number => Number(/:(\d+)$/.exec(pieceId)?.[1] ?? -1)

/** How many characters of the two are the same from their beginnings on. */
const sameLength = (one: string, other: string): number => {
  let length = 0
  while (length < one.length && one.charCodeAt(length) === other.charCodeAt(length)) length++
  return length
}

/** Whether a piece may be of a message that came to this text: up to where one of the two is masked and the other is not. */
export const isOf = (whole: string, { from, text }: Piece): boolean => {
  if (whole.startsWith(text, from)) return true
  const rest = whole.slice(from, from + text.length + mark.length)
  const same = sameLength(text, rest)
  return [text, rest].some((each) => {
    const at = each.indexOf(mark)
    return at >= 0 && at <= same
  })
}

/**
 * The piece that a finished message takes the place of. A message of several parts is told part by part, in their order.
 * @param messageId of the finished message.
 */
export const pieceOf = (
  pieces: Iterable<readonly [id: string, piece: Piece]>,
  messageId: string,
  whole: string,
): string | undefined => {
  const parts: Array<string> = []
  for (const [id, piece] of pieces) {
    if (id === messageId) return id
    if (id.startsWith(`${messageId}:`) && isOf(whole, piece)) parts.push(id)
  }
  return parts.toSorted((one, other) => partOf(one) - partOf(other))[0]
}

/** The message that a piece is a part of, if it is one. */
export const messageOf = (pieceId: string): string => pieceId.replace(/:\d+$/, "")
