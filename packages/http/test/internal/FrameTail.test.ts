import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Frame } from "../../src/internal/frames.ts"
import { FrameTail } from "../../src/internal/FrameTail.ts"

const framesFrom = (place: number, sizes: ReadonlyArray<number>): ReadonlyArray<Frame> =>
  sizes.map((size, index) => ({
    place: place + index + 1,
    bytes: new Uint8Array(size).fill((place + index + 1) % 251),
  }))

/** What a reader gets that reads on until there is nothing. */
const readFrom = (tail: FrameTail, from: number): Uint8Array => {
  const read: Array<Uint8Array> = []
  for (let place = from; ;) {
    const piece = tail.after(place)
    if (piece === undefined) return Buffer.concat(read)
    assert.isAbove(piece.place, place)
    place = piece.place
    read.push(piece.bytes)
  }
}

const Size = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40_000 }))
const Batch = Schema.Array(Size).check(Schema.isMaxLength(12))

describe("FrameTail", () => {
  it.effect.prop(
    "gives all that follows any place that it reaches, and keeps a bounded part of the log",
    [Schema.Array(Batch).check(Schema.isMaxLength(40)), Schema.Natural],
    ([batches, start]) =>
      Effect.sync(() => {
        const tail = new FrameTail(start)
        const log: Array<Frame> = []
        /** Bytes of what came last, which stays whole. */
        let newest = 0
        for (const sizes of batches) {
          const frames = framesFrom(tail.last, sizes)
          tail.push(frames)
          log.push(...frames)
          for (let place = start; place <= tail.last + 1; place++) {
            if (!tail.reaches(place)) continue
            const expected = Buffer.concat(log.filter((frame) => frame.place > place).map(({ bytes }) => bytes))
            assert.isTrue(expected.equals(readFrom(tail, place)), `after ${place}`)
          }
          // Whoever had all before still does.
          assert.isTrue(tail.reaches(tail.last - sizes.length))
          const kept = log
            .filter(({ place }) => tail.reaches(place - 1))
            .reduce((sum, { bytes }) => sum + bytes.length, 0)
          if (sizes.length > 0) newest = sizes.reduce((sum, size) => sum + size, 0)
          assert.isAtMost(kept, Math.max(256 * 1024, newest))
        }
      }),
  )

  it("puts what readers at one place get together once", () => {
    const tail = new FrameTail(0)
    tail.push(framesFrom(0, [10, 20]))
    assert.strictEqual(tail.after(0)?.bytes, tail.after(0)?.bytes)
    const [, second] = framesFrom(0, [10, 20])
    assert.deepStrictEqual(tail.after(1), second)
    assert.isUndefined(tail.after(2))
    assert.isUndefined(tail.after(7))
  })
})
