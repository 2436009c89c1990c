/** Checks answers with Ajv: JSON Schema draft 2020-12, or draft-07 where the schema names it. */
import type { ErrorObject, Options } from "ajv"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { runyardError, type RunyardError } from "../RunyardError.ts"
import { StructuredOutput } from "../StructuredOutput.ts"

/** Sentences that one answer gets at most; more say nothing that the first do not. */
const maxViolations = 50

const options: Options = {
  allErrors: true,
  // Unknown keywords and formats are the model's concern, not a reason to refuse a schema.
  strict: false,
  validateFormats: false,
  // Ajv prints its warnings on the console otherwise.
  logger: false,
}

type Validate = (value: unknown) => ReadonlyArray<ErrorObject>

/** An Ajv for each schema: two of them may have one `$id`. Loaded with the first: most runs have none, and Ajv takes longer to load than a command to run. */
const compile = async (schema: object | boolean): Promise<Validate> => {
  const named = typeof schema === "object" && "$schema" in schema ? schema.$schema : undefined
  const old = typeof named === "string" && /draft-0[67]/.test(named)
  const { Ajv } = old
    ? await import("ajv")
    : await import("ajv/dist/2020.js").then((module) => ({ Ajv: module.Ajv2020 }))
  const validate = new Ajv(options).compile(schema)
  // Ajv's own extension: such a schema answers with a promise, which would pass for "fits".
  if ("$async" in validate) throw new Error("the schema is asynchronous")
  return (value) => (validate(value) ? [] : (validate.errors ?? []))
}

const compiled = (schema: unknown): Effect.Effect<Validate, RunyardError> =>
  Effect.suspend(() =>
    (typeof schema === "object" && schema !== null && !Array.isArray(schema)) || typeof schema === "boolean"
      ? Effect.tryPromise({ try: () => compile(schema), catch: unusable })
      : Effect.fail(unusable(undefined)),
  )

const unusable = (cause: unknown) =>
  runyardError("QUEUE_REQUEST_INVALID", {
    message: "The output schema is not a JSON Schema that can be used",
    remedy: "Give a JSON Schema of draft 2020-12 or draft-07 whose references stay inside it.",
    detail: { field: "outputSchema" },
    ...(cause === undefined ? {} : { cause }),
  })

/** A JSON path, `$.items[2].name`, from the JSON pointer that Ajv gives. */
const jsonPath = (pointer: string): string =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((at, part) => at + (/^\d+$/.test(part) ? `[${part}]` : member(part)), "$")

const member = (name: string) => (/^[A-Za-z_][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`)

const sentence = ({ instancePath, keyword, message, params }: ErrorObject): string => {
  const at = jsonPath(instancePath)
  switch (keyword) {
    case "enum":
      return `${at} must be one of the allowed values`
    case "const":
      return `${at} must be the one allowed value`
    case "additionalProperties":
    case "unevaluatedProperties":
      return `${at} has a property that the schema does not allow`
    case "propertyNames":
      return `${at} has a property whose name the schema does not allow`
    case "required":
      return `${at} lacks the property ${JSON.stringify(params["missingProperty"])}`
    default:
      return `${at} ${message ?? "does not fit the schema"}`
  }
}

const sentences = (validate: Validate, value: unknown): ReadonlyArray<string> => {
  try {
    return [...new Set(validate(value).map(sentence))].slice(0, maxViolations)
  } catch {
    // A recursive schema and a deep value use up the stack.
    return ["$ is nested too deeply to be checked"]
  }
}

/** Each schema is compiled where it is used and then dropped: a host that runs for months keeps none. */
export const layer: Layer.Layer<StructuredOutput> = Layer.succeed(
  StructuredOutput,
  StructuredOutput.of({
    checkSchema: (schema) => Effect.asVoid(compiled(schema)),
    violations: (schema, value) => Effect.map(compiled(schema), (validate) => sentences(validate, value)),
  }),
)
