/** Decides about long runs of letters and digits, also where a seam cuts them. */
import { shapeRule } from "./redactEngine.ts"
import { emptyScan, joined, type Found, type Scan } from "./redactFound.ts"
import { isSeam } from "./redactSeam.ts"
import { joinsParts, partsOpen, shownOf } from "./redactForm.ts"
import { cutToken, lookBehind, minimumWhole, pastEscape, runAt, runEnd, type Shapes } from "./redactShape.ts"
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
  seen: number,
  final: boolean,
  before: Scan | undefined,
): Scan | undefined => {
  let result = before
  const start = at - seen
  const end = runEnd(text, at)
  if (end === text.length && !final) return result
  if (end - start === uuidLength && isLone(text, start, end)) return result
  if (base - start < lookBehind) {
    const cut = cutAt(text, start, end)
    if (cut >= base) {
      const window = windowAt(text, cut, end, "word", true, final)
      const found = window === "more" || window === undefined ? window : joinedToken(window, cut, start, final)
      if (found !== undefined) {
        const held = result ?? emptyScan(text.length)
        if (found === "more") {
          held.hold = Math.min(held.hold, cut, heldShapes(text, base, start, end))
        } else held.found.push(...found)
        return held
      }
      // The seam may come in what follows.
      if (!final && partsOpen(text, end)) {
        const held = result ?? emptyScan(text.length)
        held.hold = Math.min(held.hold, cut)
        result = held
      }
    }
  }
  return end - start < minimumWhole && !joinsParts(text, end)
    ? result
    : noteShapes(inner, text, runAt(text, base, start, end, true, final), result)
}

/** Where that begins which may be found in the run alone. */
const heldShapes = (text: string, base: number, start: number, end: number): number => {
  const shapes =
    end - start < minimumWhole && !joinsParts(text, end) ? undefined : runAt(text, base, start, end, true, false)
  return shapes === undefined ? text.length : Math.min(shapes.hold, ...shapes.found.map((shape) => shape.start))
}

const uuidLength = 36
/** Whether the run is a UUID that nothing is joined to: no line of an agent is without one. */
const isLone = (text: string, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    const place = at - start
    if (place === 8 || place === 13 || place === 18 || place === 23 ? code !== 45 : !isHex(code)) return false
  }
  const before = start === 0 ? 32 : text.charCodeAt(start - 1)
  return (before === 34 || before === 32 || before === 61) && !joinsParts(text, end)
}
const isHex = (code: number): boolean => (code >= 48 && code <= 57) || (code >= 97 && code <= 102)

/** What stands at the end of many lines, and is complete. */
const digest = /^(?:[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$|_/

/** From where on a run would be masked if it went on behind a seam; -1 when it would not. */
const cutAt = (text: string, start: number, end: number): number => {
  if (isSeam(text, end)) {
    const cut = cutToken(text, start, end)
    if (cut >= 0) return cut
  } else if (!joinsParts(text, end)) return -1
  const first = pastEscape(text, start)
  const shown = shownOf(text, first, end)
  return shown >= 0 && (joinsParts(text, end) || !digest.test(text.slice(first, end))) ? first + shown : -1
}

const joinedToken = (
  window: Window,
  cut: number,
  start: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | undefined => {
  const from = window.hit - (cut - start)
  if (from < 0) return undefined
  const whole = final || window.closed
  const end = runEnd(window.text, window.hit)
  // The token may go on behind the end of the text.
  if (!whole && end === window.text.length) return "more"
  const shapes = runAt(window.text, 0, from, end, true, whole)
  if (shapes !== undefined && shapes.hold < window.text.length) return "more"
  for (const shape of shapes?.found ?? []) {
    // What is before the cut was not held for it.
    const parts =
      shape.decoded === undefined && shape.start >= window.hit
        ? joined(window, cut, shape.start, shape.end, shapeRule, shapeOrder)
        : undefined
    if (parts !== undefined) return parts
  }
  return undefined
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
