/** How a refusal or a failure is said to people. */
import { ApiProblem, ApiUnreachable } from "@runyard/http/client"

export { ApiProblem, ApiUnreachable }

export interface Said {
  readonly code?: string
  readonly message: string
  readonly remedy?: string
}

/** Whether nobody answered, as against an answer that refuses. */
export const isUnreachable = (error: unknown): boolean => error instanceof ApiUnreachable

const isSaid = (error: unknown): error is Said =>
  typeof error === "object" && error !== null && !(error instanceof Error) && "message" in error

/** Any failure in words for people. What is in words already stays as it is. */
export const said = (error: unknown): Said => {
  if (isSaid(error)) return error
  if (error instanceof ApiProblem) return { code: error.code, message: error.message, remedy: error.remedy }
  if (isUnreachable(error)) {
    return {
      message: "The server does not answer.",
      remedy: "Is `runyard serve` still running? The page goes on by itself.",
    }
  }
  return { message: error instanceof Error ? error.message : "Something went wrong on this page." }
}
