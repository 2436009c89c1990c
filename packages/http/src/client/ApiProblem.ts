/** How calls of the client fail. */
import type { ErrorClass, ErrorCode } from "@runyard/core"
import type { ProblemIssue } from "../Problem.ts"

/** What a server answers with in place of a result. */
export interface ProblemBody {
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly class: ErrorClass
  readonly remedy: string
  readonly detailData?: Readonly<Record<string, unknown>>
  readonly issues?: ReadonlyArray<ProblemIssue>
  readonly retryAfterMillis?: number
}

/** The server refused or failed, and said why. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem"
  readonly code: ErrorCode
  readonly status: number
  /** What to do about it. */
  readonly remedy: string
  readonly problem: ProblemBody

  constructor(problem: ProblemBody) {
    super(problem.detail)
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

const isProblem = (body: unknown): body is ProblemBody =>
  typeof body === "object" && body !== null && "code" in body && "detail" in body && "remedy" in body

/** The error of an answer that is no success. */
export const errorOf = async (response: Response): Promise<ApiProblem | ApiUnreachable> => {
  const body: unknown = await response.json().catch(() => undefined)
  return isProblem(body)
    ? new ApiProblem(body)
    : new ApiUnreachable(`The server answered with status ${response.status} and without a reason`)
}
