/** The forms that an exact secret takes in texts: as it is, escaped for JSON and URLs, and inside base64. */
import * as Base64 from "effect/encoding/Base64"

export interface KnownForm {
  readonly text: string
  readonly name: string
  readonly value: string
}

/** Shorter values are not looked for: they are parts of ordinary words. */
export const minimumKnown = 4
/** A longer value is found by its first characters and masked as far as these go. */
export const maximumKnown = 16 * 1024

const base64Alphabet = (text: string): string => text.replaceAll("+", "-").replaceAll("/", "_")

/** What base64 of any text that holds these bytes must hold, by where they fall in a group of three. */
const base64Forms = (value: string): ReadonlyArray<string> => {
  const bytes = new TextEncoder().encode(value)
  return [0, 1, 2].map((offset) => {
    const padded = new Uint8Array(offset + bytes.length)
    padded.set(bytes, offset)
    const first = Math.ceil((offset * 8) / 6)
    const last = Math.floor(((offset + bytes.length) * 8) / 6)
    return Base64.encode(padded).slice(first, last)
  })
}

const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1)
const asciiEscaped = (text: string): string =>
  jsonEscaped(text).replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)

const formsOf = (value: string): ReadonlyArray<string> => {
  const once = jsonEscaped(value)
  const url = encodeURIComponent(value.toWellFormed())
  const strict = url.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const urls = [url, strict, url.replaceAll("%20", "+")]
  const base64 = base64Forms(value).filter((form) => form.length >= 8)
  return [
    value,
    once,
    jsonEscaped(once),
    jsonEscaped(jsonEscaped(once)),
    jsonEscaped(jsonEscaped(jsonEscaped(once))),
    asciiEscaped(value),
    once.replaceAll("/", "\\/"),
    ...urls,
    ...urls.map((form) => form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())),
    ...base64,
    ...base64.map(base64Alphabet),
  ]
}

/** Every form once, of each value and of the long lines of a value with several. */
export const knownForms = (
  known: ReadonlyArray<{ readonly name: string; readonly value: string }>,
): ReadonlyArray<KnownForm> => {
  const forms = new Map<string, KnownForm>()
  for (const { name, value: full } of known) {
    const value = full.slice(0, maximumKnown)
    if (value.trim().length < minimumKnown) continue
    const lines = value.includes("\n") ? value.split(/\r?\n/).filter((line) => line.trim().length >= 16) : []
    for (const text of [value, ...lines].flatMap(formsOf)) {
      if (!forms.has(text)) forms.set(text, { text, name, value: full })
    }
  }
  return [...forms.values()]
}
