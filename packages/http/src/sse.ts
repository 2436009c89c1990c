/** Server-sent events: what is stored, then live, for readers of any speed. */
import type { EncodedRunEvent, LiveFrame, RunEvent, RunyardError, StoredEvent } from "@runyard/core"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { HttpServerResponse } from "effect/http"
import { framesIn } from "./internal/frameChunks.ts"

/** Proxies and clients that hear nothing for long take the connection for dead. */
export const heartbeatEvery = "15 seconds"

const encoder = new TextEncoder()
const comment = encoder.encode(":\n\n")
const end = encoder.encode("event: end\ndata: {}\n\n")

/** Events are already what they are in JSON; the compiler would say if they were not. JSON has no line end in it. */
const eventFrame = (event: EncodedRunEvent): Uint8Array =>
  encoder.encode(`id: ${event.seq}\nevent: run\ndata: ${JSON.stringify(event)}\n\n`)

const storedFrame = (stored: { readonly cursor: number; readonly event: EncodedRunEvent }): Uint8Array =>
  encoder.encode(
    `id: ${stored.cursor}\nevent: run\ndata: ${JSON.stringify({ cursor: stored.cursor, event: stored.event })}\n\n`,
  )

const liveFrame = (frame: LiveFrame): Uint8Array => encoder.encode(`event: live\ndata: ${JSON.stringify(frame)}\n\n`)

/** Readers that are up to date get the very same events from the store, so that each is encoded once for all of them. */
const once = <A extends object>(encode: (item: A) => Uint8Array): ((item: A) => Uint8Array) => {
  const known = new WeakMap<A, Uint8Array>()
  return (item) => {
    const found = known.get(item)
    if (found !== undefined) return found
    const made = encode(item)
    known.set(item, made)
    return made
  }
}

const frameOfEvent = once<RunEvent>(eventFrame)
const frameOfStored = once<StoredEvent>(storedFrame)

interface Sources {
  /** Numbered frames. The answer ends with them, and fails with them. */
  readonly log: Stream.Stream<Uint8Array, RunyardError>
  /** Frames beside them, which matter to nobody when the log has ended. */
  readonly beside?: Stream.Stream<Uint8Array>
}

/**
 * Frames of all sources and comments between them, in one place for whoever reads. Each source waits until what it gave was
 * taken, so that a reader that has stalled costs a page of events and not more; a comment for a reader that does not
 * take the last one is left out.
 */
const joined = ({ beside = Stream.empty, log }: Sources): Stream.Stream<Uint8Array, RunyardError> =>
  Stream.callback<Uint8Array, RunyardError>(
    Effect.fnUntraced(function* (queue) {
      const give = (chunks: Arr.NonEmptyReadonlyArray<Uint8Array>) =>
        Effect.forEach(chunks, (chunk) => Queue.offer(queue, chunk), { discard: true })
      const beat = Effect.suspend(() => (Queue.isFullUnsafe(queue) ? Effect.void : Queue.offer(queue, comment)))
      yield* Queue.offer(queue, comment)
      yield* Effect.forkScoped(Effect.schedule(beat, Schedule.spaced(heartbeatEvery)))
      yield* Effect.forkScoped(Stream.runForEachArray(beside, give))
      yield* Stream.runForEachArray(log, give)
      yield* Queue.end(queue)
    }),
    { bufferSize: 1 },
  )

/** The log of a run, and the end; with `live`, messages that are still being written beside it. */
export const runFrames = (
  log: Stream.Stream<RunEvent, RunyardError>,
  live: Stream.Stream<LiveFrame> = Stream.empty,
): Stream.Stream<Uint8Array, RunyardError> =>
  joined({
    log: Stream.concat(
      Stream.mapArray(log, (events) => framesIn(events, frameOfEvent)),
      Stream.succeed(end),
    ),
    beside: Stream.map(live, liveFrame),
  })

/** The log of all runs. */
export const allFrames = (log: Stream.Stream<StoredEvent, RunyardError>): Stream.Stream<Uint8Array, RunyardError> =>
  joined({ log: Stream.mapArray(log, (events) => framesIn(events, frameOfStored)) })

const headers = { "cache-control": "no-store", "x-accel-buffering": "no" }

/** The answer with these frames. */
export const eventStream = (frames: Stream.Stream<Uint8Array, RunyardError>): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.stream(frames, { contentType: "text/event-stream", headers })
