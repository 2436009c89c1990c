/** What a scan finds in a text. */
import { originals, type Window } from "./redactWindow.ts"

/** A piece of text to mask, by its indices. */
export interface Found {
  /** Where the keyword stands that led here; never after `start`. */
  readonly hit: number
  readonly start: number
  readonly end: number
  readonly rule: string
  /** Of two pieces that start together, the lower one gives its name. */
  readonly order: number
  /** What the fingerprint is made of; empty for a mark that is there already and stays. */
  readonly secret: string
  /** The piece goes on with one that began before a seam: it has no mark of its own. */
  readonly tail?: true
}

export interface Scan {
  readonly found: Array<Found>
  /** From here on the text is undecided; its length when nothing is. */
  hold: number
  escaped: boolean
  /** A line of JSON may tell of a piece of a text. */
  told: boolean
  /** Where a private key block goes on whose start is no longer in the text, and the hit that it belongs to. */
  resume: { readonly at: number; readonly hit: number } | undefined
}

export const emptyScan = (length: number): Scan => ({
  found: [],
  hold: length,
  escaped: false,
  told: false,
  resume: undefined,
})

/** What was found in a window, as pieces of the original; undefined when there is no seam in it. */
export const joined = (
  window: Window,
  hit: number,
  start: number,
  end: number,
  rule: string,
  order: number,
): ReadonlyArray<Found> | undefined => {
  const pieces = originals(window, start, end)
  if (pieces.length < 2) return undefined
  return pieces.map((piece, index) => ({
    hit,
    ...piece,
    rule,
    order,
    secret: window.text.slice(start, end),
    ...(index === 0 ? {} : { tail: true as const }),
  }))
}
