/** One text for each JSON value: keys in order, nothing between them, what is undefined left out. */

/** Orders by UTF-16 code units, as `sort` does by itself, so that it does not depend on a language. */
const byUnits = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) {
    return `[${value.map((element: unknown) => (element === undefined ? "null" : canonicalJson(element))).join(",")}]`
  }
  if (typeof value === "object" && value !== null) {
    const record = value as Readonly<Record<string, unknown>>
    const keys = Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .toSorted(byUnits)
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`).join(",")}}`
  }
  return JSON.stringify(value) ?? "null"
}
