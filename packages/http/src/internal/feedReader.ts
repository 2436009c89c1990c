/** One reader of a feed, as the body of an answer. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { holdsItself, type SelfHeld } from "../security/HeldStream.ts"
import type { Feed, Straggler, Waiter } from "./Feed.ts"
import type { Piece } from "./frames.ts"

export interface FeedReaderOptions<A> {
  /** Called at the first read, and `leave` once afterwards. */
  readonly join: () => Feed<A>
  readonly leave: (feed: Feed<A>) => void
  /** The last place already seen. */
  readonly after: number
  /** What is sent first, and while there is nothing else to send. */
  readonly comment: Uint8Array
  /** What is sent when the log has ended. */
  readonly end?: Uint8Array | undefined
  /** Frames beside the log, which matter to nobody when it has ended. The next one waits until its last one was taken. */
  readonly beside?: Stream.Stream<Uint8Array> | undefined
}

interface Offer {
  readonly bytes: Uint8Array
  readonly taken: () => void
}

class Reader<A> implements Waiter, Straggler, SelfHeld {
  private place: number
  private feed: Feed<A> | undefined
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** What is stored and not yet sent, and a place that is reached when that is done. */
  private behind: { readonly pieces: ReadableStreamDefaultReader<Piece>; readonly until: number } | undefined
  private reading: Promise<void> | undefined
  /** Whether it has read the store since it was last looked at. */
  private hasRead = false
  private offer: Offer | undefined
  private besides: Fiber.Fiber<void> | undefined
  private isOpen = true
  private ended: () => void = () => undefined
  private readonly options: FeedReaderOptions<A>

  constructor(options: FeedReaderOptions<A>) {
    this.options = options
    this.place = options.after
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.controller = controller
  }

  /** Its reader wants a piece. */
  pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> | undefined {
    if (this.feed !== undefined) return this.reading ?? this.next()
    this.feed = this.options.join()
    const { beside, comment } = this.options
    if (beside !== undefined) this.besides = Effect.runFork(Stream.runForEachArray(beside, (all) => this.offerAll(all)))
    controller.enqueue(comment)
    return undefined
  }

  wake(): void {
    void this.next()
  }

  beat(): void {
    this.controller?.enqueue(this.options.comment)
  }

  /** Its page is read anew when it goes on. */
  rest(): void {
    const { behind, feed, hasRead, reading } = this
    this.hasRead = false
    if (hasRead || reading !== undefined || behind === undefined) return
    this.behind = undefined
    feed?.stragglers.delete(this)
    void behind.pieces.cancel().catch(() => undefined)
  }

  end(last: Uint8Array): void {
    const { controller } = this
    if (controller === undefined) return
    controller.enqueue(last)
    this.close()
    controller.close()
  }

  onEnd(ended: () => void): void {
    this.ended = ended
  }

  /** Lets go of everything. */
  close(): void {
    const { behind, feed } = this
    this.controller = undefined
    if (!this.isOpen) return
    this.isOpen = false
    this.behind = undefined
    this.besides?.interruptUnsafe()
    void behind?.pieces.cancel().catch(() => undefined)
    if (feed !== undefined) {
      feed.leave(this)
      feed.stragglers.delete(this)
      this.options.leave(feed)
    }
    this.ended()
  }

  private next(): Promise<void> | undefined {
    const { controller, feed, offer } = this
    if (controller === undefined || feed === undefined) return undefined
    if (offer !== undefined) {
      this.offer = undefined
      controller.enqueue(offer.bytes)
      offer.taken()
      return undefined
    }
    if (this.behind !== undefined || !feed.tail.reaches(this.place)) return this.catchUp(feed)
    const piece = feed.after(this.place)
    if (piece !== undefined) {
      this.place = piece.place
      controller.enqueue(piece.bytes)
    } else if (feed.exit === undefined) feed.wait(this)
    else this.finish(controller, feed.exit)
    return undefined
  }

  private catchUp(feed: Feed<A>): Promise<void> {
    this.behind ??= { pieces: feed.stored(this.place).getReader(), until: feed.tail.last }
    this.hasRead = true
    feed.stragglers.add(this)
    const { pieces, until } = this.behind
    this.reading = pieces.read().then(
      ({ done, value }) => {
        this.reading = undefined
        if (done) {
          this.behind = undefined
          feed.stragglers.delete(this)
          // Also where the store has nothing any more.
          this.place = Math.max(this.place, until)
          return this.next()
        }
        this.place = value.place
        this.controller?.enqueue(value.bytes)
        return undefined
      },
      (error: unknown) => {
        this.reading = undefined
        this.fail(error)
      },
    )
    return this.reading
  }

  private finish(controller: ReadableStreamDefaultController<Uint8Array>, exit: Exit.Exit<void, unknown>): void {
    if (Exit.isFailure(exit)) return this.fail(Cause.squash(exit.cause))
    const { end } = this.options
    if (end !== undefined) controller.enqueue(end)
    this.close()
    controller.close()
  }

  private fail(error: unknown): void {
    const { controller } = this
    this.close()
    controller?.error(error)
  }

  private offerAll(all: Arr.NonEmptyReadonlyArray<Uint8Array>): Effect.Effect<void> {
    return Effect.forEach(
      all,
      (bytes) =>
        Effect.callback<void>((resume) => {
          this.offer = { bytes, taken: () => resume(Effect.void) }
          if (this.feed?.leave(this) === true) void this.next()
        }),
      { discard: true },
    )
  }
}

/** A stream that holds one piece at most for a reader that does not read, and a page of the store for one that catches up. */
export const readFeed = <A>(options: FeedReaderOptions<A>): ReadableStream<Uint8Array> => {
  const reader = new Reader(options)
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => reader.start(controller),
      pull: (controller) => reader.pull(controller),
      cancel: () => reader.close(),
    },
    { highWaterMark: 0 },
  )
  return holdsItself(body, reader)
}
