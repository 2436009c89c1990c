/** What a program printed, line by line, redacted, as the log can give it back. Pure. */
import { joinSource } from "@runyard/core/SourceLine"
import type { RunEvent } from "../api/types.ts"

/** The lines of an event, each with its end; empty for what the host itself has written. */
export const rawText = (event: RunEvent): string => {
  if (event.type === "run.chunk.stdout" || event.type === "run.chunk.stderr") return `${event.payload.text}\n`
  return event.source === undefined ? "" : `${joinSource(event.source, event.payload)}\n`
}
