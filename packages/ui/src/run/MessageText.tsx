import { terminalText } from "@runyard/core/TerminalText"
import { Component, lazy, memo, type ReactNode, Suspense, useDeferredValue, useMemo } from "react"
import { isEasyMarkdown } from "./easyMarkdown.ts"

const Markdown = lazy(() => import("./Markdown.tsx"))

/** Longer texts are not read as Markdown: it would hold the page up. In characters. */
const maxMarkdown = 100_000
/** The same while they are being written. */
const maxLiveMarkdown = 20_000

const Plain = ({ text }: { readonly text: string }) => (
  <div dir="auto" className="whitespace-pre-wrap">
    {text}
  </div>
)

/** What cannot be drawn as Markdown is shown as it is, and the rest of the screen stays. */
class Readable extends Component<
  { readonly text: string; readonly children: ReactNode },
  { readonly failed: boolean }
> {
  override state = { failed: false }
  static getDerivedStateFromError() {
    return { failed: true }
  }
  override render() {
    const { children, text } = this.props
    return this.state.failed ? <Plain text={text} /> : children
  }
}

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
  const readable = !plain && safe.length <= (live ? maxLiveMarkdown : maxMarkdown) && isEasyMarkdown(safe)
  if (!readable) return <Plain text={safe} />
  return (
    <div>
      <Readable text={safe}>
        <Suspense fallback={<Plain text={safe} />}>
          <Markdown text={safe} />
        </Suspense>
      </Readable>
    </div>
  )
})
