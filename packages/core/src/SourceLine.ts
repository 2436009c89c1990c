/** The original of a vendor's line, given back from its event. Loads nothing, so that a browser can. */

export type Path = ReadonlyArray<string | number>

/** As it stands inside a JSON string. */
export const escaped = (text: string): string => JSON.stringify(text).slice(1, -1)

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value)

/** The original text of the line, redacted. @param source as `VendorLine.LineSource` describes it. */
export const joinSource = ({ parts }: { readonly parts: ReadonlyArray<string | Path> }, payload: unknown): string =>
  parts.map((part) => (typeof part === "string" ? part : escaped(String(at(payload, part))))).join("")
