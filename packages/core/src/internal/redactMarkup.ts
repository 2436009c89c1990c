/** Finds the value of an element or of an attribute of XML and HTML whose name was found. */

const blank = "(?:[ \\t]{1,8}|[ \\t]{0,8}(?:\\r?\\n|\\\\{1,8}(?:r\\\\{1,8})?n)[ \\t]{0,40})"
const attribute = `(?:${blank}[\\w:.-]{1,40}[ \\t]?=[ \\t]?\\\\{0,32}(?:"[^"<>\\n]{0,120}"|'[^'<>\\n]{0,120}'))`
const between = "(?:\\s|\\\\{1,32}[nrt]){0,12}"
const inner = `(?:${between}<(?:[\\w.-]{1,16}:)?(?:value|val|text|string|plain\\w{0,8}|data|content)${attribute}{0,3}[ \\t]{0,4}>)`
/** Behind the name: attributes, the end of the tag, and a tag for the value itself. */
const opened = new RegExp(`(?:\\\\{0,32}["'])?${attribute}{0,6}[ \\t]{0,4}>(?<inner>${inner})?${between}`, "iy")
/** Attributes up to the one for the value. */
const paired = new RegExp(`\\\\{0,32}["']${attribute}{0,6}${blank}(?:value|content|default)[ \\t]?=[ \\t]?`, "iy")
const unfinished = /[^<>]{0,1200}(?:>(?:\s|\\{1,32}[nrt]?){0,12}(?:<[\w:.-]{0,34}[^<>\n]{0,300})?)?$/y
const unfinishedBound = 1600
/** Behind an element that closes it there is no value: only what an end tag follows is one. */
const closedLater = /(?:[^<\n]|\\\n){1,600}<\//y
const closesLater = /(?:[^<\n]|\\\n){0,600}<?$/y

const blankEnd = /(?:\s|\\[nrt])$/

const sticky = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

/** Past all that stands between the name that ends at `nameStop` and its value; -1 when that is no markup. */
export const markupAt = (text: string, nameStop: number, attributed: boolean, final: boolean): number | "more" => {
  if (!final && text.length - nameStop < unfinishedBound && sticky(unfinished, text, nameStop) >= 0) return "more"
  const value = attributed ? sticky(paired, text, nameStop) : -1
  if (value >= 0) return value
  opened.lastIndex = nameStop
  const found = opened.exec(text)
  if (found === null) return -1
  const end = nameStop + found[0].length
  // A placeholder in angle brackets is no tag, and what comes behind a blank is not its text.
  const near = !attributed && !blankEnd.test(found[0])
  if (near || found.groups?.["inner"] !== undefined || sticky(closedLater, text, end) >= 0) return end
  return !final && text.length - end <= 601 && sticky(closesLater, text, end) >= 0 ? "more" : -1
}
