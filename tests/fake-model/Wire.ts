/** What the two APIs have in common on the wire. */
import type { Json } from "./Script.ts"

/** One server-sent event; its `type` is also the name of the event. */
export type WireEvent = { readonly type: string } & { readonly [key: string]: Json }

/** A turn in both forms in which a CLI may ask for it. */
export interface Turn {
  readonly events: ReadonlyArray<WireEvent>
  readonly whole: Json
}

export const sse = (event: WireEvent): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

/** Ids that no two blocks of one server share, shaped like the service's own. */
export const idMaker = (): ((prefix: string) => string) => {
  let last = 0
  return (prefix) => `${prefix}_fake${String(++last).padStart(8, "0")}`
}

/** Cuts a text as a model streams it: a few characters at a time, never through one of them. */
export const pieces = (text: string, size = 8): ReadonlyArray<string> => {
  const characters = Array.from(text)
  const width = Math.max(size, Math.ceil(characters.length / 400))
  return Array.from({ length: Math.ceil(characters.length / width) }, (_, at) =>
    characters.slice(at * width, (at + 1) * width).join(""),
  )
}
