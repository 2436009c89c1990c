/** At which field of the form a refusal belongs. Pure. */
import { ApiProblem, type Said, said } from "../api/ApiProblem.ts"
import type { Problem } from "../api/types.ts"
import type { FieldProblems } from "./requestOf.ts"

/** For codes that are about one field, whatever their detail says. */
const fieldOfCode: Readonly<Record<string, string>> = {
  POLICY_NO_GRANT: "cwd",
  POLICY_DIRECTORY_CHANGED: "cwd",
  IO_DIRECTORY_UNREADABLE: "cwd",
  CLI_NOT_A_REPOSITORY: "cwd",
  POLICY_SECRET_IN_PROMPT: "prompt",
  CLI_NOT_FOUND: "provider",
  CLI_VERSION_UNSUPPORTED: "provider",
  AUTH_REQUIRED: "provider",
  QUEUE_PROVIDER_UNKNOWN: "provider",
  QUEUE_PROVIDER_DOWN: "provider",
  POLICY_DANGEROUS: "permissionMode",
}

/** Fields that the form has beside those of `options`, `limits` and `budget`. */
const known =
  /^(?:provider|prompt|cwd|title|model|permissionMode|sandbox|outputSchema|priority|notBefore|(?:options|limits|budget)\.\w+)$/

/** A path into the request, by its steps or as text: `["options", "maxTurns"]`, `options.maxTurns`. */
const asName = (path: unknown): string => {
  const steps = Array.isArray(path) ? path : [path]
  return steps.filter((step) => typeof step === "string" && step !== "payload").join(".")
}

const saidOf = (problem: Problem): Said => said(new ApiProblem(problem))

export interface PlacedProblems {
  readonly fields: FieldProblems
  /** What belongs at no field of the form. */
  readonly rest: Said | undefined
}

export const placeProblem = (problem: Problem): PlacedProblems => {
  const issues = (problem.issues ?? [])
    .map(({ message, path }) => [asName(path), { code: problem.code, message }] as const)
    .filter(([name]) => known.test(name))
  if (issues.length > 0) return { fields: Object.fromEntries(issues), rest: undefined }
  const named = asName(problem.detailData?.["field"])
  const field = known.test(named) ? named : fieldOfCode[problem.code]
  return field === undefined
    ? { fields: {}, rest: saidOf(problem) }
    : { fields: { [field]: saidOf(problem) }, rest: undefined }
}

export const noProblems: PlacedProblems = { fields: {}, rest: undefined }

/** The section of the form that a field is in, which opens when something is wrong there. */
export const sectionOf = (field: string): "main" | "options" | "answer" | "limits" | "queue" => {
  if (field.startsWith("options.")) return "options"
  if (field.startsWith("limits.") || field.startsWith("budget.")) return "limits"
  if (field === "outputSchema") return "answer"
  return field === "priority" || field === "notBefore" || field === "title" ? "queue" : "main"
}
