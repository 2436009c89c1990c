/**
 * Replay and then live, with no seam: the one algorithm behind `EventLog.events` and `EventLog.all` of every store.
 *
 * A subscriber holds nothing but its place. It reads what is stored after that place until there is nothing left, and
 * then waits for a sign that there may be more. Events are never pushed to it, so a slow one costs nothing.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { TailOptions } from "./EventLog.ts"
import type { RunyardError } from "./RunyardError.ts"

/** Most events that a subscriber gets at once. */
export const tailPageSize = 512

interface Ticket {
  /** Something was written since the last look. */
  dirty: boolean
  wake: (() => void) | undefined
}

/** Tells subscribers that there may be something new. Spurious signs are allowed, missing ones are not. */
export interface Signals<Key> {
  /** Wakes those who wait for this key. */
  readonly notify: (key: Key) => void
  /** Wakes everyone. */
  readonly notifyAll: () => void
  /** How many are subscribed now. */
  readonly size: () => number
  /** Waits until somebody is subscribed. Holds no timer, so a program that waits for nothing else ends. */
  readonly wanted: Effect.Effect<void>
  readonly subscribe: (key: Key) => Effect.Effect<Ticket, never, Scope.Scope>
}

const ring = (ticket: Ticket): void => {
  ticket.dirty = true
  ticket.wake?.()
}

export const makeSignals = <Key>(): Signals<Key> => {
  const tickets = new Map<Key, Set<Ticket>>()
  const occupied = Latch.makeUnsafe(false)
  let size = 0

  const add = (key: Key): Ticket => {
    const ticket: Ticket = { dirty: true, wake: undefined }
    const others = tickets.get(key)
    if (others === undefined) tickets.set(key, new Set([ticket]))
    else others.add(ticket)
    if (size++ === 0) occupied.openUnsafe()
    return ticket
  }

  const remove = (key: Key, ticket: Ticket): void => {
    const others = tickets.get(key)
    if (others?.delete(ticket) !== true) return
    if (--size === 0) occupied.closeUnsafe()
    if (others.size === 0) tickets.delete(key)
  }

  return {
    notify: (key) => tickets.get(key)?.forEach(ring),
    notifyAll: () => tickets.forEach((set) => set.forEach(ring)),
    size: () => size,
    wanted: occupied.await,
    subscribe: (key) =>
      Effect.acquireRelease(
        Effect.sync(() => add(key)),
        (ticket) => Effect.sync(() => remove(key, ticket)),
      ),
  }
}

/** Returns at once when something was written since `dirty` was cleared. */
const changed = (ticket: Ticket): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (ticket.dirty) return resume(Effect.void)
    // The writer calls `wake` inside its commit loop: yielding first gives the loop back before the reader works.
    ticket.wake = () => {
      ticket.wake = undefined
      resume(Effect.yieldNow)
    }
    return Effect.sync(() => {
      ticket.wake = undefined
    })
  })

/** Where a subscriber reads: one run's log or the log of all runs. */
export interface TailSource<A> {
  /** The newest stored place, and whether nothing will follow it. Asked at the start and seldom after. */
  readonly head: Effect.Effect<{ readonly last: number; readonly ended: boolean }, RunyardError>
  /**
   * Some of what is stored after a place, in order, at most `tailPageSize`. May be empty although there is more only if a
   * sign follows.
   */
  readonly page: (after: number) => Effect.Effect<ReadonlyArray<A>, RunyardError>
  readonly place: (item: A) => number
  /** Whether nothing follows this item. */
  readonly ends: (item: A) => boolean
}

/** The stream of a source. `key` is what its writer notifies. */
export const make = <A, Key>(
  source: TailSource<A>,
  signals: Signals<Key>,
  key: Key,
  options: TailOptions = {},
): Stream.Stream<A, RunyardError> => Stream.scoped(Stream.fromPull(makePull(source, signals, key, options)))

const makePull = Effect.fnUntraced(function* <A, Key>(
  source: TailSource<A>,
  signals: Signals<Key>,
  key: Key,
  options: TailOptions,
) {
  const follow = options.follow ?? true
  let after = options.after ?? 0
  const ticket = yield* signals.subscribe(key)
  const start = yield* source.head
  const until = follow ? Number.POSITIVE_INFINITY : start.last
  /** The reader was told to start after places that do not exist yet, so the end may come before anything it reads. */
  const ahead = after > start.last
  /** What is stored is all there will ever be. */
  let complete = start.ended
  let finished = false

  const emit = (page: Arr.NonEmptyReadonlyArray<A>) => {
    const last = Arr.lastNonEmpty(page)
    after = source.place(last)
    finished = source.ends(last)
    return page
  }

  const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, RunyardError> = Effect.gen(function* () {
    for (;;) {
      if (finished || after >= until) return yield* Cause.done()
      ticket.dirty = false
      const page = yield* source.page(after)
      const wanted = after + page.length > until ? page.filter((item) => source.place(item) <= until) : page
      if (Arr.isReadonlyArrayNonEmpty(wanted)) return emit(wanted)
      if (!follow || complete) return yield* Cause.done()
      complete = ahead && (yield* source.head).ended
      // Complete is only believed by a page that was read after it was known.
      if (!complete) yield* changed(ticket)
    }
  })
  return pull
})
