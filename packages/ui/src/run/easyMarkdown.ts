/**
 * Whether a text is one that a reader of Markdown is soon done with. What agents write is; a text that was made for it
 * takes the square of its length, or more calls than there are, and would hold the page up. Linear in its length. Pure.
 */

/** Quotes and items inside each other, by their marks at the beginning of one line. */
const maxDepth = 16
/** Columns before the mark of an item. */
const maxIndent = 64
/** Characters that may begin or end something, in what is read as one: a paragraph, an item, a row. */
const maxMarks = 400
/** The same in all. */
const maxAllMarks = 10_000
const maxLines = 5_000
/** Columns of a table by lines of the text. */
const maxCells = 10_000
const maxFootnotes = 200
/** Of one line. */
const maxTabs = 1_000

const fence = /^(?:(`{3,})[^`]*|(~{3,}).*)$/
const itemStart = /^[ \t]*(?:[-+*#|]|\d{1,9}[.)])/
const blank = /^[ \t]*$/
const columns = /^[ \t|:]*-[-:|\t ]*$/

/** They become links by themselves. */
const addresses = /www\.|:\/\//gi

const countOf = (line: string, characters: string): number => {
  let count = 0
  for (const character of line) if (characters.includes(character)) count++
  return count
}

/** What stands before the first word of a line: how many marks, and how far to the right the last of them. */
const marksBefore = (line: string): { readonly depth: number; readonly indent: number } => {
  const mark = /[ \t]*(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))/y
  let depth = 0
  let indent = 0
  for (let at = 0; depth <= maxDepth; depth++) {
    mark.lastIndex = at
    const found = mark.exec(line)
    if (found === null) break
    at = mark.lastIndex
    indent = at
  }
  return { depth, indent }
}

export const isEasyMarkdown = (text: string): boolean => {
  const lines = text.split("\n", maxLines + 1)
  if (lines.length > maxLines) return false
  // Where there is HTML nobody but its reader knows which fences are some, so that none is passed over.
  const skips = !/^ {0,3}</m.test(text)
  let closing: RegExp | undefined
  let marks = 0
  let allMarks = 0
  let footnotes = 0
  let widest = 1
  for (const line of lines) {
    if (closing !== undefined) {
      if (closing.test(line)) closing = undefined
      continue
    }
    const [, ticks, tildes] = (skips && fence.exec(line)) || []
    const opened = ticks ?? tildes
    if (opened !== undefined) {
      closing = new RegExp(`^ {0,3}${opened[0] ?? ""}{${opened.length},}[ \\t]*$`)
      continue
    }
    if (countOf(line, "\t") > maxTabs) return false
    const { depth, indent } = marksBefore(line)
    if (depth > maxDepth || (depth > 0 && indent > maxIndent)) return false
    if (blank.test(line) || itemStart.test(line)) marks = 0
    const more = countOf(line, "*_~[]@`\\<&") + (line.match(addresses)?.length ?? 0)
    marks += more
    allMarks += more
    if (marks > maxMarks || allMarks > maxAllMarks) return false
    footnotes += line.split("[^").length - 1
    if (footnotes > maxFootnotes) return false
    if (columns.test(line)) widest = Math.max(widest, countOf(line, "|"))
  }
  return widest * lines.length <= maxCells
}
