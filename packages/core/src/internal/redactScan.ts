/** Finds what must be masked in a text, and how much of an unfinished text can be decided already. */
import { maximumMatch, type RedactionRule } from "../RedactionRule.ts"
import {
  credentialName,
  credentialValue,
  entropy,
  isDummy,
  matchAssignment,
  mayBegin,
  saidValue,
  wordBefore,
  type Credential,
  type Span,
} from "./redactAssignment.ts"
import { knownForms, type KnownForm } from "./redactKnown.ts"
import { makeMatcher, type Matcher } from "./redactMatcher.ts"
import { continuePem, matchPem } from "./redactPem.ts"
import { searchBound } from "./redactPattern.ts"
import { originals, windowAt, windowBound, type Window } from "./redactSeam.ts"
import {
  cutToken,
  lookBehind,
  minimumRun,
  minimumToken,
  runAt,
  runBefore,
  runEnd,
  type Shapes,
  wholeToken,
} from "./redactShape.ts"
import { viewKeywords } from "./redactView.ts"

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

type Candidate =
  | { readonly kind: "pattern"; readonly rule: RedactionRule; readonly pattern: RegExp; readonly order: number }
  | { readonly kind: "field"; readonly rule: RedactionRule; readonly value: Credential; readonly order: number }
  | { readonly kind: "known"; readonly form: KnownForm; readonly rule: string }
  | { readonly kind: "pem" }
  | { readonly kind: "mark" }
  | { readonly kind: "escape" }

interface Keyword {
  readonly length: number
  readonly candidates: ReadonlyArray<Candidate>
}

const pemRule = "private-key"
const shapeRule = "prefixed-token"
/** Any rule that has a name for it goes before. */
const shapeOrder = 100_000
const knownKey = 10
const markBound = 128
const mark = /\[redacted:([\w:.-]{1,80})#[0-9a-f]{8}\]/y
const blank = /\s/g
/** Spaces or a name that a mark cannot hold become `_`. */
const knownRule = (name: string): string => `known:${name.replace(/[^\w.-]+/g, "_").slice(0, 64)}`

export interface Engine {
  readonly matcher: Matcher
  readonly keywords: ReadonlyArray<Keyword>
  readonly ruleIds: ReadonlySet<string>
  /** By rule, for the audit. */
  readonly categories: ReadonlyMap<string, string>
  /** The end of a text may belong to a keyword that has not come yet. */
  readonly befores: ReadonlyArray<RegExp>
}

export const makeEngine = (
  rules: ReadonlyArray<RedactionRule>,
  known: ReadonlyArray<{ readonly name: string; readonly value: string }>,
): Engine => {
  const byKeyword = new Map<string, Array<Candidate>>()
  const add = (keyword: string, candidate: Candidate) => {
    const folded = keyword.replace(/[A-Z]/g, (char) => char.toLowerCase())
    const list = byKeyword.get(folded)
    if (list === undefined) byKeyword.set(folded, [candidate])
    else list.push(candidate)
  }
  for (const keyword of viewKeywords) add(keyword, { kind: "escape" })
  add("[redacted:", { kind: "mark" })
  add("-----begin ", { kind: "pem" })
  add("private-lines: ", { kind: "pem" })
  rules.forEach((rule, order) => {
    for (const keyword of rule.keywords) {
      if (rule.pattern !== undefined) add(keyword, { kind: "pattern", rule, pattern: new RegExp(rule.pattern), order })
      else add(keyword, { kind: "field", rule, value: rule.value ?? "token", order })
    }
  })
  for (const form of knownForms(known)) {
    add(form.text.slice(0, knownKey), { kind: "known", form, rule: knownRule(form.name) })
  }
  const words = [...byKeyword.keys()]
  return {
    matcher: makeMatcher(words),
    keywords: words.map((word) => ({ length: word.length, candidates: byKeyword.get(word) ?? [] })),
    befores: rules.flatMap(({ before }) => (before === undefined ? [] : [before])),
    ruleIds: new Set([pemRule, shapeRule, ...rules.map(({ id }) => id)]),
    categories: new Map(rules.map(({ id, category }) => [id, category])),
  }
}

export interface Scan {
  readonly found: Array<Found>
  /** From here on the text is undecided; its length when nothing is. */
  hold: number
  escaped: boolean
  /** Where a private key block goes on whose start is no longer in the text, and the hit that it belongs to. */
  resume: { readonly at: number; readonly hit: number } | undefined
}

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
  const { matcher } = engine
  const length = text.length
  let result: Scan | undefined
  if (resume !== undefined) {
    result = emptyScan(length)
    pemFrom(result, text, -1, resume, final)
  }
  let run = nested ? unseen : runBefore(text, base)
  if (run >= minimumRun && run < unseen && base < length) result = atRun(engine, text, base, base, run, final, result)
  const place: Place = { state: 0, run }
  for (let at = advance(matcher, text, base, place); at < length; at = advance(matcher, text, at + 1, place)) {
    if (place.state >= matcher.accepting) result = atState(engine, place.state, text, at, final, result)
    if (place.run === minimumRun) result = atRun(engine, text, base, at, minimumRun - 1, final, result)
  }
  run = place.run
  if (final) return result
  if (run > 0 && run < unseen) {
    result = noteShapes(engine, text, runAt(text, base, length - run, length, false), result)
  }
  for (const before of engine.befores) {
    const start = startBefore(before, text, length)
    if (start >= base) {
      result ??= emptyScan(length)
      result.hold = Math.min(result.hold, start)
    }
  }
  const open = matcher.depths[place.state] ?? 0
  if (open > 0) {
    result ??= emptyScan(length)
    result.hold = Math.min(result.hold, length - open)
  }
  return result
}

const unseen = 1 << 24

interface Place {
  state: number
  run: number
}

/**
 * To the next character at which a keyword ends or a run gets long; the length of the text when there is none. Alone in
 * its function, so that all it needs stays in registers.
 */
const advance = (matcher: Matcher, text: string, from: number, place: Place): number => {
  const { accepting, classes, next, shift } = matcher
  const length = text.length
  let { run, state } = place
  let at = from
  for (; at < length; at++) {
    const code = text.charCodeAt(at)
    const kind = classes[code < 128 ? code : 128] as number
    state = next[(state << shift) | (kind & 127)] as number
    // Counted beside the automaton, whose steps wait for each other, this costs next to nothing.
    run = (run + 1) & -(kind >> 7)
    if (state >= accepting || run === minimumRun) break
  }
  place.state = state
  place.run = run
  return at
}

const emptyScan = (length: number): Scan => ({ found: [], hold: length, escaped: false, resume: undefined })

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

/** Of a run that goes on behind the text, the end of the scan takes care. */
const atRun = (
  engine: Engine,
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
  return end - start < minimumToken ? result : noteShapes(engine, text, runAt(text, base, start, end, true), result)
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

const noteShapes = (
  engine: Engine,
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
    const inner =
      decoded === undefined
        ? { rule: shapeRule, secret: text.slice(start, end) }
        : scan(engine, decoded, 0, true, undefined, true)?.found.find(({ order }) => order >= 0)
    if (inner === undefined) continue
    result ??= emptyScan(text.length)
    result.found.push({ hit: start, start, end, rule: inner.rule, order: shapeOrder, secret: inner.secret })
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
    const outcome = decide(engine, candidate, keyword, text, hit, final)
    if (outcome === undefined) continue
    result ??= emptyScan(text.length)
    if (outcome === "more") result.hold = Math.min(result.hold, heldFrom(candidate, text, hit))
    else if (outcome === "escape") result.escaped = true
    else if (outcome === "pem") pemAt(result, text, hit, final)
    else result.found.push(...outcome)
  }
  return result
}

const decide = (
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
    case "known": {
      const { text: form, value } = candidate.form
      if (text.startsWith(form, hit)) {
        return [{ hit, start: hit, end: hit + form.length, rule: candidate.rule, order: 0, secret: value }]
      }
      if (final || text.length - hit >= form.length) return undefined
      return form.startsWith(text.slice(hit)) ? "more" : undefined
    }
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
  }
}

const hasBlank = (text: string, from: number): boolean => {
  blank.lastIndex = from
  return blank.test(text)
}

const decideField = (
  { order, rule, value }: Candidate & { readonly kind: "field" },
  text: string,
  hit: number,
  keyword: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | undefined => {
  const place = matchAssignment(text, hit, hit + keyword, value, final, false)
  if (place === undefined || place === "more") return place
  const { end, holds, start } = place
  const whole = holds
    ? [{ hit, start, end, rule: rule.id, order: order + 1, secret: text.slice(start, end) }]
    : undefined
  const cut = holds ? isSeam(text, end) : mayBegin(text, start, end, final)
  if (cut !== true) return cut === "more" ? cut : whole
  const window = windowAt(text, hit, end, "word", holds, final)
  if (window === undefined || window === "more") return window ?? whole
  const wider = matchAssignment(window.text, window.hit, window.hit + keyword, value, final || window.closed, false)
  if (wider === "more") return "more"
  if (wider?.holds !== true) return whole
  return joined(window, hit, wider.start, wider.end, rule.id, order + 1) ?? whole
}

/** What was found in a window, as pieces of the original; undefined when there is no seam in it. */
const joined = (
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

const decidePattern = (
  rule: RedactionRule,
  pattern: RegExp,
  order: number,
  text: string,
  hit: number,
  keyword: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | undefined => {
  if (rule.word === true && wordBefore(text, hit)) return undefined
  if (rule.search !== undefined) return decideSearch(rule, rule.search, pattern, order, text, hit, final)
  if (!final && text.length - hit < maximumMatch && isOpen(rule, text, hit, keyword)) return "more"
  const { end, spans } = matchPattern(rule, pattern, text, hit)
  const first = rule.before === undefined ? hit : startBefore(rule.before, text, hit)
  if (first < 0) return undefined
  const whole = spans.map((span) => ({
    hit: first,
    start: first < hit ? first : span.start,
    end: span.end,
    rule: rule.id,
    order,
    secret: text.slice(first < hit ? first : span.start, span.end),
  }))
  const none = whole.length === 0 ? undefined : whole
  if (end >= 0 ? !isSeam(text, end) : !mayGoOn(rule, text, hit)) return none
  const window = windowAt(
    text,
    hit,
    Math.max(end, hit + keyword),
    rule.reach ?? "word",
    rule.reach !== "line" && end >= 0,
    final,
  )
  if (window === "more") return "more"
  if (window === undefined) return none
  if (!final && !window.closed && window.text.length - window.hit < windowBound) return "more"
  const wider = matchPattern(rule, pattern, window.text, window.hit).spans
  const found = wider.flatMap((span) => joined(window, hit, span.start, span.end, rule.id, order) ?? [])
  if (found.length === 0) return none
  return [...whole.filter(({ start }) => found.every((part) => part.start !== start)), ...found]
}

/** Before the keyword, a pattern of a user may begin this much earlier. */
const searchBehind = 16

const decideSearch = (
  rule: RedactionRule,
  { allow, group }: NonNullable<RedactionRule["search"]>,
  pattern: RegExp,
  order: number,
  text: string,
  hit: number,
  final: boolean,
): ReadonlyArray<Found> | "more" | undefined => {
  const newline = text.indexOf("\n", hit)
  const end = Math.min(newline < 0 ? text.length : newline, hit + searchBound)
  if (!final && newline < 0 && text.length - hit < searchBound) return "more"
  const back = Math.max(0, hit - searchBehind)
  const line = text.slice(back, end)
  for (let at = hit - back; at >= 0; at--) {
    pattern.lastIndex = at
    const match = pattern.exec(line)
    const secret = match?.[group]
    if (match === null || secret === undefined || secret === "") continue
    const from = at + (secret === match[0] ? 0 : match[0].lastIndexOf(secret))
    const start = Math.max(back + from, hit)
    const stop = back + from + secret.length
    if (stop <= start || secret.includes("[redacted:") || allow.some((allowed) => allowed.test(secret))) continue
    if (rule.entropy !== undefined && entropy(secret.slice(0, 256)) < rule.entropy) continue
    return [{ hit, start, end: stop, rule: rule.id, order, secret }]
  }
  return undefined
}

/** A seam may begin with this. */
const isSeam = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code === 10 || code === 13 || code === 34 || code === 92
}

const heldFrom = (candidate: Candidate, text: string, hit: number): number => {
  if (candidate.kind !== "pattern" || candidate.rule.before === undefined) return hit
  const start = startBefore(candidate.rule.before, text, hit)
  return start < 0 ? hit : start
}

/** How much of an unfinished text may belong to a rule that looks before its keyword. */
const beforeBound = 40

const startBefore = (before: RegExp, text: string, hit: number): number => {
  const found = before.exec(text.slice(Math.max(0, hit - beforeBound), hit))
  return found === null ? -1 : hit - found[0].length
}

const seam = /[\n\r"\\]/g

/** Whether a rule that does not match might, if the line went on. */
const mayGoOn = (rule: RedactionRule, text: string, hit: number): boolean => {
  if (rule.reach !== "line") return true
  if (rule.open === undefined) return false
  seam.lastIndex = hit
  const found = seam.exec(text)
  if (found === null || found.index - hit > windowBound) return false
  rule.open.lastIndex = 0
  return rule.open.test(text.slice(hit, found.index))
}

const matchPattern = (
  rule: RedactionRule,
  pattern: RegExp,
  text: string,
  hit: number,
): { readonly spans: ReadonlyArray<Span>; readonly end: number } => {
  pattern.lastIndex = hit
  const match = pattern.exec(text)
  if (match === null) return { spans: [], end: -1 }
  const group = rule.group === 0 ? match[0] : (match[1] ?? match[0])
  const start = hit + (group === match[0] ? 0 : match[0].lastIndexOf(group))
  const end = hit + match[0].length
  const inner = rule.said === true ? group.replace(/[.,;:!?*_]+$/, "") : group
  if (rule.each === undefined) return { spans: passes(rule, inner) ? [{ start, end: start + inner.length }] : [], end }
  const spans = [...inner.matchAll(rule.each)]
    .filter(([part]) => passes(rule, part))
    .map((part) => ({ start: start + part.index, end: start + part.index + part[0].length }))
  return { spans, end }
}

const isOpen = (rule: RedactionRule, text: string, hit: number, keyword: number): boolean => {
  if (rule.reach !== "line") return !hasBlank(text, hit + keyword)
  if (text.includes("\n", hit + keyword)) return false
  if (rule.open === undefined) return true
  rule.open.lastIndex = hit
  return rule.open.test(text)
}

const digits = (text: string): number => text.replace(/\D/g, "").length

const luhn = (text: string): boolean => {
  const all = text.replace(/\D/g, "")
  let sum = 0
  for (let at = 0; at < all.length; at++) {
    const digit = Number(all.charAt(all.length - 1 - at)) * (at % 2 === 0 ? 1 : 2)
    sum += digit > 9 ? digit - 9 : digit
  }
  return all.length >= 13 && sum % 10 === 0
}

const passes = (rule: RedactionRule, secret: string): boolean => {
  if (secret.includes("[redacted:") || isDummy(secret)) return false
  if (rule.check !== undefined)
    return rule.check === "luhn" ? luhn(secret) : digits(secret) >= 8 && digits(secret) <= 15
  if (rule.said === true) return saidValue(rule.value ?? "token", secret)
  if (rule.allow?.test(secret) === true) return false
  if (rule.value !== undefined && !credentialValue(rule.value, secret, "bare")) return false
  return rule.entropy === undefined || entropy(secret.slice(0, 256)) >= rule.entropy
}

const pemAt = (result: Scan, text: string, hit: number, final: boolean): void => {
  const match = matchPem(text, hit, final)
  if (match === undefined) return
  // A streamed string may cut it: then the rest is in the next one.
  const window = match === "more" ? undefined : windowAt(text, hit, hit, "string", true, final)
  const wider =
    window === undefined || window === "more" ? window : matchPem(window.text, window.hit, final || window.closed)
  if (match === "more" || wider === "more") {
    result.hold = Math.min(result.hold, hit)
    return
  }
  if (window !== undefined && window !== "more" && wider !== undefined) {
    const found = joined(window, hit, window.hit, wider.end, pemRule, 1)
    if (found !== undefined) {
      const secret = pemSecret(window.text.slice(window.hit, wider.end))
      result.found.push(...found.map((piece) => ({ ...piece, secret })))
      return
    }
  }
  pushPem(result, text, hit, hit, match.end)
  if (match.over) pemFrom(result, text, hit, match.end, final)
}

/** A block beyond its bound is masked on, piece by piece. */
const pemFrom = (result: Scan, text: string, hit: number, from: number, final: boolean): void => {
  let at = from
  for (;;) {
    const match = continuePem(text, at, final, false)
    if (match === "more") {
      result.hold = Math.min(result.hold, at)
      result.resume = { at, hit }
      return
    }
    if (match === undefined || match.end === at) return
    pushPem(result, text, hit, at, match.end)
    if (!match.over) return
    at = match.end
  }
}

const pemSecret = (block: string): string => block.replace(/\\[rn]|[^A-Za-z0-9+/=]/g, "")

const pushPem = (result: Scan, text: string, hit: number, start: number, end: number): void => {
  const secret = pemSecret(text.slice(start, end))
  result.found.push({ hit, start, end, rule: pemRule, order: 1, secret })
}

/**
 * Whether the decoded strings of a line of JSON might hold something, judged by the line itself: never false when they
 * do. A line with an escaped ASCII character is always suspected.
 */
export const suspects = (engine: Engine, line: string): boolean => {
  const { matcher } = engine
  if (line.includes("\\u") || line.includes("\\/")) return true
  const place: Place = { state: 0, run: 0 }
  for (let at = advance(matcher, line, 0, place); at < line.length; at = advance(matcher, line, at + 1, place)) {
    if (place.run === minimumRun && atRun(engine, line, 0, at, minimumRun - 1, true, undefined) !== undefined)
      return true
    if (place.state < matcher.accepting) continue
    for (const index of matcher.outputs[place.state - matcher.accepting] ?? []) {
      const keyword = engine.keywords[index]
      if (keyword !== undefined && suspectsAt(engine, keyword, line, at + 1 - keyword.length)) return true
    }
  }
  return false
}

const suspectsAt = (engine: Engine, keyword: Keyword, line: string, hit: number): boolean =>
  keyword.candidates.some((candidate) => {
    if (candidate.kind === "field") {
      return matchAssignment(line, hit, hit + keyword.length, candidate.value, true, true) !== undefined
    }
    if (candidate.kind === "mark" || candidate.kind === "pem" || candidate.kind === "escape") return true
    if (candidate.kind === "pattern" && candidate.rule.reach === "line") {
      if (candidate.rule.open === undefined) return true
      const { open, pattern } = candidate.rule
      open.lastIndex = hit
      if (open.test(line)) return true
      if (pattern === undefined) return false
      pattern.lastIndex = hit
      return pattern.test(line)
    }
    return decide(engine, candidate, keyword, line, hit, true) !== undefined
  })

/** What a field of this name must hold, if it is named like a credential. */
export const credentialField = (
  engine: Engine,
  name: string,
): { readonly rule: string; readonly order: number; readonly value: Credential } | undefined => {
  const { accepting, classes, next, outputs, shift } = engine.matcher
  if (name.length > 80) return undefined
  let state = 0
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    state = next[(state << shift) | ((classes[code < 128 ? code : 128] as number) & 127)] as number
    if (state < accepting) continue
    for (const index of outputs[state - accepting] ?? []) {
      const keyword = engine.keywords[index]
      for (const candidate of keyword?.candidates ?? []) {
        if (candidate.kind !== "field" || keyword === undefined) continue
        if (credentialName(name, at + 1 - keyword.length, at + 1)) {
          return { rule: candidate.rule.id, order: candidate.order + 1, value: candidate.value }
        }
      }
    }
  }
  return undefined
}
