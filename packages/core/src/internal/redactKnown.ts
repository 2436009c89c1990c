/** The forms that an exact secret takes in texts: as it is, escaped for JSON and URLs, and inside base64. */
import * as Base64 from "effect/encoding/Base64"

export interface KnownForm {
  readonly text: string
  readonly name: string
  readonly value: string
  /** Of the end of a form: what must stand before it, cut off. */
  readonly lead: string
}

/** Shorter values are not looked for: they are parts of ordinary words. */
export const minimumKnown = 4
/** A longer value is found by its first characters and masked as far as these go. */
export const maximumKnown = 16 * 1024
/** Of a longer one not all forms are looked for: its lines are, and the value as it is. */
const maximumEncoded = 4096

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

const html = (text: string, apostrophe: string): string =>
  text.replace(/[&<>"']/g, (char) => (char === "'" ? apostrophe : (entities[char] ?? char)))
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
/** What the view leaves as it is: characters that are not ASCII. */
const others = (text: string, encode: (char: string) => string): string =>
  text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\u0080-\uffff]/g, encode)

const urlForms = (value: string): ReadonlyArray<string> => {
  const url = encodeURIComponent(value.toWellFormed())
  const strict = url.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const urls = [url, strict, url.replaceAll("%20", "+")]
  const plain = others(value, (char) => encodeURIComponent(char.toWellFormed()))
  return [...urls, plain].flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())])
}

const htmlForms = (value: string): ReadonlyArray<string> => {
  const number = (char: string): string => `&#${char.codePointAt(0)};`
  const hex = (char: string): string => `&#x${(char.codePointAt(0) ?? 0).toString(16)};`
  const names = ["&#39;", "&#x27;", "&apos;", "'"].map((apostrophe) => html(value, apostrophe))
  return [
    ...names,
    others(value, number),
    others(value, hex),
    others(value, (char) => hex(char).toUpperCase().replace("X", "x")),
  ]
}

/** Those that are usual, those that are not, and base64 of them. */
const formsOf = (value: string): ReadonlyArray<ReadonlyArray<string>> => {
  const once = jsonEscaped(value)
  const twice = jsonEscaped(once)
  const thrice = jsonEscaped(twice)
  const urls = urlForms(value)
  const htmls = htmlForms(value)
  const base64 = base64Forms(value)
  const others = [once, twice, thrice, ...urls.slice(0, 2), ...htmls.slice(0, 1)].flatMap(base64Forms)
  // Of what is encoded once more, only what is known whole.
  const again = base64.filter((form) => form.length >= 12).flatMap(base64Forms)
  const alphabets = (form: string): ReadonlyArray<string> =>
    form.length < 8 ? [] : [form, base64Alphabet(form), form.replaceAll("/", "\\/")]
  const escaped = [once, twice, thrice, jsonEscaped(thrice), asciiEscaped(value), once.replaceAll("/", "\\/")]
  return [
    [value, ...escaped, ...urls, ...htmls],
    base64.flatMap(alphabets),
    [
      jsonEscaped(asciiEscaped(value)),
      ...[once, twice, thrice].flatMap((text) => [...urlForms(text), ...htmlForms(text)]),
      ...htmls.flatMap(urlForms),
    ],
    [...others, ...again].flatMap(alphabets),
  ]
}

/** So many first characters of a form are looked for. */
const keyLength = 4
const shortKeyLength = 3
/** The end of a form that has so many characters is told by itself, without its first. */
const tellingEnd = 10
/** So many first characters may be cut off. */
const maximumEnd = 10

/** The characters of a form by which it is found. */
export const knownKey = ({ lead, text }: KnownForm): string =>
  text.slice(0, lead.length + text.length < 2 * keyLength ? shortKeyLength : keyLength)

/** Its ends: where one of the first characters was cut off, the key is in what follows. */
const endsOf = (form: string, encoded: boolean): ReadonlyArray<readonly [lead: string, text: string]> => {
  const key = form.length < 2 * keyLength ? shortKeyLength : keyLength
  // A character that may be encoded may be cut as well, so that there are more of them to cut.
  const special = !encoded && /[^\w-]/.test(form.slice(0, maximumEnd))
  const most = special ? Math.min(maximumEnd, Math.max(key, form.length - tellingEnd)) : key
  return Array.from(
    { length: most - 1 },
    (_, index) => [form.slice(0, index + 1), form.slice(index + 1)] as const,
  ).filter(([, text]) => text.length >= key)
}

/** Of many values not all forms are looked for, or the automaton would have too many states. */
const maximumKeys = 6000

/** Every form once, of each value and of the long lines of a value with several. */
export const knownForms = (
  known: ReadonlyArray<{ readonly name: string; readonly value: string }>,
): ReadonlyArray<KnownForm> => {
  const forms = new Map<string, KnownForm>()
  const all = known.flatMap(({ name, value: full }) => {
    const value = full.slice(0, maximumKnown)
    if (value.trim().length < minimumKnown) return []
    const lines = value.includes("\n") ? value.split(/\r?\n/).filter((line) => line.trim().length >= 16) : []
    return [value, ...lines].map((part) => ({
      name,
      value: full,
      tiers: part.length > maximumEncoded ? [[part, jsonEscaped(part)]] : formsOf(part),
    }))
  })
  const note = (form: KnownForm): void => {
    const key = `${form.lead} ${form.text}`
    if (!forms.has(key)) forms.set(key, form)
  }
  for (const tier of [0, 1, 2, 3]) {
    for (const ends of [false, true]) {
      for (const { name, tiers, value } of all) {
        if (forms.size > maximumKeys && (tier > 0 || ends)) return [...forms.values()]
        for (const form of new Set(tiers[tier])) {
          if (!ends) note({ text: form, name, value, lead: "" })
          else {
            for (const [lead, text] of endsOf(form, tier % 2 === 1)) {
              note({ text, name, value, lead: text.length < tellingEnd ? lead : "" })
            }
          }
        }
      }
    }
  }
  return [...forms.values()]
}
