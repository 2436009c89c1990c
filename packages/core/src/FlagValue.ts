/** What the value of a flag may be: data, so that it can be shown, and the one place that judges by it. Pure. */
import * as Schema from "effect/Schema"

export type FlagValue =
  /** The flag stands alone. */
  | { readonly kind: "none" }
  | { readonly kind: "word"; readonly words: ReadonlyArray<string> }
  | { readonly kind: "integer"; readonly minimum: number; readonly maximum: number }
  /** Greater than zero, in plain decimals or as JavaScript writes a number. */
  | { readonly kind: "amount" }
  | { readonly kind: "uuid" }
  /** Absolute, without control characters. */
  | { readonly kind: "path" }
  /** A JSON object. */
  | { readonly kind: "json" }
  /** @param what it is, for people: "a tool rule". */
  | { readonly kind: "pattern"; readonly pattern: RegExp; readonly what: string }
  /** Anything but NUL. */
  | { readonly kind: "text" }

/** The same for programs that build a form from it; a pattern is the source of a JavaScript regular expression. */
export const FlagShape = Schema.Union([
  Schema.Struct({ kind: Schema.Literals(["none", "amount", "uuid", "path", "json", "text"]) }),
  Schema.Struct({ kind: Schema.Literal("word"), words: Schema.Array(Schema.String) }),
  Schema.Struct({ kind: Schema.Literal("integer"), minimum: Schema.Finite, maximum: Schema.Finite }),
  Schema.Struct({ kind: Schema.Literal("pattern"), pattern: Schema.String, flags: Schema.String, what: Schema.String }),
])
export type FlagShape = typeof FlagShape.Type

export const shapeOf = (value: FlagValue): FlagShape =>
  value.kind === "pattern" ? { ...value, pattern: value.pattern.source, flags: value.pattern.flags } : value

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const absolute = /^(?:\/|[A-Za-z]:[\\/]|\\\\)/
const control = /\p{Cc}/u
const amount = /^\d{1,15}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?$/

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const fits = (schema: FlagValue, value: string): boolean => {
  switch (schema.kind) {
    case "none":
      return false
    case "word":
      return schema.words.includes(value)
    case "integer":
      return /^\d{1,15}$/.test(value) && Number(value) >= schema.minimum && Number(value) <= schema.maximum
    case "amount":
      return amount.test(value) && Number(value) > 0 && Number.isFinite(Number(value))
    case "uuid":
      return uuid.test(value)
    case "path":
      return absolute.test(value) && !control.test(value)
    case "json":
      return isJsonObject(value)
    case "pattern":
      return schema.pattern.test(value)
    case "text":
      return true
  }
}

/** For people: "an integer from 1 to 100". */
export const describeValue = (schema: FlagValue): string => {
  switch (schema.kind) {
    case "none":
      return "no value"
    case "word":
      return `one of ${schema.words.join(", ")}`
    case "integer":
      return `an integer from ${schema.minimum} to ${schema.maximum}`
    case "amount":
      return "an amount above 0"
    case "uuid":
      return "a UUID"
    case "path":
      return "an absolute path"
    case "json":
      return "a JSON object"
    case "pattern":
      return schema.what
    case "text":
      return "any text"
  }
}

/** Whether the flag may have this value, or stand without one. A NUL is never part of an argument. */
export const isFlagValue = (schema: FlagValue, value: string | undefined): boolean =>
  value === undefined ? schema.kind === "none" : !value.includes("\0") && fits(schema, value)
