import { Link, useNavigate } from "@tanstack/react-router"
import {
  Copy,
  Ellipsis,
  FileText,
  Hash,
  MessageSquareText,
  Pencil,
  RotateCcw,
  RotateCw,
  Square,
  SquareTerminal,
  Zap,
} from "lucide-react"
import { useState } from "react"
import { useShortcut } from "../app/shortcuts.ts"
import { hasEnded } from "../api/runQueries.ts"
import type { Run } from "../api/types.ts"
import { Button, buttonStyle } from "../components/Button.tsx"
import { IconButton } from "../components/IconButton.tsx"
import { Menu } from "../components/Menu.tsx"
import { toast, toastError } from "../components/Toast.tsx"
import { commandLine } from "./commandLine.ts"
import { useRunActions } from "./useRunActions.ts"

const copy = (what: string, text: string) => () => {
  navigator.clipboard.writeText(text).then(
    () => toast(`${what} copied`),
    (error: unknown) => toastError(`${what} could not be copied`, error),
  )
}

/** Cancel, try again, run again, copy. */
export const RunActions = ({ run }: { readonly run: Run }) => {
  const { cancel, rerun, retry } = useRunActions(run)
  const [asked, setAsked] = useState(false)
  const ended = hasEnded(run.state)
  const retries = run.state === "action_needed" || run.state === "retry_wait"
  const stop = () => {
    if (ended) return
    setAsked(true)
    cancel.mutate(asked, { onError: () => setAsked(asked) })
  }
  const { finalMessage, id, request } = run
  const navigate = useNavigate()
  useShortcut("e", () => {
    if (ended) void navigate({ to: "/", search: { rerun: id } })
  })
  return (
    <>
      {retries && (
        <Button size="sm" look="solid" busy={retry.isPending} onClick={() => retry.mutate()}>
          <RotateCcw /> Try again
        </Button>
      )}
      {!ended && (
        <Button
          size="sm"
          look="danger"
          onClick={stop}
          title={
            asked ? "Ends its processes at once, without asking them" : "Asks the agent to stop, and ends what is left"
          }
        >
          {asked ? <Zap /> : <Square />} {asked ? "Kill now" : "Cancel"}
        </Button>
      )}
      {ended && (
        <Link to="/" search={{ rerun: id }} className={buttonStyle({ size: "sm" })}>
          <Pencil /> <span className="max-sm:hidden">Rerun with edits</span>
          <span className="sm:hidden">Rerun</span>
        </Link>
      )}
      <Menu
        trigger={
          <IconButton label="More">
            <Ellipsis />
          </IconButton>
        }
        groups={[
          [{ label: "Run again as it is", icon: RotateCw, onSelect: () => rerun.mutate(), disabled: rerun.isPending }],
          [
            { label: "Copy the id", icon: Hash, onSelect: copy("The id", id) },
            { label: "Copy the prompt", icon: FileText, onSelect: copy("The prompt", request.prompt) },
            ...(finalMessage === undefined
              ? []
              : [
                  {
                    label: "Copy the final message",
                    icon: MessageSquareText,
                    onSelect: copy("The message", finalMessage),
                  },
                ]),
            { label: "Copy the command", icon: SquareTerminal, onSelect: copy("The command", commandLine(request)) },
            { label: "Copy the address", icon: Copy, onSelect: copy("The address", `${location.origin}/runs/${id}`) },
          ],
        ]}
      />
    </>
  )
}
