/** Frames of a stream, put together to pieces that are worth a write. Pure. */
import type * as Arr from "effect/Array"

export interface Frame {
  /** Where its reader is when it has it. */
  readonly place: number
  readonly bytes: Uint8Array
}

/** Consecutive frames in one. */
export interface Piece {
  /** The place of its last frame. */
  readonly place: number
  readonly bytes: Uint8Array
}

/** A piece is no longer than this, unless a single frame is. */
const maxPieceBytes = 64 * 1024

/** Where the piece that begins at an index ends. */
const pieceEnd = (frames: ReadonlyArray<Frame>, start: number): { readonly end: number; readonly bytes: number } => {
  let bytes = 0
  let end = start
  for (let frame = frames[end]; frame !== undefined; frame = frames[++end]) {
    if (end > start && bytes + frame.bytes.length > maxPieceBytes) break
    bytes += frame.bytes.length
  }
  return { end, bytes }
}

/** The piece that begins at an index; undefined: no frame is there. */
export const pieceAt = (frames: ReadonlyArray<Frame>, start: number): Piece | undefined => {
  const { bytes, end } = pieceEnd(frames, start)
  const last = frames[end - 1]
  if (end === start || last === undefined) return undefined
  if (end === start + 1) return last
  const joined = new Uint8Array(bytes)
  let at = 0
  for (const frame of frames.slice(start, end)) {
    joined.set(frame.bytes, at)
    at += frame.bytes.length
  }
  return { place: last.place, bytes: joined }
}

/** All of them in pieces. */
export const piecesOf = (frames: Arr.NonEmptyReadonlyArray<Frame>): Arr.NonEmptyReadonlyArray<Piece> => {
  const [first] = frames
  const pieces: Array<Piece> = []
  for (let start = 0; start < frames.length; start = pieceEnd(frames, start).end) {
    pieces.push(pieceAt(frames, start) ?? first)
  }
  return [pieces[0] ?? first, ...pieces.slice(1)]
}
