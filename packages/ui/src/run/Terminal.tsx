import { colourStream } from "@runyard/core/TerminalText"
import { FitAddon } from "@xterm/addon-fit"
import { Terminal as Xterm } from "@xterm/xterm"
import "@xterm/xterm/css/xterm.css"
import { useEffect, useRef, useState } from "react"
import { useDrawnTheme } from "../app/theme.ts"
import { Button } from "../components/Button.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { rawText } from "./rawText.ts"
import type { RunFeed } from "./RunFeed.ts"
import { whileAdopting, withoutStyleElements } from "./styleSheets.ts"

/** Events whose output is shown at first, and that each step adds. */
const stepEvents = 2_000
/** Lines that the terminal keeps; the oldest are forgotten first. */
const maxLines = 20_000

const themeOf = (element: HTMLElement) => {
  const style = getComputedStyle(element)
  const of = (name: string) => style.getPropertyValue(name).trim()
  return {
    background: of("--surface"),
    foreground: of("--text"),
    cursor: of("--surface"),
    selectionBackground: of("--line-strong"),
    red: of("--bad"),
    green: of("--good"),
    yellow: of("--attention"),
    blue: of("--accent"),
    brightBlack: of("--text-faint"),
  }
}

/** The program's own output, redacted, in a terminal that takes no input and obeys nothing but colours. */
const Terminal = ({ feed, live }: { readonly feed: RunFeed; readonly live: boolean }) => {
  const { window } = feed
  const place = useRef<HTMLDivElement>(null)
  const terminal = useRef<Xterm>(undefined)
  const theme = useDrawnTheme()
  const [from, setFrom] = useState(() => Math.max(1, window.lastSeq - stepEvents + 1))
  const [error, setError] = useState<unknown>()
  const [empty, setEmpty] = useState(false)

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const made = new Xterm({
      convertEol: true,
      disableStdin: true,
      cursorStyle: "bar",
      cursorInactiveStyle: "none",
      scrollback: maxLines,
      fontSize: 12,
      lineHeight: 1.35,
      fontFamily: getComputedStyle(element).getPropertyValue("--font-mono") || "monospace",
      documentOverride: withoutStyleElements(document),
      linkHandler: { activate: () => undefined },
      theme: themeOf(element),
      screenReaderMode: true,
    })
    const fit = new FitAddon()
    made.loadAddon(fit)
    whileAdopting(document, () => made.open(element))
    fit.fit()
    const observer = new ResizeObserver(() => fit.fit())
    observer.observe(element)
    terminal.current = made
    return () => {
      observer.disconnect()
      made.dispose()
      terminal.current = undefined
    }
  }, [])

  useEffect(() => {
    if (terminal.current !== undefined && place.current !== null)
      terminal.current.options.theme = themeOf(place.current)
  }, [theme])

  useEffect(() => {
    const made = terminal.current
    if (made === undefined) return
    made.reset()
    let next = from
    let wrote = false
    let busy = false
    const leaving = new AbortController()
    const { signal } = leaving
    const stream = colourStream()
    const write = async () => {
      if (busy) return
      busy = true
      while (!signal.aborted && next <= window.lastSeq) {
        const to = Math.min(window.lastSeq, next + stepEvents - 1)
        // oxlint-disable-next-line no-await-in-loop -- one part of the log after the other
        await window.load(next, to)
        const events = window.slice(next, to)
        if (signal.aborted || events[0]?.seq !== next) break
        const text = events.map(rawText).join("")
        wrote ||= text !== ""
        // oxlint-disable-next-line no-await-in-loop -- no faster than it is drawn
        await new Promise<void>((resolve) => made.write(stream.push(text), resolve))
        next = to + 1
      }
      busy = false
      if (signal.aborted) return
      setError(window.error)
      setEmpty(!wrote)
    }
    const leave = window.subscribe(() => void write())
    void write()
    return () => {
      leaving.abort()
      leave()
    }
  }, [from, window])

  return (
    <div className="relative flex min-h-0 flex-1 flex-col bg-surface">
      <div className="flex min-h-10 shrink-0 items-center justify-between gap-3 border-b px-5 py-1 max-sm:px-4">
        <span className="text-xs text-soft">
          {empty && !live ? "The program printed nothing that is kept." : "As the program printed it, redacted."}
        </span>
        {from > 1 && (
          <Button size="sm" onClick={() => setFrom(Math.max(1, from - stepEvents))}>
            Load earlier
          </Button>
        )}
      </div>
      {error !== undefined && (
        <ErrorState
          error={error}
          title="The output could not be loaded"
          onRetry={() => window.retry()}
          className="m-3"
        />
      )}
      <div
        data-terminal
        className="min-h-0 flex-1 px-4 py-3 -outline-offset-2 outline-accent has-focus-visible:outline-2 max-sm:px-2"
      >
        <div ref={place} role="region" aria-label="Output of the program" className="h-full overflow-hidden" />
      </div>
    </div>
  )
}

export default Terminal
