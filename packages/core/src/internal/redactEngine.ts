/** The rules and known values as keywords of one automaton, and what may stand at each. */
import type { RedactionRule } from "../RedactionRule.ts"
import type { Credential } from "./redactCredential.ts"
import { credentialName } from "./redactFieldName.ts"
import { knownForms, knownKey, type KnownForm } from "./redactKnown.ts"
import { makeMatcher, type Matcher } from "./redactMatcher.ts"
import { Places } from "./redactPlaces.ts"
import { tellingEnds } from "./redactRecord.ts"
import { viewKeywords } from "./redactView.ts"

export type Candidate =
  | { readonly kind: "pattern"; readonly rule: RedactionRule; readonly pattern: RegExp; readonly order: number }
  | { readonly kind: "field"; readonly rule: RedactionRule; readonly value: Credential; readonly order: number }
  | { readonly kind: "known"; readonly form: KnownForm; readonly rule: string }
  | { readonly kind: "pem" }
  | { readonly kind: "mark" }
  | { readonly kind: "escape" }
  /** The end of a name or of a kind by which a line of JSON tells of a piece of a text. */
  | { readonly kind: "told" }
  /** In JSON, a character that is spelled out. */
  | { readonly kind: "spelled" }

export interface Keyword {
  readonly length: number
  readonly candidates: ReadonlyArray<Candidate>
  /** Where it holds letters that the automaton does not tell apart. */
  readonly exact: string | undefined
}

/** Whether the keyword that was hit stands there indeed. */
export const isSpelled = ({ exact, length }: Keyword, text: string, hit: number): boolean =>
  exact === undefined || text.slice(hit, hit + length).toLowerCase() === exact

export const pemRule = "private-key"
export const shapeRule = "prefixed-token"
/** Spaces or a name that a mark cannot hold become `_`. */
const knownRule = (name: string): string => `known:${name.replace(/[^\w.-]+/g, "_").slice(0, 64)}`

export interface Engine {
  readonly matcher: Matcher
  /** Walks a text, and what is decoded in it meanwhile. */
  readonly places: Places
  readonly innerPlaces: Places
  readonly keywords: ReadonlyArray<Keyword>
  readonly ruleIds: ReadonlySet<string>
  /** The known values alone, if there are any: these are looked for in whatever may be a piece of a text. */
  readonly knownOnly: Engine | undefined
  /** Whether what is told by its form alone is looked for: without the text around it, that would be a guess. */
  readonly shapes: boolean
  /** By rule, for the audit. */
  readonly categories: ReadonlyMap<string, string>
  /** The end of a text may belong to a keyword that has not come yet. */
  readonly befores: ReadonlyArray<{ readonly before: RegExp; readonly keywords: ReadonlyArray<string> }>
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
  for (const keyword of tellingEnds) for (const quote of ['"', "\\"]) add(`${keyword}${quote}`, { kind: "told" })
  for (const keyword of ["\\u", "\\/"]) add(keyword, { kind: "spelled" })
  add("[redacted:", { kind: "mark" })
  const shapes = rules.length > 0
  if (shapes) for (const keyword of ["-----begin ", "private-lines: "]) add(keyword, { kind: "pem" })
  rules.forEach((rule, order) => {
    for (const keyword of rule.keywords) {
      if (rule.pattern !== undefined) add(keyword, { kind: "pattern", rule, pattern: new RegExp(rule.pattern), order })
      else add(keyword, { kind: "field", rule, value: rule.value ?? "token", order })
    }
  })
  for (const form of knownForms(known)) {
    add(knownKey(form), { kind: "known", form, rule: knownRule(form.name) })
  }
  const words = [...byKeyword.keys()]
  const matcher = makeMatcher(words)
  return {
    matcher,
    places: new Places(matcher),
    innerPlaces: new Places(matcher),
    keywords: words.map((word) => ({
      length: word.length,
      candidates: byKeyword.get(word) ?? [],
      exact: /[^\0-\x7f]/.test(word) ? word.toLowerCase() : undefined,
    })),
    befores: rules.flatMap(({ before, keywords }) =>
      before === undefined ? [] : [{ before, keywords: keywords.map((keyword) => keyword.toLowerCase()) }],
    ),
    shapes,
    knownOnly: rules.length === 0 || known.length === 0 ? undefined : makeEngine([], known),
    ruleIds: new Set([pemRule, shapeRule, ...rules.map(({ id }) => id)]),
    categories: new Map(rules.map(({ id, category }) => [id, category])),
  }
}

/** What a field of this name must hold, if it is named like a credential. */
export const credentialField = (
  engine: Engine,
  name: string,
): { readonly rule: string; readonly order: number; readonly value: Credential } | undefined => {
  const { accepting, bytes, classes, next, outputs, shift } = engine.matcher
  if (name.length > 80) return undefined
  let state = 0
  for (let at = 0; at < name.length; at++) {
    const byte = bytes[name.charCodeAt(at)] as number
    state = next[(state << shift) | ((classes[byte] as number) & 127)] as number
    if (state < accepting) continue
    for (const index of outputs[state - accepting] ?? []) {
      const keyword = engine.keywords[index]
      for (const candidate of keyword?.candidates ?? []) {
        if (candidate.kind !== "field" || keyword === undefined) continue
        if (!isSpelled(keyword, name, at + 1 - keyword.length)) continue
        if (credentialName(name, at + 1 - keyword.length, at + 1)) {
          return { rule: candidate.rule.id, order: candidate.order + 1, value: candidate.value }
        }
      }
    }
  }
  return undefined
}
