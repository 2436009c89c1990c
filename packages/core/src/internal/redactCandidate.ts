/** Decides whether what may stand at a keyword does. */
import { matchAssignment } from "./redactAssignment.ts"
import { isPublic, nameEnd } from "./redactFieldName.ts"
import { columnOf } from "./redactColumn.ts"
import { mayBegin, type Credential } from "./redactCredential.ts"
import type { Candidate, Engine, Keyword } from "./redactEngine.ts"
import { joined, type Found } from "./redactFound.ts"
import { decidePattern, hasBlank, startBefore } from "./redactRule.ts"
import { isSeam, pastSeam } from "./redactSeam.ts"
import { windowAt } from "./redactWindow.ts"

const markBound = 128
const mark = /\[redacted:([\w:.-]{1,80})#[0-9a-f]{8}\]/y

export const decide = (
  engine: Engine,
  candidate: Candidate,
  keyword: Keyword,
  text: string,
  hit: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | "escape" | "pem" | undefined => {
  switch (candidate.kind) {
    case "field":
      return decideField(candidate, text, hit, keyword.length, final)
    case "pattern":
      return decidePattern(candidate.rule, candidate.pattern, candidate.order + 1, text, hit, keyword.length, final)
    case "known":
      return decideKnown(candidate, text, hit, final)
    case "mark": {
      mark.lastIndex = hit
      const rule = mark.exec(text)?.[1]
      if (rule !== undefined && (engine.ruleIds.has(rule) || rule.startsWith("known:"))) {
        return [{ hit, start: hit, end: mark.lastIndex, rule, order: -1, secret: "" }]
      }
      return !final && rule === undefined && text.length - hit < markBound && !hasBlank(text, hit) ? "more" : undefined
    }
    case "pem":
      return "pem"
    case "escape":
      return "escape"
    case "spelled":
      return undefined
  }
}

const decideField = (
  { order, rule, value }: Candidate & { readonly kind: "field" },
  text: string,
  hit: number,
  keyword: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | undefined => {
  const named = hit + keyword === text.length ? text.length : nameEnd(text, hit, hit + keyword)
  if (named < 0) return undefined
  const column = columnOf(text, hit, named, value, final)
  if (column === "more") return "more"
  if (column !== undefined) {
    return column.map(({ end, start }) => ({
      hit,
      start,
      end,
      rule: rule.id,
      order: order + 1,
      secret: text.slice(start, end),
    }))
  }
  const streamed = decideStreamed(rule.id, order, value, text, hit, named, keyword, final)
  if (streamed !== undefined) return streamed
  const place = matchAssignment(text, hit, hit + keyword, value, final, false)
  if (place === undefined || place === "more") return place
  if (isPublic(text, hit, named)) return undefined
  const { end, holds, start } = place
  const whole = holds
    ? [{ hit, start, end, rule: rule.id, order: order + 1, secret: text.slice(start, end) }]
    : undefined
  const cut = holds ? isSeam(text, end) : mayBegin(text, start, end, final)
  if (cut !== true) return cut === "more" ? cut : whole
  const before = text.charCodeAt(start - 1)
  const quote = before === 34 || before === 39 || before === 96 ? before : undefined
  // A sign of base64 or of a path says nothing of what is before it.
  const trusted = holds || (/[/+]/.test(text.slice(start, end)) && !text.startsWith("/", start))
  const window = windowAt(text, hit, end, "word", trusted, final, quote, keyword)
  if (window === undefined || window === "more") return window ?? whole
  const wider = matchAssignment(window.text, window.hit, window.hit + keyword, value, final || window.closed, false)
  if (wider === "more") return "more"
  if (wider?.holds !== true) return whole
  return joined(window, hit, wider.start, wider.end, rule.id, order + 1) ?? whole
}

/** Between the name and the end of the piece of a stream, the next piece holds the value. */
const pieceEnd = /(?:\\{1,8}["'`]|[^"\n\w]){0,8}"(?=[ \t]{0,4}[}\]])/y

/** Whether the text of a string of JSON ends with the name. */
export const endsPiece = (text: string, named: number): boolean => {
  pieceEnd.lastIndex = named
  return pieceEnd.test(text)
}

const decideStreamed = (
  rule: string,
  order: number,
  value: Credential,
  text: string,
  hit: number,
  named: number,
  keyword: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | undefined => {
  pieceEnd.lastIndex = named
  if (!pieceEnd.test(text)) return undefined
  const window = windowAt(text, hit, pieceEnd.lastIndex - 1, "string", true, final)
  if (window === undefined || window === "more") return window
  const place = matchAssignment(window.text, window.hit, window.hit + keyword, value, final || window.closed, false)
  if (place === "more") return "more"
  return place?.holds === true ? joined(window, hit, place.start, place.end, rule, order + 1) : undefined
}

/** What is undecided about a candidate begins here. */
export const heldFrom = (candidate: Candidate, text: string, hit: number): number => {
  if (candidate.kind !== "pattern" || candidate.rule.before === undefined) return hit
  const start = startBefore(candidate.rule.before, text, hit)
  return start < 0 ? hit : start
}

/** A known value may be cut into so many pieces. */
const maximumPieces = 48

/** The value as it is known, or with seams in it. */
const decideKnown = (
  { form: { text: form, value }, rule }: Candidate & { readonly kind: "known" },
  text: string,
  hit: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | undefined => {
  const pieces: Array<{ readonly start: number; readonly end: number }> = []
  let start = hit
  let at = hit
  for (let index = 0; index < form.length; index++) {
    if (at === text.length) return final ? undefined : "more"
    if (text.charCodeAt(at) === form.charCodeAt(index)) {
      at++
      continue
    }
    if (at === start || pieces.length === maximumPieces) return undefined
    const past = pastSeam(text, at, final)
    if (past === "more") return past
    if (past < 0) return undefined
    pieces.push({ start, end: at })
    start = at = past
    index--
  }
  pieces.push({ start, end: at })
  return pieces.map((piece, index) => ({
    hit,
    ...piece,
    rule,
    order: 0,
    secret: value,
    ...(index === 0 ? {} : { tail: true as const }),
  }))
}
