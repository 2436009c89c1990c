import { Mark } from "../app/Mark.tsx"
import { ThemeToggle } from "../app/ThemeToggle.tsx"
import { Button } from "../components/Button.tsx"
import { CopyButton } from "../components/CopyButton.tsx"
import { ErrorState } from "../components/ErrorState.tsx"

const command = "runyard serve link"

/** There is no session: what to do for one. @param error why the link was refused, where there was one. */
export const SignedOut = ({ error, onRetry }: { readonly error?: unknown; readonly onRetry: () => void }) => (
  <main className="flex min-h-dvh flex-col items-center justify-center px-5 py-10">
    <div className="w-full max-w-sm">
      <Mark className="mb-5 size-7" />
      <h1 className="text-xl font-semibold tracking-tight">This browser is signed out</h1>
      <p className="mt-2 text-base text-soft">
        Runyard lets in only whoever has a terminal on its machine. Ask for a link there, and open it: it is good for
        one browser, once.
      </p>
      <div className="mt-5 flex items-center justify-between rounded-md border bg-surface py-1 pr-1 pl-3 font-mono text-sm shadow-raised">
        <span>
          <span className="text-faint select-none">$ </span>
          {command}
        </span>
        <CopyButton text={command} label="Copy the command" />
      </div>
      {error !== undefined && <ErrorState className="mt-4" title="The link did not work" error={error} />}
      <div className="mt-6 flex items-center justify-between">
        <Button onClick={onRetry}>Try again</Button>
        <ThemeToggle />
      </div>
    </div>
  </main>
)
