/** Goes on with base64 of a text where it is folded, as programs print it that keep to a width. */
import type { Found, Scan } from "./redactFound.ts"
import { pastSeam } from "./redactSeam.ts"
import { decodeRun, runEnd, type Shape } from "./redactShape.ts"

/** Looks at what is decoded, all of it or as far as it goes. */
export type Inner = (text: string, final: boolean) => Scan | undefined

export interface Folded {
  readonly end: number
  readonly told: Found
}

/** Only bytes above 127 need it. */
const utf8 = new TextDecoder()
const textOf = (bytes: string): string =>
  /[^\0-\x7f]/.test(bytes) ? utf8.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0))) : bytes

/** What begins behind the first line is told by the next one. */
const told = (inner: Inner, decoded: string, first: number): Found | undefined =>
  inner(decoded, true)?.found.find(({ hit, order }) => order >= 0 && hit < first)

const isOpen = (inner: Inner, decoded: string, first: number): boolean => (inner(decoded, false)?.hold ?? first) < first

/** So many characters of it are put together. */
const foldedBound = 400

/**
 * What base64 that begins at `start` tells, and where it ends: behind the fold when what is decoded is undecided there,
 * and the next line is base64 of more of it, no longer than the first; `"more"` when that may still come.
 */
export const foldedAt = (
  inner: Inner,
  text: string,
  start: number,
  shape: Required<Shape>,
  final: boolean,
): Folded | "more" | undefined => {
  const width = shape.end - start
  const first = textOf(shape.decoded).length
  let { decoded, end } = shape
  let encoded = ""
  for (let lines = 1, looked = 1; ; lines++) {
    const next = pastSeam(text, end, final)
    if (next !== "more" && next < 0) break
    encoded = encoded === "" ? text.slice(start, end) : encoded
    // What is decoded ends before the line does: it is none, or goes over into something else.
    if (decoded.length < Math.floor((encoded.length * 3) / 4) || encoded.length + width > foldedBound) break
    // Looking again for every line would be quadratic.
    if (lines === looked) {
      if (!isOpen(inner, textOf(decoded), first)) break
      looked *= 2
    }
    if (next === "more") return "more"
    const nextEnd = Math.min(runEnd(text, next), next + width + 1)
    if (nextEnd === text.length && !final && nextEnd - next <= width) return "more"
    if (nextEnd === next || nextEnd - next > width) break
    const joined = encoded + text.slice(next, nextEnd)
    const all = decodeRun(joined, 0, joined.length)
    if (all.length < Math.floor((joined.length * 3) / 4)) break
    encoded = joined
    decoded = all
    end = nextEnd
  }
  const found = told(inner, textOf(decoded), first)
  return found === undefined ? undefined : { end, told: found }
}
