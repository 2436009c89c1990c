/** Checks against a schema for hot paths. The one file that knows Effect's schema compiler, which is marked unstable. */
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import { enable } from "effect/schema/SchemaJITCompiler"

type Check = (value: unknown) => boolean

const compiled = (schema: Schema.Constraint): Check => {
  enable(schema.ast)
  return Schema.is(schema)
}

/** Whether the compiler leaves a shape to the interpreter, with all that it is a part of: JSON of any kind, and what is recursive. */
const isOpaque = (ast: SchemaAST.AST): boolean => {
  switch (ast._tag) {
    case "Declaration":
    case "Suspend":
      return true
    case "Objects":
      return [...ast.propertySignatures, ...ast.indexSignatures].some(({ type }) => isOpaque(type))
    case "Arrays":
      return [...ast.elements, ...ast.rest].some(isOpaque)
    case "Union":
      return ast.types.some(isOpaque)
    default:
      return false
  }
}

const isPlainStruct = (schema: Schema.Constraint): schema is Schema.Struct<Schema.Struct.Fields> =>
  "fields" in schema &&
  schema.ast._tag === "Objects" &&
  schema.ast.checks === undefined &&
  schema.ast.encoding === undefined

/** A few fields that the compiler cannot take are checked one by one, so that it can take the others. */
const checkOf = (schema: Schema.Constraint): Check => {
  if (!isPlainStruct(schema) || !isOpaque(schema.ast)) return compiled(schema)
  const fields = Object.entries(schema.fields)
  const plain = fields.filter(([, field]) => !isOpaque(field.ast))
  if (plain.length === 0) return compiled(schema)
  const isPlain = compiled(Schema.Struct(Object.fromEntries(plain)))
  const others = fields
    .filter(([, field]) => isOpaque(field.ast))
    .map(([key, field]) => ({ key, isOptional: field.ast.context?.isOptional === true, is: checkOf(field) }))
  return (value) => {
    if (!isPlain(value)) return false
    const object = value as Readonly<Record<string, unknown>>
    for (const { is, isOptional, key } of others) if (key in object ? !is(object[key]) : !isOptional) return false
    return true
  }
}

/**
 * Whether a value has the type of the schema, compiled to plain code at its first use: about a third of the time of
 * `Schema.is`. Where code cannot be made at run time, it is `Schema.is`.
 */
export const guard = <A>(schema: Schema.Codec<A, unknown>): ((value: unknown) => value is A) => {
  let check: Check | undefined
  return (value): value is A => (check ??= checkOf(schema))(value)
}
