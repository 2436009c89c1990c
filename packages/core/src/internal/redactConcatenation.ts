/** Tells where a quoted text of a program goes on in the next one: `"first" +`, and `"second"` in the same line or below. */

const lineEnd = "(?:\\r?\\n|\\\\{1,8}(?:r\\\\{1,8})?n)"
/** Before the next line, a program may have put a sign. */
const indent = `${lineEnd}(?:[>|+] ?)?(?:[ \\t]|\\\\{1,8}t){0,40}`
const operator = "(?:[+&]|\\.{1,2}|<<)"
const opened = "[bruf]?\\k<depth>\\k<quote>"
const closed = "(?<depth>\\\\{0,8})(?<quote>[\"'])[ \\t]{0,4}"
const joined = new RegExp(
  `${closed}(?:${operator}[ \\t]{0,4}(?:${indent})?|${indent}${operator}[ \\t]{1,4})${opened}`,
  "y",
)
/** Some languages put together what stands below each other. */
const adjacent = new RegExp(`${closed}(?:\\\\{1,8})?${lineEnd}(?:[>|+] ?)?(?:[ \\t]|\\\\{1,8}t){1,40}${opened}`, "y")
const open = new RegExp(
  `\\\\{0,8}["']?[ \\t]{0,4}(?:${operator}|<)?[ \\t]{0,4}(?:\\r?\\n?|\\\\{1,8}(?:r?\\\\{0,8})?n?)(?:[>|+] ?)?(?:[ \\t]|\\\\{1,8}t){0,40}(?:${operator}|<)?[ \\t]{0,4}[bruf]?\\\\{0,8}$`,
  "y",
)
const bound = 128
const none = { end: -1, sure: false } as const

/** Whether it may be one, by the next characters alone; nothing is known at the end of the text. */
export const mayConcatenate = (text: string, at: number): boolean => {
  let next = at
  while (next < at + 8 && text.charCodeAt(next) === 92) next++
  const quote = text.charCodeAt(next++)
  if (quote !== 34 && quote !== 39) return next > text.length
  for (let blanks = 0; blanks < 4 && (text.charCodeAt(next) === 32 || text.charCodeAt(next) === 9); blanks++) next++
  let code = text.charCodeAt(next)
  // The end of a line may be escaped.
  if (code === 92) {
    for (let slashes = 0; slashes < 8 && text.charCodeAt(next) === 92; slashes++) next++
    code = text.charCodeAt(next)
    return next >= text.length || code === 110 || code === 114 || code === 10 || code === 13
  }
  return next >= text.length || code === 43 || code === 38 || code === 46 || code === 60 || code === 10 || code === 13
}

/** Past the quote of the next text; `sure` when an operator stands between them. */
export const concatenationAt = (
  text: string,
  at: number,
  final: boolean,
): { readonly end: number | "more"; readonly sure: boolean } => {
  if (!mayConcatenate(text, at)) return none
  if (!final && text.length - at < bound) {
    open.lastIndex = at
    if (open.test(text)) return { end: "more", sure: true }
  }
  for (const pattern of [joined, adjacent]) {
    pattern.lastIndex = at
    if (pattern.test(text)) return { end: pattern.lastIndex, sure: pattern === joined }
  }
  return none
}
