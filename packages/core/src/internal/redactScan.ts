/** Finds what must be masked in a text, and how much of an unfinished text can be decided already. */
import { decide, heldFrom } from "./redactCandidate.ts"
import { isSpelled, type Engine, type Keyword } from "./redactEngine.ts"
import { emptyScan, type Scan } from "./redactFound.ts"
import { pemAt, pemFrom } from "./redactKeyBlock.ts"
import { startBefore } from "./redactRule.ts"
import type { Inner } from "./redactFolded.ts"
import { atRun, noteShapes } from "./redactRun.ts"
import { minimumRun, runAt, runBefore } from "./redactShape.ts"

/**
 * Looks at `text` from `base` on; what is before is only looked back at. Each finding depends on a bounded piece of
 * text around its keyword and on nothing else, so it is the same however the text was cut.
 */
export const scan = (
  engine: Engine,
  text: string,
  base: number,
  final: boolean,
  resume?: number,
  nested = false,
): Scan | undefined => {
  const { matcher, shapes } = engine
  const length = text.length
  let result: Scan | undefined
  if (resume !== undefined) {
    result = emptyScan(length)
    pemFrom(result, text, -1, resume, final)
  }
  let run = nested ? unseen : runBefore(text, base)
  const inner = insideOf(engine)
  if (shapes && run >= minimumRun && run < unseen && base < length)
    result = atRun(inner, text, base, base, run, final, result)
  const places = nested ? engine.innerPlaces : engine.places
  places.begin(text, base, run)
  for (let at = places.next(); at >= 0; at = places.next()) {
    if (places.state >= matcher.accepting) result = atState(engine, places.state, text, at, final, result)
    if (places.longRun && shapes) result = atRun(inner, text, base, at, minimumRun - 1, final, result)
  }
  if (final) return result
  run = places.endRun
  if (shapes && run > 0 && run < unseen) {
    result = noteShapes(inner, text, runAt(text, base, length - run, length, false, false), false, result)
  }
  const open = matcher.depths[places.endState] ?? 0
  for (const { before, keywords } of engine.befores) {
    for (const at of keywordStarts(text, keywords, open)) {
      const start = startBefore(before, text, at)
      if (start < base) continue
      result ??= emptyScan(length)
      result.hold = Math.min(result.hold, start)
    }
  }
  if (open > 0) {
    result ??= emptyScan(length)
    result.hold = Math.min(result.hold, length - open)
  }
  return result
}

/** Where a keyword may stand of which the text holds the first characters, or none yet. */
const keywordStarts = (text: string, keywords: ReadonlyArray<string>, open: number): ReadonlyArray<number> => {
  const starts = [text.length]
  for (let size = 1; size <= open; size++) {
    const end = text.slice(text.length - size).toLowerCase()
    if (keywords.some((keyword) => keyword.startsWith(end))) starts.push(text.length - size)
  }
  return starts
}

/** Of a text that was decoded, runs are not looked at again. */
const unseen = 1 << 24

/** What a text says that stands encoded in another one. */
export const insideOf =
  (engine: Engine): Inner =>
  (decoded, final) =>
    scan(engine, decoded, 0, final, undefined, true)

const atState = (
  engine: Engine,
  state: number,
  text: string,
  at: number,
  final: boolean,
  before: Scan | undefined,
): Scan | undefined => {
  let result = before
  for (const index of engine.matcher.outputs[state - engine.matcher.accepting] ?? []) {
    const keyword = engine.keywords[index]
    if (keyword !== undefined) result = atKeyword(engine, keyword, text, at + 1 - keyword.length, final, result)
  }
  return result
}

const atKeyword = (
  engine: Engine,
  keyword: Keyword,
  text: string,
  hit: number,
  final: boolean,
  before: Scan | undefined,
): Scan | undefined => {
  let result = before
  for (const candidate of keyword.candidates) {
    if (candidate.kind === "field" && !isSpelled(keyword, text, hit)) continue
    const outcome = decide(engine, candidate, keyword, text, hit, final)
    if (outcome === undefined) continue
    result ??= emptyScan(text.length)
    if (outcome === "more") result.hold = Math.min(result.hold, heldFrom(candidate, text, hit))
    else if (outcome === "escape") result.escaped = true
    else if (outcome === "told") result.told = true
    else if (outcome === "pem") pemAt(result, text, hit, final)
    else result.found.push(...outcome)
  }
  return result
}
