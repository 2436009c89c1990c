/** Masks the strings of JSON, in a decoded value and in a line, without touching anything else of either. */
import type { Redacted, RedactionSession } from "../RedactionSession.ts"
import { credentialValue } from "./redactCredential.ts"
import { credentialField, type Engine } from "./redactEngine.ts"
import { suspects } from "./redactSuspect.ts"
import { Tally } from "./redactTally.ts"
import { nothingFound, redactText, toCounts } from "./redactText.ts"

/** Deeper JSON inside strings of JSON is masked as text. */
const maximumNesting = 4

const parse = (line: string): { readonly json: unknown } | undefined => {
  try {
    return { json: JSON.parse(line) as unknown }
  } catch {
    return undefined
  }
}

/** A space, a tab or a line end. */
const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13

export const makeJson = (
  engine: Engine,
  fingerprint: (secret: string) => string,
): Pick<RedactionSession, "json" | "jsonLine"> => {
  const leaf = (text: string, field: string | undefined, counts: Tally, nesting: number): string => {
    const named = field === undefined ? undefined : credentialField(engine, field)
    if (named !== undefined && credentialValue(named.value, text, "quoted")) {
      const inner = redactText(engine, fingerprint, text)
      // A known value keeps its name.
      const known = inner.redactions.find(({ rule }) => rule.startsWith("known:"))
      if (known === undefined || inner.value.length > known.rule.length + 21) {
        const told = fingerprint(text)
        counts.note(engine.categories, named.rule, told)
        return `[redacted:${named.rule}#${told}]`
      }
    }
    const first = text.charCodeAt(0)
    if (nesting < maximumNesting && (first === 123 || first === 91 || first === 34) && text.includes("\\")) {
      if (parse(text) !== undefined) return rewrite(text, counts, nesting + 1)
    }
    const masked = redactText(engine, fingerprint, text)
    if (masked.redactions.length > 0) counts.addAll(masked.redactions)
    return masked.value
  }

  /** `line` is valid JSON: strings are found by their quotes alone. */
  const rewrite = (line: string, counts: Tally, nesting: number): string => {
    let result = ""
    let copied = 0
    let field: string | undefined
    // Inside a list the name of the list counts for its items; a new object ends it.
    const fields: Array<string | undefined> = []
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at)
      if (code === 91) fields.push(field)
      else if (code === 123) {
        fields.push(field)
        field = undefined
      } else if (code === 93 || code === 125) field = fields.pop()
      if (code !== 34) continue
      const start = at
      let escaped = false
      for (at++; at < line.length; at++) {
        const inner = line.charCodeAt(at)
        if (inner === 34) break
        if (inner === 92) {
          escaped = true
          at++
        }
      }
      const token = line.slice(start, at + 1)
      const decoded = escaped ? String(JSON.parse(token)) : token.slice(1, -1)
      let after = at + 1
      while (isSpace(line.charCodeAt(after))) after++
      const key = line.charCodeAt(after) === 58
      const masked = leaf(decoded, key ? undefined : field, counts, nesting)
      if (key) field = decoded
      if (masked !== decoded) {
        result += line.slice(copied, start) + JSON.stringify(masked)
        copied = at + 1
      }
    }
    return copied === 0 ? line : result + line.slice(copied)
  }

  const walk = (value: unknown, field: string | undefined, counts: Tally): unknown => {
    if (typeof value === "string") return leaf(value, field, counts, 0)
    if (Array.isArray(value)) {
      let copy: Array<unknown> | undefined
      for (let at = 0; at < value.length; at++) {
        const item: unknown = value[at]
        const masked = walk(item, field, counts)
        if (masked !== item) (copy ??= value.slice())[at] = masked
      }
      return copy ?? value
    }
    if (typeof value !== "object" || value === null) return value
    let changed = false
    const entries = Object.entries(value).map(([key, item]: [string, unknown]) => {
      const name = leaf(key, undefined, counts, maximumNesting)
      const masked = walk(item, key, counts)
      changed ||= name !== key || masked !== item
      return [name, masked] as const
    })
    return changed ? Object.fromEntries(entries) : value
  }

  return {
    json: (value): Redacted<unknown> => {
      const counts = new Tally()
      return { value: walk(value, undefined, counts), redactions: toCounts(counts) }
    },
    jsonLine: (line) => {
      const parsed = parse(line)
      if (parsed === undefined) return undefined
      if (!suspects(engine, line)) return { value: line, redactions: nothingFound, json: parsed.json }
      const counts = new Tally()
      const value = rewrite(line, counts, 0)
      if (value === line) return { value: line, redactions: nothingFound, json: parsed.json }
      return { value, redactions: toCounts(counts), json: JSON.parse(value) as unknown }
    },
  }
}
