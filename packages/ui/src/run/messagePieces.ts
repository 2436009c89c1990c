/** Which pieces of unfinished messages belong to a finished one: `id`, or the part `id:0`, `id:1` that it is. Pure. */

export interface Piece {
  readonly text: string
  /** Characters of the message before the text. */
  readonly from: number
}

/** Characters by which a part is known, where it has as many. */
const telling = 4

const partOf = (pieceId: string): number => Number(/:(\d+)$/.exec(pieceId)?.[1] ?? -1)

/** Whether a piece may be of a message that came to this text. What is masked may differ in the middle. */
const begins = (whole: string, { from, text }: Piece): boolean => {
  const known = text.slice(0, telling)
  return whole.startsWith(known, from)
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
    if (id.startsWith(`${messageId}:`) && begins(whole, piece)) parts.push(id)
  }
  return parts.toSorted((one, other) => partOf(one) - partOf(other))[0]
}

/** The message that a piece is a part of, if it is one. */
export const messageOf = (pieceId: string): string => pieceId.replace(/:\d+$/, "")
