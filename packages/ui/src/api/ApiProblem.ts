/** What the server says when it refuses: a code that stays, a sentence, and what to do. */
import type { Problem } from "./types.ts"

export class ApiProblem extends Error {
  readonly code: string
  readonly status: number
  readonly remedy: string
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = "ApiProblem"
    this.code = problem.code
    this.status = problem.status
    this.remedy = problem.remedy
    this.problem = problem
  }
}

/** Nothing that is a server of Runyard has answered. */
export class ApiUnreachable extends Error {
  override readonly name = "ApiUnreachable"
}

export interface Said {
  readonly code?: string
  readonly message: string
  readonly remedy?: string
}

/** Whether nobody answered, as against an answer that refuses. */
export const isUnreachable = (error: unknown): boolean => error instanceof ApiUnreachable

/** Any failure in words for people. */
export const said = (error: unknown): Said => {
  if (error instanceof ApiProblem) return { code: error.code, message: error.message, remedy: error.remedy }
  if (isUnreachable(error)) {
    return {
      message: "The server does not answer.",
      remedy: "Is `runyard serve` still running? The page goes on by itself.",
    }
  }
  return { message: error instanceof Error ? error.message : "Something went wrong on this page." }
}
