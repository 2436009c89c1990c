/** A look at one character says of most places that no token goes on there; it must never say so of one where it does. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { mayBeSeam, seamAt } from "../../src/internal/redactSeam.ts"

const Piece = Schema.Literals(["a1B2", "x", '"', "\\", "n", "r", "\n", "\r", " ", "}", ",", "]", ":", "t", "9zQ"])
const Pieces = Schema.Array(Piece).check(Schema.isMinLength(1), Schema.isMaxLength(12))

describe("mayBeSeam", () => {
  it.prop("is true of every place that is a seam or may become one", { pieces: Pieces }, ({ pieces }) => {
    const text = pieces.join("")
    for (let at = 0; at < text.length; at++) {
      if (mayBeSeam(text, at)) continue
      for (const trusted of [true, false]) {
        for (const final of [true, false]) {
          for (const quote of [undefined, 34]) {
            assert.strictEqual(seamAt(text, 0, at, trusted, final, quote), -1, JSON.stringify([text, at]))
          }
        }
      }
    }
  })
})
