/** Decides whether the pattern of a rule matches at its keyword, seams and all. */
import { maximumMatch, type RedactionRule } from "../RedactionRule.ts"
import type { Span } from "./redactAssignment.ts"
import { credentialValue, entropy, isDummy, saidValue } from "./redactCredential.ts"
import { inDigest } from "./redactPrefix.ts"
import { wordBefore } from "./redactFieldName.ts"
import { joined, type Found } from "./redactFound.ts"
import { mostlyWords } from "./redactWords.ts"
import { searchBound } from "./redactPattern.ts"
import { isSeam } from "./redactSeam.ts"
import { windowAt, windowBound } from "./redactWindow.ts"

const blank = /\s/g
export const hasBlank = (text: string, from: number): boolean => {
  blank.lastIndex = from
  return blank.test(text)
}

export const decidePattern = (
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
  if (whole.length > 0 && rule.category === "token" && inDigest(text, hit)) return undefined
  if (end >= 0 ? !isSeam(text, end) : !mayGoOn(rule, text, hit)) return none
  const window = windowAt(
    text,
    hit,
    Math.max(end, hit + keyword),
    rule.reach ?? "word",
    (rule.reach !== "line" && end >= 0) || isBegun(rule, text, hit, keyword),
    final,
    undefined,
    keyword,
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

/** How much of an unfinished text may belong to a rule that looks before its keyword. */
const beforeBound = 40

export const startBefore = (before: RegExp, text: string, hit: number): number => {
  const found = before.exec(text.slice(Math.max(0, hit - beforeBound), hit))
  return found === null ? -1 : hit - found[0].length
}

/** A prefix that is no part of a word, or a login in an address, says that the rest of the line is part of a secret. */
const isBegun = (rule: RedactionRule, text: string, hit: number, keyword: number): boolean =>
  rule.reach === undefined &&
  ((keyword > 4 && rule.word === true && rule.category === "token") ||
    (keyword === 3 && loginBegun.test(text.slice(hit, hit + 160))))
const loginBegun = /^:\/\/[^\s:@/"'`]{1,64}:[^\s@/"'`\\]{2,64}(?:[\n\r\\]|$)/

const seam = /[\n\r"\\]/g
/** The last place that was asked for: all before it have the same seam behind them. */
const next = { text: "", from: 0, seam: -1 }
const seamBehind = (text: string, from: number): number => {
  if (next.text !== text || from < next.from || (next.seam >= 0 && from > next.seam)) {
    seam.lastIndex = from
    next.text = text
    next.from = from
    next.seam = seam.exec(text)?.index ?? -1
  }
  return next.seam
}

/** Whether a rule that does not match might, if the line went on. */
const mayGoOn = (rule: RedactionRule, text: string, hit: number): boolean => {
  if (rule.reach === undefined || rule.reach === "word") return true
  if (rule.open === undefined) return false
  const end = seamBehind(text, hit)
  if (end < 0 || end - hit > windowBound) return false
  rule.open.lastIndex = 0
  return rule.open.test(text.slice(hit, end))
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
  // What follows a backslash is the rest of an escape.
  if (start > hit && text.charCodeAt(start - 1) === 92) return { spans: [], end }
  if (rule.each === undefined) return { spans: passes(rule, inner) ? [{ start, end: start + inner.length }] : [], end }
  const spans = [...inner.matchAll(rule.each)]
    .filter((part) => text.charCodeAt(start + part.index - 1) !== 92 && passes(rule, part[0]))
    .map((part) => ({ start: start + part.index, end: start + part.index + part[0].length }))
  return { spans, end }
}

const isOpen = (rule: RedactionRule, text: string, hit: number, keyword: number): boolean => {
  if (rule.reach === undefined || rule.reach === "word") return !hasBlank(text, hit + keyword)
  if (rule.reach === "line" && text.includes("\n", hit + keyword)) return false
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
  if (secret.includes("[redacted:") || secret.includes("\u001b") || isDummy(secret)) return false
  if (rule.check !== undefined)
    return rule.check === "luhn" ? luhn(secret) : digits(secret) >= 8 && digits(secret) <= 15
  if (rule.allow?.test(secret) === true) return false
  if (rule.said === true) return saidValue(rule.value ?? "token", secret)
  if (rule.value !== undefined && !credentialValue(rule.value, secret, "bare")) return false
  if (rule.entropy === undefined) return true
  if (entropy(secret.slice(0, 256)) < rule.entropy) return false
  return rule.category !== "token" || rule.value !== undefined || !mostlyWords(secret)
}
