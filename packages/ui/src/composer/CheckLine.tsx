import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react"
import { said } from "../api/ApiProblem.ts"
import { Spinner } from "../components/Spinner.tsx"
import type { Readiness } from "./readiness.ts"
import type { CheckState } from "./useCheck.ts"

interface CheckLineProps {
  readonly id: string
  readonly state: CheckState
  /** How many fields have something wrong. */
  readonly wrong: number
  readonly blank: boolean
  readonly readiness: Readiness
  /** It is to start as soon as it can. */
  readonly wanted: boolean
}

/** What the server thinks of the request as it is now, in a line. */
export const CheckLine = ({ blank, id, readiness, state, wanted, wrong }: CheckLineProps) => {
  const { check, current, error } = state
  const line = () => {
    if (readiness.state === "never") return <span>{readiness.reason}</span>
    if (readiness.state === "not yet" || (readiness.state === "later" && !blank && wrong === 0)) {
      return (
        <>
          <Spinner className="text-faint" />
          <span className="text-faint">
            {readiness.reason}
            {wanted && " The run starts then."}
          </span>
        </>
      )
    }
    if (blank) return <span className="text-faint">Say where, and what is to be done.</span>
    if (wrong > 0) {
      return (
        <>
          <CircleAlert className="size-3.5 shrink-0 text-bad" aria-hidden="true" />
          <span className="text-bad">{wrong === 1 ? "One thing is" : `${wrong} things are`} in the way</span>
        </>
      )
    }
    if (error !== null && error !== undefined) return <span className="text-bad">{said(error).message}</span>
    if (!current) {
      return (
        <>
          <Spinner className="text-faint" />
          <span className="text-faint">Checking…</span>
        </>
      )
    }
    if (check?.ok === true && check.warnings.length > 0) {
      return (
        <>
          <TriangleAlert className="size-3.5 shrink-0 text-attention" aria-hidden="true" />
          <span>Can start. {check.warnings.join(" ")}</span>
        </>
      )
    }
    return (
      <>
        <CircleCheck className="size-3.5 shrink-0 text-good" aria-hidden="true" />
        <span>Ready to start</span>
      </>
    )
  }
  return (
    <div id={id} role="status" className="flex min-h-5 min-w-0 items-center gap-1.5 text-xs text-soft">
      {line()}
    </div>
  )
}
