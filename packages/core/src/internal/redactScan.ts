/** Finds what must be masked in a text, and how much of an unfinished text can be decided already. */
import { maximumMatch, type RedactionRule } from "../RedactionRule.ts"
import {
  credentialName,
  credentialValue,
  entropy,
  matchAssignment,
  wordBefore,
  type Credential,
} from "./redactAssignment.ts"
import { knownForms, type KnownForm } from "./redactKnown.ts"
import { makeMatcher, type Matcher } from "./redactMatcher.ts"
import { continuePem, matchPem } from "./redactPem.ts"

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

/** Patterns and fields look back no further than this. */
export const lookBehind = 32

const pemRule = "private-key"
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
  add("\u001b", { kind: "escape" })
  add("[redacted:", { kind: "mark" })
  add("-----begin ", { kind: "pem" })
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
    ruleIds: new Set([pemRule, ...rules.map(({ id }) => id)]),
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
export const scan = (engine: Engine, text: string, base: number, final: boolean, resume?: number): Scan | undefined => {
  const { accepting, classes, next, outputs, shift } = engine.matcher
  const length = text.length
  let result: Scan | undefined
  let state = 0
  if (resume !== undefined) {
    result = { found: [], hold: length, escaped: false, resume: undefined }
    pemFrom(result, text, -1, resume, final)
  }
  for (let at = base; at < length; at++) {
    const code = text.charCodeAt(at)
    state = next[(state << shift) | (classes[code < 128 ? code : 128] as number)] as number
    if (state >= accepting) {
      for (const index of outputs[state - accepting] ?? []) {
        const keyword = engine.keywords[index]
        if (keyword === undefined) continue
        result = atKeyword(engine, keyword, text, at + 1 - keyword.length, final, result)
      }
    }
  }
  const open = final ? 0 : (engine.matcher.depths[state] ?? 0)
  if (open > 0) {
    result ??= { found: [], hold: length, escaped: false, resume: undefined }
    result.hold = Math.min(result.hold, length - open)
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
    result ??= { found: [], hold: text.length, escaped: false, resume: undefined }
    if (outcome === "more") result.hold = Math.min(result.hold, hit)
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
    case "field": {
      const span = matchAssignment(text, hit, hit + keyword.length, candidate.value, final, false)
      if (span === undefined || span === "more") return span
      const { start, end } = span
      return [{ hit, start, end, rule: candidate.rule.id, order: candidate.order + 1, secret: text.slice(start, end) }]
    }
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
  if (!final && text.length - hit < maximumMatch && isOpen(rule, text, hit, keyword)) return "more"
  pattern.lastIndex = hit
  const match = pattern.exec(text)
  if (match === null) return undefined
  const inner = rule.group === 0 ? match[0] : (match[1] ?? match[0])
  const start = hit + (inner === match[0] ? 0 : match[0].lastIndexOf(inner))
  const found: Array<Found> = []
  if (rule.each === undefined) {
    if (passes(rule, inner)) found.push({ hit, start, end: start + inner.length, rule: rule.id, order, secret: inner })
  } else {
    for (const part of inner.matchAll(rule.each)) {
      const from = start + part.index
      const secret = part[0]
      if (passes(rule, secret))
        found.push({ hit, start: from, end: from + secret.length, rule: rule.id, order, secret })
    }
  }
  return found.length === 0 ? undefined : found
}

const isOpen = (rule: RedactionRule, text: string, hit: number, keyword: number): boolean => {
  if (rule.reach !== "line") return !hasBlank(text, hit + keyword)
  if (text.includes("\n", hit + keyword)) return false
  if (rule.open === undefined) return true
  rule.open.lastIndex = hit
  return rule.open.test(text)
}

const passes = (rule: RedactionRule, secret: string): boolean => {
  if (secret.includes("[redacted:")) return false
  if (rule.allow?.test(secret) === true) return false
  if (rule.value !== undefined && !credentialValue(rule.value, secret, "bare")) return false
  return rule.entropy === undefined || entropy(secret) >= rule.entropy
}

const pemAt = (result: Scan, text: string, hit: number, final: boolean): void => {
  const match = matchPem(text, hit, final)
  if (match === undefined) return
  if (match === "more") {
    result.hold = Math.min(result.hold, hit)
    return
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

const pushPem = (result: Scan, text: string, hit: number, start: number, end: number): void => {
  const secret = text.slice(start, end).replace(/\\[rn]|[^A-Za-z0-9+/=]/g, "")
  result.found.push({ hit, start, end, rule: pemRule, order: 1, secret })
}

/**
 * Whether the decoded strings of a line of JSON might hold something, judged by the line itself: never false when they
 * do. A line with an escaped ASCII character is always suspected.
 */
export const suspects = (engine: Engine, line: string): boolean => {
  const { accepting, classes, next, outputs, shift } = engine.matcher
  let state = 0
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === 92) {
      const escaped = line.charCodeAt(at + 1)
      if (escaped === 117 || escaped === 47) return true
    }
    state = next[(state << shift) | (classes[code < 128 ? code : 128] as number)] as number
    if (state >= accepting) {
      for (const index of outputs[state - accepting] ?? []) {
        const keyword = engine.keywords[index]
        if (keyword !== undefined && suspectsAt(engine, keyword, line, at + 1 - keyword.length)) return true
      }
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
    state = next[(state << shift) | (classes[code < 128 ? code : 128] as number)] as number
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
