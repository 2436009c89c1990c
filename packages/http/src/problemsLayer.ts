/** What becomes of requests that cannot be decoded, and of defects: problems, like every other error. */
import { errorInfo, inputIssues } from "@runyard/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { unhandled } from "effect/Types"
import { HttpApiError } from "effect/http-api"
import { Problems } from "./Principal.ts"
import { type Problem, problemOf } from "./Problem.ts"

const partNames = { Params: "params", Query: "query", Headers: "headers" } as const

const isAnswer = (kind: string): boolean => kind === "Body" || kind === "ResponseHeaders"

/** Says what is wrong and never repeats what was sent. */
const invalid = ({ cause, kind }: HttpApiError.HttpApiSchemaError) => {
  const prefix = kind in partNames ? [partNames[kind as keyof typeof partNames]] : []
  const issues = inputIssues(cause).map(({ message, path }) => ({ path: [...prefix, ...path], message }))
  const [first] = issues
  const where = first === undefined || first.path.length === 0 ? "" : ` at ${first.path.join(".")}`
  return problemOf(
    errorInfo("QUEUE_REQUEST_INVALID", {
      message: `The request is not valid${where}: ${first?.message ?? "it cannot be read"}`,
      detail: { issues },
    }),
  )
}

const defect = problemOf(errorInfo("INTERNAL_DEFECT"))
const mediaType = problemOf(errorInfo("HTTP_MEDIA_TYPE"))

const recovered = (cause: Cause.Cause<unhandled>): Effect.Effect<never, Problem | unhandled> => {
  const failed: unknown = cause.reasons.find(Cause.isFailReason)?.error
  if (HttpApiError.HttpApiSchemaError.is(failed) && !isAnswer(failed.kind)) return Effect.fail(invalid(failed))
  const isKnown = failed !== undefined && !HttpApiError.HttpApiSchemaError.is(failed)
  if (isKnown || Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
  return Effect.andThen(Effect.logError("A request met a defect", cause), Effect.fail(defect))
}

export const problemsLayer = Layer.succeed(Problems, (httpEffect) =>
  Effect.catchCause(httpEffect, recovered).pipe(
    // The one refusal that the router answers by itself.
    Effect.filterOrFail(
      ({ status }) => status !== 415,
      () => mediaType,
    ),
  ),
)
