/** Finds the values of a column whose name in the first line of a table is a credential's. */
import type { Span } from "./redactAssignment.ts"
import { saidValue, type Credential } from "./redactCredential.ts"
import { lookBehind } from "./redactShape.ts"

/** No more of a table is looked at. */
const tableBound = 2048
const separators = ",;\t|"
const lineEnd = /\r?\n|\\{1,8}(?:r\\{1,8})?n/g
const lineStart = /^[^]*(?:[\n>→]|\\n|:\\{0,8}")[ \t]{0,8}/
const header =
  /^[ \t]{0,8}\\{0,8}["`*]{0,2}[A-Za-z_\u00c0-\ud7a3][\w\u00c0-\u1fff\u3041-\ud7a3 .-]{0,31}\\{0,8}["`*]{0,2}[ \t]{0,24}$/
/** A line number or the time of a log may stand before the first name. */
const firstHeader =
  /(?:^|[":>→|\]-] {0,2}|\t)\\{0,8}["`*]{0,2}[A-Za-z_\u00c0-\ud7a3][\w\u00c0-\u1fff\u3041-\ud7a3.-]{0,31}\\{0,8}["`*]{0,2}[ \t]{0,24}$/
const unfinishedName = /^\\{0,8}["`*]{0,2} {0,24}$/
const lineEndOpen = /(?:\\{1,8}(?:r\\{0,8})?|\r)$/
const rule = /^[-:= +|]+$/
const value = /^(?:[^]*\s)?\\{0,8}["'`*]{0,2}([^\s"'`\\]{6,256}?)\\{0,8}["'`*]{0,2}[ \t]{0,24}$/

/** The sign between the cells; undefined when the name stands in no line of names. */
const separatorOf = (text: string, from: number, start: number, end: number): string | undefined => {
  const after = /^\\{0,8}["`*]{0,2}[ ]{0,24}([,;\t|])/.exec(text.slice(end, end + 40))?.[1]
  if (after !== undefined) return after
  const before = text.slice(from, start)
  const sign = /([,;\t|])[ ]{0,8}\\{0,8}["`*]{0,2}[\w\u00c0-\u1fff\u3041-\ud7a3.-]{0,24}$/.exec(before)?.[1]
  return sign !== undefined && separators.includes(sign) ? sign : undefined
}

/** Past `tableBound`, or at a line of another form, the table ends; `"more"` when the text ends first. */
export const columnOf = (
  text: string,
  hit: number,
  end: number,
  kind: Credential,
  final: boolean,
): ReadonlyArray<Span> | "more" | undefined => {
  if (end >= text.length) return undefined
  const next = text.charCodeAt(end)
  // Most names are followed by a blank or by the sign of an assignment.
  if (!final && text.length - end < 40 && unfinishedName.test(text.slice(end))) return "more"
  if (next === 32 || next === 58 || next === 61 || next === 40 || next === 46) {
    if (next !== 32 || !/^ {1,24}\|/.test(text.slice(end, end + 26))) return undefined
  }
  const back = Math.max(0, hit - lookBehind)
  const before = text.slice(back, hit)
  const started = lineStart.exec(before)?.[0].length ?? (hit < lookBehind ? 0 : -1)
  if (started < 0) return undefined
  const from = back + started
  const separator = separatorOf(text, from, hit, end)
  if (separator === undefined) return undefined
  const limit = Math.min(text.length, hit + tableBound)
  lineEnd.lastIndex = end
  const first = lineEnd.exec(text)
  const headEnd = first === null || first.index > limit ? limit : first.index
  const head = text.slice(from, headEnd)
  const names = (first === null ? head.replace(lineEndOpen, "") : head).split(separator)
  const index = text.slice(from, hit).split(separator).length - 1
  // A line of a list ends with a comma as well.
  if (separator === "," && names.length === 2 && names[1]?.trim() === "") return undefined
  if (names.length < 2 || names.some((name, at) => name.trim() !== "" && !(at === 0 ? firstHeader : header).test(name)))
    return undefined
  if (first === null || first.index > limit) return final || limit < text.length ? undefined : "more"
  const spans: Array<Span> = []
  let start = first.index + first[0].length
  while (start < limit) {
    lineEnd.lastIndex = start
    const found = lineEnd.exec(text)
    const open = found === null || found.index > limit
    const stop = open ? limit : found.index
    if (open && limit === text.length && !final) return "more"
    const row = text.slice(start, stop)
    // The names again: another table.
    if (row === head) break
    const cells = row.split(separator)
    if (!rule.test(row) && cells.length !== names.length && (separator !== "|" || cells.length < names.length)) break
    const cell = cells[index] ?? ""
    const match = rule.test(cell) ? undefined : value.exec(cell.replace(/"[}\],][^]*$/, ""))?.[1]
    if (match !== undefined && saidValue(kind, match)) {
      const offset = start + cells.slice(0, index).reduce((size, { length }) => size + length + 1, 0)
      const at = offset + cell.lastIndexOf(match)
      spans.push({ start: at, end: at + match.length })
    }
    if (open) break
    start = stop + found[0].length
  }
  if (start >= limit && limit === text.length && !final) return "more"
  return spans.length === 0 ? undefined : spans
}
