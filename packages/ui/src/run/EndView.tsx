import { terminalText } from "@runyard/core/TerminalText"
import { StateBadge } from "../components/Badge.tsx"
import { CopyButton } from "../components/CopyButton.tsx"
import { dateTimeText } from "../components/timeText.ts"
import type { EndBlock } from "./Block.ts"
import { ErrorInfoView } from "./ErrorInfoView.tsx"
import { evidenceText } from "./evidenceText.ts"

/** How an attempt or the run came to its end, and how that is known. */
export const EndView = ({ block }: { readonly block: EndBlock }) => {
  const structured = block.structured === undefined ? undefined : JSON.stringify(block.structured, undefined, 2)
  const exit = block.exit
  const facts = [
    exit === undefined || (exit.code === null && exit.signal === null)
      ? undefined
      : exit.signal === null
        ? `exit ${exit.code}`
        : `ended by ${exit.signal}`,
    block.evidence === undefined ? undefined : evidenceText(block.evidence),
  ].filter((fact) => fact !== undefined)
  return (
    <div role="group" aria-label="End" className="flex flex-col gap-2.5 border-t pt-4">
      {structured !== undefined && (
        <div className="group relative">
          <h2 className="pb-1 text-xs font-medium text-soft">Answer that satisfies the schema</h2>
          <pre
            tabIndex={0}
            className="scroll-slim max-h-96 overflow-auto rounded-lg border bg-sunken px-3 py-2.5 font-mono text-xs leading-5"
          >
            {terminalText(structured)}
          </pre>
          <CopyButton text={structured} label="Copy the answer" className="absolute top-6.5 right-1.5 bg-surface" />
        </div>
      )}
      {block.error !== undefined && (
        <ErrorInfoView
          error={block.error}
          tone={block.state === "action_needed" || block.state === "retry_wait" ? "attention" : "bad"}
        />
      )}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-soft">
        <StateBadge state={block.state} />
        {block.next !== undefined && (
          <span>
            The next attempt {block.next < Date.now() ? "was" : "is"} due {dateTimeText(block.next)}.
          </span>
        )}
        {block.note !== undefined && <span className="min-w-0">{terminalText(block.note)}</span>}
        {facts.map((fact) => (
          <span key={fact} className="text-faint">
            {fact}
          </span>
        ))}
      </div>
    </div>
  )
}
