/** Frames put together to pieces that are worth a write. Pure. */
import type * as Arr from "effect/Array"

const maxBytes = 64 * 1024

const join = (frames: ReadonlyArray<Uint8Array>, bytes: number): Uint8Array => {
  const [only] = frames
  if (frames.length === 1 && only !== undefined) return only
  const chunk = new Uint8Array(bytes)
  let at = 0
  for (const frame of frames) {
    chunk.set(frame, at)
    at += frame.length
  }
  return chunk
}

/** Frames of items in pieces of about 64 KiB; a longer frame is a piece of its own. */
export const framesIn = <A>(
  items: Arr.NonEmptyReadonlyArray<A>,
  frameOf: (item: A) => Uint8Array,
): Arr.NonEmptyReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let held: Array<Uint8Array> = []
  let bytes = 0
  for (const item of items) {
    const frame = frameOf(item)
    if (held.length > 0 && bytes + frame.length > maxBytes) {
      chunks.push(join(held, bytes))
      held = []
      bytes = 0
    }
    held.push(frame)
    bytes += frame.length
  }
  const last = join(held, bytes)
  const [first, ...rest] = [...chunks, last]
  return [first ?? last, ...rest]
}
