import { terminalText } from "@runyard/core/TerminalText"
import { ArrowDown, ChevronRight, CircleAlert } from "lucide-react"
import { type FormEvent, memo, useCallback, useRef, useState, useSyncExternalStore } from "react"
import type { RunEvent } from "../api/types.ts"
import { Button } from "../components/Button.tsx"
import { cn } from "../components/cn.ts"
import { CopyButton } from "../components/CopyButton.tsx"
import { EmptyState } from "../components/EmptyState.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Input } from "../components/Input.tsx"
import { AnchoredList, type AnchoredListHandle } from "./AnchoredList.tsx"
import { eventLine } from "./eventLine.ts"
import { Folds, useFold } from "./Folds.tsx"
import { Pill } from "./Pill.tsx"
import type { RunFeed } from "./RunFeed.ts"
import { useFirstError } from "./useFirstError.ts"

const severities: Readonly<Record<RunEvent["severity"], string>> = {
  debug: "text-faint",
  info: "text-soft",
  warning: "text-attention",
  error: "text-bad",
}

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
})

/** Characters of an event that are shown when it is opened. */
const maxDetail = 100_000

const Detail = ({ event }: { readonly event: RunEvent }) => {
  const text = terminalText(JSON.stringify(event, undefined, 2))
  return (
    <div className="group relative mb-1 ml-[4.5rem] max-sm:ml-0">
      <pre
        tabIndex={0}
        className="scroll-slim max-h-96 overflow-auto rounded-md border bg-sunken px-3 py-2 font-mono text-xs leading-5 whitespace-pre-wrap"
      >
        {text.slice(0, maxDetail)}
        {text.length > maxDetail &&
          `\n… ${(text.length - maxDetail).toLocaleString("en-US")} characters more; copy for all`}
      </pre>
      <CopyButton text={text} label="Copy the event" className="absolute top-1.5 right-1.5 bg-surface" />
    </div>
  )
}

const EventRow = memo(({ event, seq }: { readonly event: RunEvent | undefined; readonly seq: number }) => {
  const [open, toggle] = useFold(`event ${seq}`)
  if (event === undefined) {
    return (
      <div className="flex h-7 items-center gap-3 px-5 font-mono text-xs max-sm:px-4" aria-busy="true">
        <span className="w-16 shrink-0 text-right text-faint">{seq}</span>
        <span className="skeleton h-2.5 w-1/3" />
      </div>
    )
  }
  return (
    <div className={cn("px-5 max-sm:px-4", open && "bg-sunken/60")}>
      <button
        type="button"
        onClick={toggle}
        aria-expanded={open}
        className="group flex h-7 w-full items-center gap-3 text-left font-mono text-xs hover:bg-hover/60 focus-visible:-outline-offset-2 max-sm:gap-2"
      >
        <span className="w-16 shrink-0 text-right text-faint group-hover:text-soft max-sm:w-13">{seq}</span>
        <ChevronRight className={cn("size-3 shrink-0 text-faint", open && "rotate-90")} aria-hidden="true" />
        <span className="shrink-0 text-faint max-md:hidden">{clock.format(event.at)}</span>
        <span className={cn("w-44 shrink-0 truncate max-md:w-32 max-sm:w-26", severities[event.severity])}>
          {event.type}
        </span>
        <span className="min-w-0 flex-1 truncate text-soft">{terminalText(eventLine(event))}</span>
        {event.redactions.length > 0 && <span className="shrink-0 text-2xs text-attention">masked</span>}
      </button>
      {open && <Detail event={event} />}
    </div>
  )
})

const keyOf = (index: number) => String(index + 1)
const indexOf = (key: string) => Number(key) - 1

const GoTo = ({ last, onGo }: { readonly last: number; readonly onGo: (seq: number) => void }) => {
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const seq = Number(new FormData(event.currentTarget).get("seq"))
    if (Number.isInteger(seq) && seq >= 1) onGo(Math.min(seq, last))
  }
  return (
    <form onSubmit={onSubmit} className="flex items-center gap-2">
      <label htmlFor="go-to-event" className="text-xs text-soft">
        Go to
      </label>
      <Input
        id="go-to-event"
        name="seq"
        inputMode="numeric"
        placeholder="number"
        className="h-7 w-24 max-sm:h-9"
        autoComplete="off"
      />
    </form>
  )
}

/** Every event of the log, as it is stored. Only what is in view is fetched. */
export const EventsView = ({ feed, live }: { readonly feed: RunFeed; readonly live: boolean }) => {
  const { window } = feed
  useSyncExternalStore(window.subscribe, () => window.version)
  const list = useRef<AnchoredListHandle>(null)
  const [follow, setFollow] = useState(true)
  const onRange = useCallback((first: number, last: number) => window.look(first - 20, last + 20), [window])
  const firstError = useFirstError(feed)
  const count = window.lastSeq
  if (count === 0) return <EmptyState title="No events yet">They come here as they are stored.</EmptyState>
  return (
    <Folds>
      <div className="relative flex min-h-0 flex-1 flex-col">
        <div className="flex h-10 shrink-0 items-center justify-between gap-3 border-b px-5 max-sm:h-13 max-sm:px-4">
          <span className="text-xs text-soft" role="status">
            {count.toLocaleString("en-US")} {count === 1 ? "event" : "events"}
          </span>
          <div className="flex items-center gap-3">
            {firstError !== undefined && (
              <Button size="sm" onClick={() => list.current?.scrollToIndex(firstError - 1)}>
                <CircleAlert className="text-bad" aria-hidden="true" /> First error
              </Button>
            )}
            <GoTo last={count} onGo={(seq) => list.current?.scrollToIndex(seq - 1)} />
          </div>
        </div>
        {window.error !== undefined && (
          <ErrorState
            error={window.error}
            title="Some events could not be loaded"
            onRetry={() => window.retry()}
            className="m-3"
          />
        )}
        <AnchoredList
          ref={list}
          label="Events"
          count={count}
          keyOf={keyOf}
          indexOf={indexOf}
          estimate={28}
          follow={follow}
          onFollow={setFollow}
          onRange={onRange}
          className="flex-1"
        >
          {(index) => <EventRow event={window.at(index + 1)} seq={index + 1} />}
        </AnchoredList>
        {!follow && (
          <div className="pointer-events-none absolute inset-x-0 bottom-4 flex justify-center">
            <Pill onClick={() => setFollow(true)}>
              <ArrowDown /> {live ? "Jump to latest" : "To the end"}
            </Pill>
          </div>
        )}
      </div>
    </Folds>
  )
}
