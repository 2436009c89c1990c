/** Decides whether what may stand at a keyword does. */
import { matchAssignment } from "./redactAssignment.ts"
import { isPublic, nameEnd } from "./redactFieldName.ts"
import { columnOf } from "./redactColumn.ts"
import { mayBegin, type Credential } from "./redactCredential.ts"
import type { Candidate, Engine, Keyword } from "./redactEngine.ts"
import { joined, type Found } from "./redactFound.ts"
import { decidePattern, hasBlank, startBefore } from "./redactRule.ts"
import { isSeam, knownSeams } from "./redactSeam.ts"
import { lookBehind } from "./redactShape.ts"
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
): ReadonlyArray<Found> | "more" | "escape" | "pem" | "told" | undefined => {
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
    case "told":
      // Where the quote is escaped, the record is inside a string.
      return text.charCodeAt(hit + keyword.length - 1) === 34 ? "told" : undefined
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
/** So often a backslash or a sign may be the value's as well as a seam's. */
const maximumChoices = 64

/** The value as it is known, or with seams in it. */
const decideKnown = (
  { form: { lead, text: form, value }, rule }: Candidate & { readonly kind: "known" },
  text: string,
  hit: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | undefined => {
  if (lead !== "" && !isCutBefore(text, hit, lead)) return undefined
  /** What may be tried when this fails: how far the form is told, and the pieces so far, the last of them open. */
  const choices = [{ index: 0, at: hit, cuts: [hit] }]
  let more = false
  let tries = 0
  for (let choice = choices.pop(); choice !== undefined && tries < maximumChoices; choice = choices.pop()) {
    tries++
    let { at, index } = choice
    const { cuts } = choice
    for (; index < form.length; index++) {
      const code = text.charCodeAt(at)
      const same = at < text.length && code === form.charCodeAt(index)
      if (same && code !== 92) {
        at++
        continue
      }
      if (at === text.length) {
        more ||= !final
        break
      }
      if (at > (cuts.at(-1) ?? hit) && cuts.length < 2 * maximumPieces) {
        const past = knownSeams(text, at, final)
        if (past === "more") more = true
        else for (const next of past) choices.push({ index, at: next, cuts: [...cuts, at, next] })
      }
      const size = same ? 1 : spelledSize(text, at, form.charCodeAt(index))
      if (size === 0) {
        more ||= !final && isSpelledOpen(text, at)
        break
      }
      at += size
    }
    if (index < form.length) continue
    // What comes before this in order may be told by more text.
    if (more) break
    const ends = [...cuts.slice(1), at]
    return Array.from({ length: (cuts.length + 1) / 2 }, (_, piece) => ({
      hit,
      start: cuts[2 * piece] ?? hit,
      end: ends[2 * piece] ?? at,
      rule,
      order: 0,
      secret: value,
      ...(piece === 0 ? {} : { tail: true as const }),
    }))
  }
  return more ? "more" : undefined
}

const spelledChar =
  /%(?:25)?(?<hex>[2-7][0-9a-f])|&(?:amp;)?(?:#x0{0,4}(?<code>[2-7][0-9a-f])|#0{0,4}(?<number>\d{2,3})|(?<name>amp|lt|gt|quot|apos));/iy
const spelledNames: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }

/** How long the character is where it is encoded; 0 where another stands. */
const spelledSize = (text: string, at: number, code: number): number => {
  const first = text.charCodeAt(at)
  if (first !== 37 && first !== 38) return 0
  spelledChar.lastIndex = at
  const groups = spelledChar.exec(text)?.groups
  if (groups === undefined) return 0
  const { code: hexCode, hex = hexCode, name, number } = groups
  const told =
    name === undefined
      ? hex === undefined
        ? Number(number)
        : Number.parseInt(hex, 16)
      : spelledNames[name.toLowerCase()]?.charCodeAt(0)
  return told === code ? spelledChar.lastIndex - at : 0
}

/** Whether an encoded character may go on behind the text. */
const isSpelledOpen = (text: string, at: number): boolean =>
  text.length - at < 14 && /^(?:%[0-9a-f]*|&[a-z\d#;]*)$/i.test(text.slice(at))

/** Whether `lead` stands before the seam that ends at `hit`. */
const isCutBefore = (text: string, hit: number, lead: string): boolean => {
  for (let at = hit - 1; at >= Math.max(lead.length, hit - lookBehind + lead.length); at--) {
    if (text.startsWith(lead, at - lead.length)) {
      const past = knownSeams(text, at, true)
      if (past !== "more" && past.includes(hit)) return true
    }
  }
  return false
}
