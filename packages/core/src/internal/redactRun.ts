/** Decides about long runs of letters and digits, also where a seam cuts them. */
import { shapeRule } from "./redactEngine.ts"
import { emptyScan, joined, type Found, type Scan } from "./redactFound.ts"
import { isSeam } from "./redactSeam.ts"
import { cutToken, lookBehind, minimumToken, runAt, runEnd, type Shapes, wholeToken } from "./redactShape.ts"
import { windowAt, type Window } from "./redactWindow.ts"

/** Any rule that has a name for it goes before. */
const shapeOrder = 100_000
/** What is found in a text that was decoded. */
export type Inner = (text: string) => Found | undefined

/** Of a run that goes on behind the text, the end of the scan takes care. */
export const atRun = (
  inner: Inner,
  text: string,
  base: number,
  at: number,
  before: number,
  final: boolean,
  result: Scan | undefined,
): Scan | undefined => {
  const start = at - before
  const end = runEnd(text, at)
  if (end === text.length && !final) return result
  if (isSeam(text, end) && base - start < lookBehind) {
    const cut = cutToken(text, start, end)
    if (cut >= base) {
      const window = windowAt(text, cut, end, "word", true, final)
      if (window === "more" || (window !== undefined && !final && openWindow(window))) {
        const held = result ?? emptyScan(text.length)
        held.hold = Math.min(held.hold, cut)
        return held
      }
      const found = window === undefined ? undefined : joinedToken(window, cut, start)
      if (found !== undefined) {
        const held = result ?? emptyScan(text.length)
        held.found.push(...found)
        return held
      }
    }
  }
  return end - start < minimumToken ? result : noteShapes(inner, text, runAt(text, base, start, end, true), result)
}

/** The token may go on behind the end of the text. */
const openWindow = (window: Window): boolean => !window.closed && runEnd(window.text, window.hit) === window.text.length

const joinedToken = (window: Window, cut: number, start: number): ReadonlyArray<Found> | undefined => {
  const from = window.hit - (cut - start)
  if (from < 0) return undefined
  const end = runEnd(window.text, window.hit)
  const token = wholeToken(window.text, from, end)
  return token < 0 ? undefined : joined(window, cut, token, end, shapeRule, shapeOrder)
}

export const noteShapes = (
  inner: Inner,
  text: string,
  shapes: Shapes | undefined,
  before: Scan | undefined,
): Scan | undefined => {
  if (shapes === undefined) return before
  let result = before
  if (shapes.hold < text.length) {
    result ??= emptyScan(text.length)
    result.hold = Math.min(result.hold, shapes.hold)
  }
  for (const { decoded, end, start } of shapes.found) {
    const told = decoded === undefined ? { rule: shapeRule, secret: text.slice(start, end) } : inner(decoded)
    if (told === undefined) continue
    result ??= emptyScan(text.length)
    result.found.push({ hit: start, start, end, rule: told.rule, order: shapeOrder, secret: told.secret })
  }
  return result
}
