/** Checks an answer against the schema that was asked for, whatever the CLI says about it. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { RunyardError } from "./RunyardError.ts"

export class StructuredOutput extends Context.Service<
  StructuredOutput,
  {
    /** Fails with `QUEUE_REQUEST_INVALID` when this is no usable JSON Schema. */
    readonly checkSchema: (schema: unknown) => Effect.Effect<void, RunyardError>
    /** What is wrong with the value, as sentences with JSON paths and without its text; empty when it fits. */
    readonly violations: (schema: unknown, value: unknown) => Effect.Effect<ReadonlyArray<string>, RunyardError>
  }
>()("@runyard/core/StructuredOutput") {}
