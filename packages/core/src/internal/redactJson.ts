/** Masks the strings of JSON, in a decoded value and in a line, without touching anything else of either. */
import type { Redacted, RedactedLine, RedactionSession } from "../RedactionSession.ts"
import { credentialValue } from "./redactCredential.ts"
import { credentialField, type Engine } from "./redactEngine.ts"
import { canJoin, joinLeaves, type Leaf } from "./redactLeaves.ts"
import { Pieces, textOf } from "./redactPieces.ts"
import { suspects } from "./redactSuspect.ts"
import { Tally } from "./redactTally.ts"
import { nothingFound, redactText, TextRedaction, toCounts } from "./redactText.ts"

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

/** Fields of something unfinished whose text is not there to its end. */
const growing = /^(?:aggregated_?output|output|stdout|stderr|text|content|result)$/i
const inProgress = /^in_?progress$/i

/** How a text is masked that is not there to its end; undefined when it is. */
type Unfinished = (field: string, text: string) => Redacted<string> | undefined

/** An open list or object of a line. */
interface Frame {
  /** The name of the field that it belongs to. */
  readonly field: string | undefined
  readonly list: boolean
  readonly leaves: Array<Leaf>
  /** Texts of the objects in the list. */
  readonly texts: Array<Leaf>
  /** How many of the objects are blocks of one text. */
  blocks: number
}

const blockType = /^(?:output_|input_)?text$/

export const makeJson = (
  engine: Engine,
  fingerprint: (secret: string) => string,
): Pick<RedactionSession, "json" | "jsonLine" | "lines"> => {
  const leaf = (text: string, field: string | undefined, counts: Tally, nesting: number, open?: Unfinished): string => {
    const piece = field === undefined ? undefined : open?.(field, text)
    if (piece !== undefined) {
      counts.addAll(piece.redactions)
      return piece.value
    }
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

  /** What is undecided at the end of a text that still grows comes with the whole of it. */
  const unfinished: Unfinished = (field, text) =>
    growing.test(field) ? new TextRedaction(engine, fingerprint).push(text) : undefined

  const join = (leaves: ReadonlyArray<Leaf>, glue: "\n" | " " | "", counts: Tally): void => {
    if (canJoin(leaves)) joinLeaves(engine, fingerprint, leaves, glue, counts)
  }
  const joinAll = ({ blocks, leaves, texts }: Pick<Frame, "blocks" | "leaves" | "texts">, counts: Tally): void => {
    if (leaves.some(({ text }) => text.startsWith("-"))) join(leaves, " ", counts)
    join(texts, "\n", counts)
    if (blocks === texts.length) join(texts, "", counts)
  }

  /** `line` is valid JSON: strings are found by their quotes alone. */
  const rewrite = (line: string, counts: Tally, nesting: number, open?: Unfinished): string => {
    let field: string | undefined
    const edits: Array<{ readonly leaf: Leaf; readonly start: number; readonly end: number }> = []
    const frames: Array<Frame> = []
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at)
      if (code === 91 || code === 123) {
        frames.push({ field, list: code === 91, leaves: [], texts: [], blocks: 0 })
        // Inside a list the name of the list counts for its items; a new object ends it.
        if (code === 123) field = undefined
      } else if (code === 93 || code === 125) {
        const frame = frames.pop()
        field = frame?.field
        if (frame?.list === true) joinAll(frame, counts)
      }
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
      if (line.charCodeAt(after) === 58) {
        const masked = leaf(decoded, undefined, counts, nesting)
        if (masked !== decoded) edits.push({ leaf: { text: decoded, masked }, start, end: at + 1 })
        field = decoded
        continue
      }
      const entry: Leaf = { text: decoded, masked: leaf(decoded, field, counts, nesting, open) }
      edits.push({ leaf: entry, start, end: at + 1 })
      const frame = frames.at(-1)
      const outer = frames.at(-2)
      if (field === "type" && outer?.list === true && blockType.test(decoded)) outer.blocks++
      if (frame?.list === true) frame.leaves.push(entry)
      else if (field !== undefined && growing.test(field)) outer?.texts.push(entry)
    }
    let result = ""
    let copied = 0
    for (const { end, leaf: entry, start } of edits) {
      if (entry.masked === entry.text) continue
      result += line.slice(copied, start) + JSON.stringify(entry.masked)
      copied = end
    }
    return copied === 0 ? line : result + line.slice(copied)
  }

  const walk = (value: unknown, field: string | undefined, counts: Tally): unknown => {
    if (typeof value === "string") return leaf(value, field, counts, 0)
    if (Array.isArray(value)) return walkList(value, field, counts)
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

  const walkList = (value: ReadonlyArray<unknown>, field: string | undefined, counts: Tally): unknown => {
    const masked = value.map((item) => walk(item, field, counts))
    const leaves: Array<Leaf & { readonly put: () => void }> = []
    const texts: Array<Leaf & { readonly put: () => void }> = []
    value.forEach((item, index) => {
      if (typeof item === "string") {
        const entry = { text: item, masked: String(masked[index]), put: () => (masked[index] = entry.masked) }
        leaves.push(entry)
        return
      }
      if (typeof item !== "object" || item === null || Array.isArray(item)) return
      for (const [key, text] of Object.entries(item)) {
        if (typeof text !== "string" || !growing.test(key)) continue
        const entry = {
          text,
          masked: String((masked[index] as Record<string, unknown>)[key]),
          put: () => (masked[index] = { ...(masked[index] as object), [key]: entry.masked }),
        }
        texts.push(entry)
      }
    })
    const blocks = value.filter(isBlock).length
    const before = [...leaves, ...texts].map((entry) => entry.masked)
    joinAll({ blocks, leaves, texts }, counts)
    ;[...leaves, ...texts].forEach((entry, index) => {
      if (entry.masked !== before[index]) entry.put()
    })
    return masked.some((item, index) => item !== value[index]) ? masked : value
  }

  const jsonLine = (line: string, pieces?: Pieces): RedactedLine | undefined => {
    const parsed = parse(line)
    if (parsed === undefined) return undefined
    const { json } = parsed
    const name = pieces === undefined ? undefined : textOf(line, json)
    const open = name !== undefined ? pieces?.push.bind(pieces, name) : isGrowing(json) ? unfinished : undefined
    if (open === undefined && !suspects(engine, line)) return { value: line, redactions: nothingFound, json }
    const counts = new Tally()
    const value = rewrite(line, counts, 0, open)
    if (value === line) return { value: line, redactions: nothingFound, json }
    return { value, redactions: toCounts(counts), json: JSON.parse(value) as unknown }
  }

  return {
    json: (value): Redacted<unknown> => {
      const counts = new Tally()
      return { value: walk(value, undefined, counts), redactions: toCounts(counts) }
    },
    jsonLine: (line) => jsonLine(line),
    lines: () => {
      const pieces = new Pieces(() => new TextRedaction(engine, fingerprint))
      return { line: (line) => jsonLine(line, pieces), end: () => pieces.end() }
    },
  }
}

const isBlock = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  typeof value.type === "string" &&
  blockType.test(value.type)

const goesOn = (value: object): boolean =>
  "status" in value && typeof value.status === "string" && inProgress.test(value.status)

/** Whether the line tells of something that goes on, so that its texts may be cut anywhere. */
const isGrowing = (json: unknown): boolean => {
  if (typeof json !== "object" || json === null) return false
  if (goesOn(json)) return true
  for (const item of Object.values(json) as ReadonlyArray<unknown>) {
    if (typeof item === "object" && item !== null && goesOn(item)) return true
  }
  return false
}
