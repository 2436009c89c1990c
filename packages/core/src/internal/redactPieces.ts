/** Texts that come in pieces, one piece a line of JSON: each is masked as one text. */
import type { Redacted } from "../RedactionSession.ts"
import type { TextRedaction } from "./redactText.ts"

/** Texts at once; of the oldest what is held back is given before more come. */
const maximumTexts = 64
/** A line that holds none of these is no piece of anything. */
const telling = /delta|chunk|partial/i
const kindOfPiece = /(?:delta|chunk|partial)s?$/i
const kindFields = ["type", "method", "event", "kind"]
const pieceField = /^(?:chunk|delta|text|thinking|partial_json|arguments|data|output|content)$/i
/** What tells two texts apart; not what is different in every line. */
const nameField =
  /^(?:(?:tool|tool_?use|call|item|message|thread|session|turn|process|output|content)_?(?:id|index)|id|index|stream|channel|fd|name)$/i
const maximumDepth = 3

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Which text the line holds a piece of; undefined when it holds none. */
export const textOf = (line: string, json: unknown): string | undefined => {
  if (!telling.test(line)) return undefined
  let piece = false
  const names: Array<string> = []
  const look = (value: unknown, depth: number): void => {
    if (!isRecord(value) || depth > maximumDepth) return
    for (const [key, item] of Object.entries(value)) {
      if (typeof item === "string" && kindFields.includes(key)) {
        piece ||= kindOfPiece.test(item)
        names.push(item)
      } else if (typeof item === "string" && (key === "chunk" || key === "delta")) piece = true
      else if ((typeof item === "string" || typeof item === "number") && nameField.test(key)) names.push(String(item))
      else look(item, depth + 1)
    }
  }
  look(json, 0)
  return piece ? names.join("\n") : undefined
}

export class Pieces {
  readonly #make: () => TextRedaction
  readonly #texts = new Map<string, TextRedaction>()
  #late: Array<Redacted<string>> = []

  constructor(make: () => TextRedaction) {
    this.#make = make
  }

  /** What is decided of the text with this piece; undefined when the field holds no text. */
  push(name: string, field: string, piece: string): Redacted<string> | undefined {
    if (!pieceField.test(field)) return undefined
    const key = `${name}\n${field}`
    let text = this.#texts.get(key)
    if (text === undefined) {
      for (const [oldest, old] of this.#texts) {
        if (this.#texts.size < maximumTexts) break
        this.#late.push(old.end())
        this.#texts.delete(oldest)
      }
      text = this.#make()
      this.#texts.set(key, text)
    }
    return text.push(piece)
  }

  /** What was held back. */
  end(): ReadonlyArray<Redacted<string>> {
    for (const text of this.#texts.values()) this.#late.push(text.end())
    this.#texts.clear()
    const late = this.#late.filter(({ value }) => value !== "")
    this.#late = []
    return late
  }
}
