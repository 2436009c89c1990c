/** What is wrong with something that was sent, field by field, without repeating it. Pure. */
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

export const InputIssue = Schema.Struct({
  /** Names of fields and places in lists, from the outside in. */
  path: Schema.Array(Schema.Union([Schema.String, Schema.Finite])),
  /** What was expected there. */
  message: Schema.String,
}).annotate({ identifier: "InputIssue" })
export type InputIssue = typeof InputIssue.Type

/** More of them help nobody. */
const maxIssues = 50
/** The names of fields are the sender's, too. */
const maxText = 200

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const segmentOf = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? key : String(key).slice(0, maxText)
}

/** The first fifty, in the order of the schema. Values are in none of them unless the error was made with `reportInput`. */
export const inputIssues = ({ issue }: Schema.SchemaError): ReadonlyArray<InputIssue> =>
  format(issue)
    .issues.slice(0, maxIssues)
    .map(({ message, path = [] }) => ({ path: path.map(segmentOf), message: message.slice(0, maxText) }))
