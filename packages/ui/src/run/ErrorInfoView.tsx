import { terminalText } from "@runyard/core/TerminalText"
import { CircleAlert } from "lucide-react"
import type { ErrorInfo } from "../api/types.ts"
import { cn } from "../components/cn.ts"
import { CopyButton } from "../components/CopyButton.tsx"

interface ErrorInfoViewProps {
  readonly error: Pick<ErrorInfo, "code" | "message" | "remedy">
  readonly title?: string
  readonly tone?: "bad" | "attention"
}

/** An error of a run: what happened, what to do, and its code. */
export const ErrorInfoView = ({ error, title, tone = "bad" }: ErrorInfoViewProps) => {
  const message = terminalText(error.message)
  const remedy = terminalText(error.remedy)
  return (
    <div
      role="group"
      aria-label="Error"
      className={cn(
        "rounded-lg border px-3 py-2.5",
        tone === "bad" ? "border-bad/25 bg-bad-soft/60" : "border-attention/30 bg-attention-soft/60",
      )}
    >
      <div className="flex gap-2">
        <CircleAlert
          className={cn("mt-0.75 size-3.5 shrink-0", tone === "bad" ? "text-bad" : "text-attention")}
          aria-hidden="true"
        />
        <div className="min-w-0 flex-1">
          {title !== undefined && title !== error.message && <p className="font-medium">{terminalText(title)}</p>}
          <p className={title === undefined || title === error.message ? "font-medium" : "text-soft"}>{message}</p>
          {remedy !== "" && <p className="mt-0.5 text-soft">{remedy}</p>}
          <div className="mt-1.5 flex items-center gap-1">
            <code className="font-mono text-xs text-soft">{error.code}</code>
            <CopyButton text={`${error.code}\n${message}\n${remedy}`} label="Copy the error" />
          </div>
        </div>
      </div>
    </div>
  )
}
