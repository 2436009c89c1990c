/** Checks against a schema for hot paths. The one file that knows Effect's schema compiler, which is marked unstable. */
import * as Schema from "effect/Schema"
import { enable } from "effect/schema/SchemaJITCompiler"

/**
 * Whether a value has the type of the schema, compiled to plain code at its first use: about a third of the time of
 * `Schema.is`. Where code cannot be made at run time, it is `Schema.is`.
 */
export const guard = <A>(schema: Schema.Codec<A, unknown>): ((value: unknown) => value is A) => {
  enable(schema.ast)
  return Schema.is(schema)
}
