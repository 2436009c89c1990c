/** Reads JSON that means one thing to every reader: no key twice, no `__proto__`, no depth without a bound. */

export interface JsonBounds {
  /** Objects and arrays inside each other. */
  readonly depth: number
  /** UTF-16 units of one string or key, before escapes are read. */
  readonly stringLength: number
  /** Keys and elements in all. */
  readonly members: number
}

export const defaultJsonBounds: JsonBounds = { depth: 64, stringLength: 1_048_576, members: 100_000 }

interface Place {
  /** Keys so far, of an object. */
  readonly keys: Set<string> | undefined
  expectsKey: boolean
}

/** A string with its quotes. What is between them is checked by `JSON.parse` later. */
const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c) at++
    else if (code === 0x22) return at
  }
  return -1
}

/** A key as it will be read, with its escapes resolved. */
const keyOf = (quoted: string): string | undefined => {
  if (!quoted.includes("\\")) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch {
    return undefined
  }
}

/**
 * Why the text is not read here; undefined when `JSON.parse` may have it. Linear, and never deeper than its own stack,
 * which the bound on depth keeps small. What is no JSON at all is left to the parser.
 */
const faultIn = (text: string, { depth, members, stringLength }: JsonBounds): string | undefined => {
  const places: Array<Place> = []
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ""
    const place = places.at(-1)
    switch (char) {
      case "{":
      case "[":
        if (places.length >= depth) return `It is nested deeper than ${depth} levels`
        places.push(char === "{" ? { keys: new Set(), expectsKey: true } : { keys: undefined, expectsKey: false })
        break
      case "}":
      case "]":
        places.pop()
        break
      case ",":
        if (++count > members) return `It has more than ${members} members`
        if (place?.keys !== undefined) place.expectsKey = true
        break
      case '"': {
        const end = endOfString(text, at)
        if (end < 0) return undefined
        if (end - at - 1 > stringLength) return `A string in it is longer than ${stringLength} characters`
        if (place?.keys !== undefined && place.expectsKey) {
          const key = keyOf(text.slice(at, end + 1))
          if (key === undefined) return undefined
          if (key === "__proto__") return "It has a key that is not allowed"
          if (place.keys.has(key)) return "It has a key twice"
          place.keys.add(key)
          place.expectsKey = false
        }
        at = end
        break
      }
    }
  }
  return undefined
}

export type JsonReading = { readonly value: unknown } | { readonly fault: string }

/** Reads JSON within bounds. A fault says what is wrong and never repeats the text. */
export const readJson = (text: string, bounds: JsonBounds = defaultJsonBounds): JsonReading => {
  const fault = faultIn(text, bounds)
  if (fault !== undefined) return { fault }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { fault: text.trim() === "" ? "It is empty" : "It is not JSON" }
  }
}
