/** Reads what stands behind the question mark of an address. What is no text is left out. */
export const searchText = (value: unknown, pattern: RegExp = /^[^\0]{1,1000}$/): string | undefined => {
  const text = typeof value === "number" || typeof value === "string" ? String(value) : undefined
  return text !== undefined && pattern.test(text) ? text : undefined
}
