/** Server-sent events: what is stored, then live, for readers of any speed. */
import type { EncodedRunEvent, EventLog, LiveFrame, RunEvent, RunId, StoredEvent, Runyard } from "@runyard/core"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { HttpServerResponse } from "effect/http"
import { makeFeedBook } from "./internal/feedBook.ts"
import { readFeed } from "./internal/feedReader.ts"
import type { Frame } from "./internal/frames.ts"

const encoder = new TextEncoder()
const comment = encoder.encode(":\n\n")
const end = encoder.encode("event: end\ndata: {}\n\n")

/** Events are already what they are in JSON; the compiler would say if they were not. JSON has no line end in it. */
const numbered = (
  place: number,
  data: EncodedRunEvent | { readonly cursor: number; readonly event: EncodedRunEvent },
): Frame => ({
  place,
  bytes: encoder.encode(`id: ${place}\nevent: run\ndata: ${JSON.stringify(data)}\n\n`),
})

const eventFrame = (event: RunEvent): Frame => numbered(event.seq, event)
const storedFrame = ({ cursor, event }: StoredEvent): Frame => numbered(cursor, { cursor, event })
const liveFrame = (frame: LiveFrame): Uint8Array => encoder.encode(`event: live\ndata: ${JSON.stringify(frame)}\n\n`)

const answer = (body: ReadableStream<Uint8Array>): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.raw(body, {
    contentType: "text/event-stream",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no" },
  })

export interface RunStreamOptions {
  readonly id: RunId
  /** The newest place of the run's log. */
  readonly last: number
  /** The last place already seen. Default: from the start. */
  readonly after: number | undefined
  /** Messages that are still being written. */
  readonly live?: Stream.Stream<LiveFrame> | undefined
}

/** The log of a run, and the end; with `live`, messages that are still being written beside it. */
export const makeRunStreams = (
  events: Runyard["Service"]["events"],
): Effect.Effect<(options: RunStreamOptions) => HttpServerResponse.HttpServerResponse, never, Scope.Scope> =>
  Effect.map(makeFeedBook<RunEvent>(), (feeds) => ({ after = 0, id, last, live }) => {
    const source = {
      stored: (place: number) => events(id, { after: place, follow: false }),
      follow: (place: number) => events(id, { after: place }),
      frame: eventFrame,
      place: ({ seq }: RunEvent) => seq,
    }
    return answer(
      readFeed({
        join: () => feeds.join(id, source, last),
        leave: (feed) => feeds.leave(id, feed),
        after,
        comment,
        end,
        beside: live === undefined ? undefined : Stream.map(live, liveFrame),
      }),
    )
  })

export interface AllStreamOptions {
  /** The newest cursor. */
  readonly last: number
  /** The last cursor already seen. Default: from the start. */
  readonly after: number | undefined
}

const everyRun = "*"

/** The log of all runs. */
export const makeAllStream = (
  all: EventLog["Service"]["all"],
): Effect.Effect<(options: AllStreamOptions) => HttpServerResponse.HttpServerResponse, never, Scope.Scope> =>
  Effect.map(makeFeedBook<StoredEvent>(), (feeds) => {
    const source = {
      stored: (place: number) => all({ after: place, follow: false }),
      follow: (place: number) => all({ after: place }),
      frame: storedFrame,
      place: ({ cursor }: StoredEvent) => cursor,
    }
    return ({ after = 0, last }) =>
      answer(
        readFeed({
          join: () => feeds.join(everyRun, source, last),
          leave: (feed) => feeds.leave(everyRun, feed),
          after,
          comment,
        }),
      )
  })
