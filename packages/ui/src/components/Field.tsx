import { CircleAlert } from "lucide-react"
import type { ReactNode } from "react"
import type { Said } from "../api/ApiProblem.ts"
import { cn } from "./cn.ts"
import { Prose } from "./Prose.tsx"

export interface FieldProps {
  readonly id: string
  readonly label: ReactNode
  readonly hint?: ReactNode
  /** What is wrong with it: shown below, and read with the field. */
  readonly problem?: Said | undefined
  /** Stands at the right of the label. */
  readonly aside?: ReactNode
  readonly className?: string
  readonly children: ReactNode
}

/** The ids that say what a control is about, for its `aria-describedby`. */
export const describedBy = (id: string, { hint, problem }: Pick<FieldProps, "hint" | "problem">): string | undefined =>
  [hint === undefined ? "" : `${id}-hint`, problem === undefined ? "" : `${id}-problem`].join(" ").trim() || undefined

/** A label, a control, a hint and what is wrong. The control carries the id and `describedBy(...)`. */
export const Field = ({ aside, children, className, hint, id, label, problem }: FieldProps) => (
  <div className={cn("flex min-w-0 flex-col gap-1.5", className)}>
    <div className="flex items-center justify-between gap-2">
      <label htmlFor={id} id={`${id}-label`} className="text-xs font-medium text-soft">
        {label}
      </label>
      {aside}
    </div>
    {children}
    {problem !== undefined && <FieldProblem id={`${id}-problem`} problem={problem} />}
    {hint !== undefined && (
      <p id={`${id}-hint`} className="text-xs text-faint">
        {hint}
      </p>
    )}
  </div>
)

export const FieldProblem = ({ id, problem }: { readonly id: string; readonly problem: Said }) => (
  <div id={id} role="alert" className="flex gap-1.5 text-xs text-bad">
    <CircleAlert className="mt-0.75 size-3 shrink-0" aria-hidden="true" />
    <div className="min-w-0">
      <p>
        <Prose text={problem.message} />
      </p>
      {problem.remedy !== undefined && problem.remedy !== "" && (
        <p className="text-soft">
          <Prose text={problem.remedy} />
        </p>
      )}
      {problem.code !== undefined && <code className="font-mono text-2xs text-faint">{problem.code}</code>}
    </div>
  </div>
)
