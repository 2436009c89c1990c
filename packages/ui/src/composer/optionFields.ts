/** Which fields a provider's own options get: read from the flags of its policy. Pure. */
import type { Policy } from "../api/types.ts"

export type Flag = Policy["flags"][number]

/** What a value may be, as the policy tells it. */
export type Shape = NonNullable<Flag["shape"]>

export interface OptionField {
  /** In the options of a request. */
  readonly name: string
  readonly flag: string
  readonly shape: Shape
  /** `lines`: one value each. `pairs`: `key=value` each. */
  readonly takes: "one" | "lines" | "pairs"
  /** What its value is, for people. */
  readonly what: string | undefined
}

/** Flags of one value each, which an option gives several of. */
const many: Readonly<Record<string, OptionField["takes"]>> = {
  allowedTools: "lines",
  disallowedTools: "lines",
  config: "pairs",
}

const optionOf = /^options\.([A-Za-z]{1,60})(?:$|,)/

/** Options that a request may use, in the order of their names. */
export const optionFields = (policy: Policy | undefined): ReadonlyArray<OptionField> =>
  (policy?.flags ?? [])
    .flatMap((flag): ReadonlyArray<OptionField> => {
      const name = optionOf.exec(flag.reason)?.[1]
      if (name === undefined || flag.decision !== "allowed") return []
      const shape = flag.shape ?? { kind: "text" as const }
      return [{ name, flag: flag.flag, shape, takes: many[name] ?? "one", what: flag.value }]
    })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))

/** `appendSystemPrompt` as "Append system prompt". */
export const optionLabel = (name: string): string => {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1).replace(/ usd$/, ", US dollars")
}

const scalar = (text: string): unknown => {
  if (text === "true" || text === "false") return text === "true"
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text
}

const lines = (text: string): ReadonlyArray<string> =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")

/** The value of an option as a request has it; undefined where nothing was typed. The server judges it. */
export const optionValue = (field: OptionField | undefined, text: string): unknown => {
  if (text.trim() === "") return undefined
  if (field === undefined) return scalar(text)
  if (field.takes === "lines") return lines(text)
  if (field.takes === "pairs") {
    return Object.fromEntries(
      lines(text).map((line) => {
        const at = line.indexOf("=")
        return at < 0 ? [line, true] : [line.slice(0, at).trim(), scalar(line.slice(at + 1).trim())]
      }),
    )
  }
  switch (field.shape.kind) {
    case "none":
      return text === "true"
    case "amount":
    case "integer":
      return Number.isNaN(Number(text)) ? text : Number(text)
    default:
      return text
  }
}
