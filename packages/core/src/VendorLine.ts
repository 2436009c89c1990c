/** One line of a CLI's output, and how the log keeps its original without storing its text twice. */
import * as Schema from "effect/Schema"
import { escaped, type Path } from "./SourceLine.ts"

export type OutputStream = "stdout" | "stderr"

/**
 * The original of a vendor's line, redacted, beside the event that was made of it: the text with each long string that
 * the payload holds cut out. A part that is a pointer is the JSON-escaped string at that path of the payload.
 */
export const LineSource = Schema.Struct({
  stream: Schema.Literals(["stdout", "stderr"]),
  parts: Schema.Array(Schema.Union([Schema.String, Schema.Array(Schema.Union([Schema.String, Schema.Natural]))])),
}).annotate({ identifier: "LineSource" })
export type LineSource = typeof LineSource.Type

/** Shorter strings stay in the text: a pointer would cost more than it saves. */
const minimumShared = 48

/** Calls back with each long string and where it is. Paths are made only for those. */
const eachLongString = (value: unknown, path: Path, use: (text: string, path: Path) => void): void => {
  const visit = (inner: unknown, key: string | number): void => {
    if (typeof inner === "object" && inner !== null) eachLongString(inner, [...path, key], use)
    else if (typeof inner === "string" && inner.length >= minimumShared) use(inner, [...path, key])
  }
  if (Array.isArray(value)) value.forEach(visit)
  else if (typeof value === "object" && value !== null) {
    for (const key of Object.keys(value)) visit((value as Record<string, unknown>)[key], key)
  }
}

/** A copy of its own: a slice of a line keeps all the output that was read with it, as long as it is kept itself. */
const copied = (text: string): string => [text, ""].join("")

/** The parts with every occurrence of the needle replaced by the path. */
const cutOut = (parts: ReadonlyArray<string | Path>, needle: string, path: Path): ReadonlyArray<string | Path> => {
  const cut: Array<string | Path> = []
  for (const part of parts) {
    if (typeof part !== "string") {
      cut.push(part)
      continue
    }
    let start = 0
    for (let found = part.indexOf(needle); found !== -1; found = part.indexOf(needle, start)) {
      if (found > start) cut.push(copied(part.slice(start, found)))
      cut.push(path)
      start = found + needle.length
    }
    if (start < part.length) cut.push(start === 0 ? part : copied(part.slice(start)))
  }
  return cut
}

/** Keeps `text` as what differs from `payload`. `joinSource` gives back the same text, byte for byte. */
export const splitSource = (stream: OutputStream, text: string, payload: unknown): LineSource => {
  let parts: ReadonlyArray<string | Path> = text === "" ? [] : [text]
  if (text.length >= minimumShared) {
    eachLongString(payload, [], (value, path) => {
      parts = cutOut(parts, escaped(value), path)
    })
  }
  return { stream, parts }
}
