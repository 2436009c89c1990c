import { CircleAlert } from "lucide-react"
import { said } from "../api/ApiProblem.ts"
import { Button } from "./Button.tsx"
import { cn } from "./cn.ts"
import { CopyButton } from "./CopyButton.tsx"
import { Prose } from "./Prose.tsx"

export interface ErrorStateProps {
  readonly error: unknown
  /** What could not be done: "The runs could not be loaded". */
  readonly title?: string
  readonly onRetry?: () => void
  readonly className?: string
}

/** A failure with its code, its sentence and what to do. */
export const ErrorState = ({ className, error, onRetry, title }: ErrorStateProps) => {
  const { code, message, remedy } = said(error)
  const copied = [code, title, message, remedy].filter((part) => part !== undefined && part !== "").join("\n")
  return (
    <div role="alert" className={cn("rounded-lg border border-bad/25 bg-bad-soft/60 p-3", className)}>
      <div className="flex gap-2.5">
        <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden="true" />
        <div className="min-w-0 flex-1">
          {title !== undefined && <p className="font-medium">{title}</p>}
          <p className={title === undefined ? "font-medium" : "text-soft"}>
            <Prose text={message} />
          </p>
          {remedy !== undefined && remedy !== "" && (
            <p className="mt-0.5 text-soft">
              <Prose text={remedy} />
            </p>
          )}
          <div className="mt-2 flex flex-wrap items-center gap-2">
            {onRetry !== undefined && (
              <Button size="sm" onClick={onRetry}>
                Try again
              </Button>
            )}
            {code !== undefined && <code className="font-mono text-xs text-soft">{code}</code>}
            <CopyButton text={copied} label="Copy the error" size="sm" />
          </div>
        </div>
      </div>
    </div>
  )
}
