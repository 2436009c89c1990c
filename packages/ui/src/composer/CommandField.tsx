import type { RunRequest } from "../api/types.ts"
import { CopyButton } from "../components/CopyButton.tsx"
import { commandLine, leftOut } from "../run/commandLine.ts"

/** The command that starts the same run from a shell. */
export const CommandField = ({ request }: { readonly request: RunRequest }) => {
  const command = commandLine(request)
  const missing = leftOut(request)
  return (
    <>
      <div className="flex items-start gap-2 rounded-md border bg-sunken py-1.5 pr-1.5 pl-3">
        <code className="scroll-slim max-h-40 min-w-0 flex-1 overflow-y-auto py-0.5 font-mono text-xs break-words whitespace-pre-wrap select-all">
          {command}
        </code>
        <CopyButton text={command} label="Copy the command" />
      </div>
      {missing.length > 0 && (
        <p className="mt-1.5 text-xs text-faint">Not in it, since no flag says it: {missing.join(", ")}.</p>
      )}
    </>
  )
}
