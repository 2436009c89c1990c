/** Looks at what an adapter says of an attempt before it counts: masks it, and checks a structured answer. */
import * as Effect from "effect/Effect"
import type { Verdict } from "../Adapter.ts"
import type { RedactionSession } from "../RedactionSession.ts"
import type { RunRequest } from "../Run.ts"
import { errorInfo, type RunyardError } from "../RunyardError.ts"
import type { StructuredOutput } from "../StructuredOutput.ts"
import { redactVerdict } from "./runEnd.ts"

const parseJson = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The adapter's verdict, with the structured answer checked by us. */
export const answerJudge = (structured: StructuredOutput["Service"]) =>
  Effect.fnUntraced(function* (
    request: RunRequest,
    said: Verdict,
    redaction: RedactionSession,
  ): Effect.fn.Return<Verdict, RunyardError> {
    const verdict = redactVerdict(redaction, said)
    if (request.outputSchema === undefined || verdict.outcome !== "succeeded") return verdict
    // Decoding takes away the escapes that a secret may have hidden behind.
    const answer = verdict.structured ?? redaction.json(parseJson(verdict.finalMessage)).value
    const violations =
      answer === undefined ? ["the answer is not JSON"] : yield* structured.violations(request.outputSchema, answer)
    if (violations.length === 0) return { ...verdict, structured: answer }
    return {
      ...verdict,
      outcome: "failed",
      error: errorInfo("CLI_STRUCTURED_OUTPUT", {
        message: `The answer does not have the requested structure: ${violations.slice(0, 5).join("; ")}`,
        detail: { violations: violations.slice(0, 20) },
      }),
    }
  })
