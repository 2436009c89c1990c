/**
 * A log as frames for all who read it at once: one fiber follows it, and each event is encoded once. Readers hold nothing
 * but their place; one that is behind reads the store for itself until it has caught up. What nobody is there to read is
 * not encoded at all.
 */
import type { RunyardError } from "@runyard/core"
import * as Arr from "effect/Array"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type Frame, type Piece, piecesOf } from "./frames.ts"
import { FrameTail, maxBytes } from "./FrameTail.ts"
import type { Turn } from "./turns.ts"

/** How often it is looked whether somebody who reads the store has stopped to. */
const sweepEvery = "1 second"

/** Proxies and clients that hear nothing for long take the connection for dead. */
const heartbeatEvery = "15 seconds"

export interface FeedSource<A> {
  /** What is stored after a place now. */
  readonly stored: (after: number) => Stream.Stream<A, RunyardError>
  /** The same, and then live. Its end is that of the feed. */
  readonly follow: (after: number) => Stream.Stream<A, RunyardError>
  readonly frame: (item: A) => Frame
  readonly place: (item: A) => number
}

/** A reader that has all there is, and waits. */
export interface Waiter {
  /** There is more, or there will be nothing. Called once; whoever wants to hear again waits again. */
  readonly wake: () => void
  /** Time has passed. Called once as well. */
  readonly beat: () => void
}

/** A reader that is behind, and holds a page of the store. */
export interface Straggler {
  /** Lets go of its page if it has not read since it was last told. */
  readonly rest: () => void
}

export class Feed<A> {
  readonly tail: FrameTail
  readonly stragglers = new Set<Straggler>()
  /** How it has ended; undefined: it goes on. */
  exit: Exit.Exit<void, RunyardError> | undefined
  private readonly source: FeedSource<A>
  private readonly context: Context.Context<never>
  private readonly turn: Turn
  private readonly fiber: Fiber.Fiber<void>
  private readonly sweeper: Fiber.Fiber<void>
  private waiting = new Set<Waiter>()
  /** Bytes that were encoded since somebody last had all there was, or took a piece. */
  private unread = 0

  /** @param start the newest place that is stored. */
  constructor(source: FeedSource<A>, start: number, context: Context.Context<never>, turn: Turn) {
    this.source = source
    this.turn = turn
    this.context = context
    this.tail = new FrameTail(start)
    const follow = Stream.runForEachArray(source.follow(start), (items) => Effect.sync(() => this.publish(items)))
    const beat = Effect.schedule(
      Effect.sync(() => this.tell("beat")),
      Schedule.spaced(heartbeatEvery),
    )
    const sweep = Effect.schedule(
      Effect.sync(() => this.stragglers.forEach((straggler) => straggler.rest())),
      Schedule.spaced(sweepEvery),
    )
    const work = Effect.raceFirst(follow, Effect.andThen(beat, Effect.never))
    // Also when the log has ended, and its readers have not.
    this.sweeper = Effect.runForkWith(context)(Effect.asVoid(sweep))
    this.fiber = Effect.runForkWith(context)(
      Effect.flatMap(Effect.exit(work), (exit) => Effect.sync(() => this.end(exit))),
    )
  }

  wait(waiter: Waiter): void {
    this.unread = 0
    this.waiting.add(waiter)
  }

  /** The next piece for a reader whose place the tail reaches; undefined when there is none, or none yet. */
  after(place: number): Piece | undefined {
    const piece = this.tail.after(place)
    if (piece !== undefined) this.unread = 0
    return piece
  }

  /** Whether it has waited until now. */
  leave(waiter: Waiter): boolean {
    return this.waiting.delete(waiter)
  }

  /** Pieces of what is stored after a place. Asks the store for no more than a page before its reader asks for it. */
  stored(after: number): ReadableStream<Piece> {
    const { frame, stored } = this.source
    const inTurn = Stream.transformPull(stored(after), (pull) => Effect.succeed(Effect.andThen(this.turn, pull)))
    const pieces = Stream.mapArray(inTurn, (items) => piecesOf(Arr.map(items, frame)))
    return Stream.toReadableStreamWith(pieces, this.context, { strategy: { highWaterMark: 0 } })
  }

  stop(): void {
    this.fiber.interruptUnsafe()
    this.sweeper.interruptUnsafe()
  }

  private publish(items: ReadonlyArray<A>): void {
    const newest = items.at(-1)
    if (newest === undefined) return
    // All its readers have stopped to read, or read the store: what comes goes by.
    if (this.unread > maxBytes) return this.tail.skip(this.source.place(newest))
    const frames = items.map(this.source.frame)
    this.tail.push(frames)
    this.unread += frames.reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.tell("wake")
  }

  private end(exit: Exit.Exit<void, RunyardError>): void {
    this.exit = exit
    this.tell("wake")
  }

  private tell(what: keyof Waiter): void {
    const waiting = this.waiting
    this.waiting = new Set()
    for (const waiter of waiting) waiter[what]()
  }
}
