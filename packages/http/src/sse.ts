/** Server-sent events: what is stored, then live, for readers of any speed. */
import type { EncodedRunEvent, EventLog, LiveFrame, RunEvent, RunId, Runyard, StoredEvent } from "@runyard/core"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { HttpServerResponse } from "effect/http"
import { makeFeedBook } from "./internal/feedBook.ts"
import { readFeed } from "./internal/feedReader.ts"
import type { Frame } from "./internal/frames.ts"
import { CurrentPrincipal, type Principal } from "./Principal.ts"

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
  /** Who reads it, and may. */
  readonly principal: Principal
  /** The newest place of the run's log. */
  readonly last: number
  /** The last place already seen. Default: from the start. */
  readonly after: number | undefined
  /** Messages that are still being written. */
  readonly live?: Stream.Stream<LiveFrame> | undefined
}

/** A feed is read for whoever opened it. Who may read on with it has been decided before. */
const readFor = <A, E>(principal: Principal, stream: Stream.Stream<A, E>): Stream.Stream<A, E> =>
  Stream.provideService(stream, CurrentPrincipal, principal)

/** The log of a run, and the end; with `live`, messages that are still being written beside it. */
export const makeRunStreams = (
  events: Runyard["Service"]["events"],
): Effect.Effect<(options: RunStreamOptions) => HttpServerResponse.HttpServerResponse, never, Scope.Scope> =>
  Effect.map(makeFeedBook<RunEvent>(), (feeds) => ({ after = 0, id, last, live, principal }) => {
    const source = {
      stored: (place: number) => readFor(principal, events(id, { after: place, follow: false })),
      follow: (place: number) => readFor(principal, events(id, { after: place })),
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
        beside: live === undefined ? undefined : Stream.map(readFor(principal, live), liveFrame),
      }),
    )
  })

export interface AllStreamOptions {
  /** Who reads it: those of one tenant share what is read. */
  readonly principal: Principal
  /** The newest cursor. */
  readonly last: number
  /** The last cursor already seen. Default: from the start. */
  readonly after: number | undefined
}

const everyRun = "*"
const keyOf = ({ tenant }: Principal): string =>
  tenant === undefined ? everyRun : JSON.stringify([tenant.platform, tenant.tenant])

/** The log of all runs. */
export const makeAllStream = (
  all: EventLog["Service"]["all"],
): Effect.Effect<(options: AllStreamOptions) => HttpServerResponse.HttpServerResponse, never, Scope.Scope> =>
  Effect.map(makeFeedBook<StoredEvent>(), (feeds) => ({ after = 0, last, principal }) => {
    const key = keyOf(principal)
    const source = {
      stored: (place: number) => readFor(principal, all({ after: place, follow: false })),
      follow: (place: number) => readFor(principal, all({ after: place })),
      frame: storedFrame,
      place: ({ cursor }: StoredEvent) => cursor,
    }
    return answer(
      readFeed({
        join: () => feeds.join(key, source, last),
        leave: (feed) => feeds.leave(key, feed),
        after,
        comment,
      }),
    )
  })
