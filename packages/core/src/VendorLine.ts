/** One line of a CLI's output, and how the log keeps its original without storing its text twice. */
import * as Schema from "effect/Schema"

export type OutputStream = "stdout" | "stderr"

/**
 * The original of a vendor's line, redacted, beside the event that was made of it: the text with each long string that
 * the payload holds cut out. A part that is a pointer is the JSON-escaped string at that path of the payload.
 */
export const LineSource = Schema.Struct({
  stream: Schema.Literals(["stdout", "stderr"]),
  parts: Schema.Array(Schema.Union([Schema.String, Schema.Array(Schema.Union([Schema.String, Schema.Natural]))])),
})
export type LineSource = typeof LineSource.Type

type Path = ReadonlyArray<string | number>

/** Shorter strings stay in the text: a pointer would cost more than it saves. */
const minimumShared = 48

const longStrings = (value: unknown, path: Path, found: Array<readonly [string, Path]>): void => {
  if (typeof value === "string") {
    if (value.length >= minimumShared) found.push([value, path])
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => longStrings(item, [...path, index], found))
  } else if (typeof value === "object" && value !== null) {
    for (const key of Object.keys(value)) longStrings((value as Record<string, unknown>)[key], [...path, key], found)
  }
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1)

/** Keeps `text` as what differs from `payload`. `joinSource` gives back the same text, byte for byte. */
export const splitSource = (stream: OutputStream, text: string, payload: unknown): LineSource => {
  const found: Array<readonly [string, Path]> = []
  if (text.length >= minimumShared) longStrings(payload, [], found)
  let parts: Array<string | Path> = [text]
  for (const [value, path] of found) {
    const needle = escaped(value)
    parts = parts.flatMap((part) => {
      if (typeof part !== "string" || !part.includes(needle)) return [part]
      return part.split(needle).flatMap((piece, index) => (index === 0 ? [piece] : [path, piece]))
    })
  }
  return { stream, parts: parts.filter((part) => part !== "") }
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value)

/** The original text of the line, redacted. */
export const joinSource = (source: LineSource, payload: unknown): string =>
  source.parts.map((part) => (typeof part === "string" ? part : escaped(String(at(payload, part))))).join("")
