/** Texts that grow for as long as a tool prints: their beginning and their end are kept. Pure. */
import type { LongText } from "./Block.ts"

/** Characters that are kept of the beginning, and as many of the end. */
export const keptLength = 64 * 1024

export const emptyText: LongText = { head: "", tail: "", omitted: 0, length: 0 }

/** The text with more at its end. */
export const addText = (text: LongText, more: string): LongText => {
  const room = keptLength - text.head.length
  const head = room > 0 ? text.head + more.slice(0, room) : text.head
  const tail = text.tail + (room > 0 ? more.slice(room) : more)
  const length = text.length + more.length
  const kept = tail.length > 2 * keptLength ? tail.slice(-keptLength) : tail
  return { head, tail: kept, omitted: length - head.length - kept.length, length }
}

export const longText = (text: string): LongText => addText(emptyText, text)

/** All that is kept, with a line for what is not. */
export const wholeText = ({ head, omitted, tail }: LongText): string =>
  omitted === 0 ? head + tail : `${head}\n… ${omitted.toLocaleString("en-US")} characters are left out here …\n${tail}`

export const lineCount = (text: string): number => (text === "" ? 0 : text.replace(/\n$/, "").split("\n").length)
