import { terminalText } from "@runyard/core/TerminalText"
import { lazy, memo, Suspense, useDeferredValue, useMemo } from "react"

const Markdown = lazy(() => import("./Markdown.tsx"))

/** Longer texts are not read as Markdown: it would hold the page up. In characters. */
const maxMarkdown = 100_000
/** The same while they are being written. */
const maxLiveMarkdown = 20_000

const Plain = ({ text }: { readonly text: string }) => <div className="whitespace-pre-wrap">{text}</div>

interface MessageTextProps {
  readonly text: string
  /** It is being written. */
  readonly live: boolean
  /** Not Markdown. */
  readonly plain?: boolean
}

/** What an agent or a person says. */
export const MessageText = memo(({ live, plain = false, text }: MessageTextProps) => {
  const deferred = useDeferredValue(text)
  const safe = useMemo(() => terminalText(deferred), [deferred])
  if (plain || safe.length > (live ? maxLiveMarkdown : maxMarkdown)) return <Plain text={safe} />
  return (
    <div>
      <Suspense fallback={<Plain text={safe} />}>
        <Markdown text={safe} />
      </Suspense>
    </div>
  )
})
