/** The newest frames of a log, for readers at any place in it. Pure. */
import { type Frame, type Piece, pieceAt } from "./frames.ts"

/** The oldest go when there are more bytes than this; what came last stays whole, however large it is. */
export const maxBytes = 256 * 1024

export class FrameTail {
  /** The place of the newest frame, or the one behind which it began. */
  last: number
  /** Everything after this place is here. */
  private floor: number
  private frames: Array<Frame> = []
  /** How many frames, and bytes, came together. */
  private readonly batches: Array<{ readonly frames: number; readonly bytes: number }> = []
  private bytes = 0
  /** Readers are mostly at one place, or at few: what follows it is put together once. */
  private readonly pieces = new Map<number, Piece | undefined>()

  constructor(last: number) {
    this.last = last
    this.floor = last
  }

  /** @param frames in order, each behind `last`. */
  push(frames: ReadonlyArray<Frame>): void {
    const newest = frames.at(-1)
    if (newest === undefined) return
    const bytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0)
    this.frames.push(...frames)
    this.batches.push({ frames: frames.length, bytes })
    this.bytes += bytes
    this.last = newest.place
    this.pieces.clear()
    let gone = 0
    for (let [oldest] = this.batches; oldest !== undefined && this.bytes > maxBytes; [oldest] = this.batches) {
      if (this.batches.length === 1) break
      this.batches.shift()
      this.bytes -= oldest.bytes
      gone += oldest.frames
    }
    if (gone === 0) return
    this.floor = this.frames[gone - 1]?.place ?? this.floor
    this.frames = this.frames.slice(gone)
  }

  /** Lets go of everything: what is kept begins behind the place, which is the newest. */
  skip(place: number): void {
    this.frames = []
    this.batches.length = 0
    this.bytes = 0
    this.pieces.clear()
    this.last = place
    this.floor = place
  }

  /** Whether all that follows the place is here. */
  reaches(place: number): boolean {
    return place >= this.floor
  }

  /** What follows the place; undefined when nothing does, or does yet. */
  after(place: number): Piece | undefined {
    if (place >= this.last) return undefined
    if (this.pieces.has(place)) return this.pieces.get(place)
    let index = this.frames.length
    while (index > 0 && (this.frames[index - 1]?.place ?? place) > place) index--
    const piece = pieceAt(this.frames, index)
    this.pieces.set(place, piece)
    return piece
  }
}
