/** Prints a run for a person: live text as it is written, finished events around it, nothing twice. */
import type { LiveFrame, RunEvent } from "@runyard/core"
import { type Rendered, renderEvent } from "./render.ts"
import type { Style } from "./style.ts"
import { terminalStream, type TerminalStream, terminalText } from "@runyard/core/TerminalText"

export interface LivePrinter {
  readonly event: (event: RunEvent) => void
  readonly frame: (frame: LiveFrame) => void
}

interface Sink {
  readonly answer: (text: string) => void
  readonly note: (text: string) => void
}

export const livePrinter = (sink: Sink, style: Style): LivePrinter => {
  /** The message on the screen whose last line is still open. */
  let open: { readonly id: string; readonly safe: TerminalStream; text: string } | undefined
  const finished = new Set<string>()

  const close = (): void => {
    if (open !== undefined) {
      const rest = open.safe.end()
      if (rest !== "") sink.answer(rest)
      if (!(open.text + rest).endsWith("\n")) sink.answer("\n")
    }
    open = undefined
  }
  const print = ({ kind, text }: Rendered): void => {
    close()
    if (kind === "answer") sink.answer(text.endsWith("\n") ? text : `${text}\n`)
    else sink.note(`${text}\n`)
  }
  const root = (id: string): string => id.split(":", 1)[0] ?? id

  return {
    frame: ({ messageId, text }) => {
      if (finished.has(root(messageId)) && open?.id !== messageId) return
      if (open !== undefined && open.id !== messageId) close()
      // Of the whole message: a sequence may be cut by frames.
      open ??= { id: messageId, safe: terminalStream(), text: "" }
      const safe = open.safe.push(text)
      open.text += safe
      if (safe !== "") sink.answer(safe)
    },
    event: (event) => {
      if (event.type === "agent.message" && event.payload.messageId !== undefined) {
        finished.add(event.payload.messageId)
        const text = terminalText(event.payload.text)
        if (open !== undefined && root(open.id) === event.payload.messageId && text.startsWith(open.text)) {
          sink.answer(`${text.slice(open.text.length)}\n`)
          open = undefined
          return
        }
      }
      renderEvent(event, style).forEach(print)
    },
  }
}
