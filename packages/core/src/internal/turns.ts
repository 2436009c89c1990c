/**
 * Whose turn it is: keeps an index of the store's queue, leases to this host what may begin, and has it executed. The index
 * decides inside the transaction that leases, so that hosts that share a store follow one order and exceed no limit
 * together.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Semaphore from "effect/Semaphore"
import type { Passage } from "../CircuitBreaker.ts"
import { maxKeptEntries } from "../FairClock.ts"
import type { FairQueue } from "../FairQueue.ts"
import type { QueueControl } from "../QueueControl.ts"
import type { QueueEntry } from "../QueueEntry.ts"
import type { RunId } from "../Run.ts"
import type { RunQueue } from "../RunQueue.ts"
import type { RunyardError } from "../RunyardError.ts"
import { monotonicMillis } from "./monotonic.ts"
import { QueueIndex, type QueueIndexOptions } from "./queueIndex.ts"

/** How often the order is written down while runs start, in milliseconds. What a crash loses of it is no longer than that. */
const keepMillis = 5_000
/** How often changes that other hosts make to the queue are looked for while a run waits, in milliseconds. */
const pollMillis = 150
/** The wall clock is looked at this often: it may jump, timers do not. */
const longestPauseMillis = 60_000

export interface TurnsOptions extends QueueIndexOptions {
  readonly queue: RunQueue["Service"]
  /** What breakers say, by account; those that let everybody through are not named. Default: all do. */
  readonly passages?: Effect.Effect<ReadonlyMap<string, Passage>, RunyardError>
  /** Has a run executed that is leased to this host. Does not wait for its end. */
  readonly begin: (id: RunId) => Effect.Effect<void>
  /** Gives a run its end that has waited for too long. */
  readonly expire: (id: RunId) => Effect.Effect<void, RunyardError>
  /** Sleeps without keeping the program alive. */
  readonly idle: (millis: number) => Effect.Effect<void>
}

export interface Turns {
  /** Goes on for ever. Never fails: a store that cannot tell now is asked again. */
  readonly loop: Effect.Effect<never>
  /** Looks at once whether somebody may begin. */
  readonly poke: () => void
  /** From now on this run waits here for its turn, whoever queued it. It may have begun when this returns. */
  readonly add: (id: RunId) => Effect.Effect<void>
  /** The same for a run that was executed here and is to be tried again; it begins later. */
  readonly again: (id: RunId) => void
  /** From now on runs of these hosts, which are dead, wait here as well if this host adopts. */
  readonly adoptFrom: (hosts: ReadonlyArray<string>) => void
  /** Whether a run begins here when its turn comes, as far as is known. */
  readonly isMine: (id: RunId) => boolean
  /**
   * This host did not execute the run that it was to begin. The lease is over with the next look that the store takes, and then
   * it waits here as before.
   */
  readonly giveBack: (id: RunId) => void
  /** Nothing begins any more. Gives the runs that wait here. */
  readonly stop: () => ReadonlySet<RunId>
  /** Writes down what the order remembers, if something was started since. A store that cannot take it has not got it. */
  readonly keep: Effect.Effect<void>
  /** How many runs wait here. */
  readonly waiting: () => number
  /** The queue as this host knows it. */
  readonly index: () => FairQueue
  /** The queue as the store has it now. */
  readonly refreshed: Effect.Effect<QueueView, RunyardError>
}

/** The queue at one instant. What is asked of the index is asked before anything else happens. */
export interface QueueView {
  readonly index: FairQueue
  readonly entries: ReadonlyMap<string, QueueEntry>
  readonly control: QueueControl
  readonly now: number
}

export const turns = (options: TurnsOptions): Turns => {
  const { adopts, begin, idle, queue, self } = options
  const known = new QueueIndex(options)
  /** Runs that have waited for too long and have not got their ends yet. */
  const late = new Set<RunId>()
  const poked = Latch.makeUnsafe(false)
  let open = true
  let failed = false

  const beginOne = (id: RunId) =>
    Effect.catchCause(begin(id), (cause) =>
      Effect.logError("A run could not begin", cause).pipe(Effect.tap(Effect.sync(() => known.giveBack(id)))),
    )

  const expireLate = Effect.suspend(() =>
    Effect.forEach(
      late,
      (id) =>
        Effect.tap(
          options.expire(id),
          Effect.sync(() => late.delete(id)),
        ),
      { discard: true },
    ),
  )

  let remembers = false
  /** Before the queue is read for the first time: where the order was when the last host wrote it down. */
  const remember = Effect.suspend(() => {
    if (remembers) return Effect.void
    remembers = true
    return Effect.map(
      Effect.orElseSucceed(queue.clock, () => undefined),
      (clock) => known.remember(clock),
    )
  })

  /** Whether something was started since the order was written down, and when that was, by this host's own clock. */
  let started = false
  let keptAt = -Infinity
  const keep = Effect.suspend(() => {
    if (!started) return Effect.void
    started = false
    const clock = known.fair.clock()
    return clock.length > maxKeptEntries ? Effect.void : Effect.ignore(queue.keepClock(clock))
  })

  /** Reads the queue as a whole. Not while all others wait: it is as much as there is. */
  const read = Effect.flatMap(queue.changes(0), (changes) =>
    Effect.map(Clock.currentTimeMillis, (now) => known.apply(changes, now)),
  )

  /** One look at the queue: what may begin begins. */
  const pass = Effect.gen(function* () {
    yield* remember
    if (known.version === 0) yield* read
    if (known.unused.size > 0) {
      const ids = [...known.unused]
      yield* queue.release(self, ids)
      for (const id of ids) known.unused.delete(id)
    }
    const passages = options.passages === undefined ? undefined : yield* options.passages
    const wall = yield* Clock.currentTimeMillis
    const mono = yield* monotonicMillis
    let chosen: ReadonlyArray<RunId> | undefined
    const claim = queue.claim(self, known.version, (changes) => {
      chosen = []
      known.apply(changes, wall)
      return (chosen = known.choose({ mono, wall }, passages))
    })
    // What is counted as started and is not leased would be so for ever, so all of it is read again.
    const decision = yield* Effect.onError(claim, () => Effect.sync(() => void (chosen && (known.version = 0))))
    known.version = decision.claimed.length === chosen?.length ? decision.version : 0
    if (known.hasMore) poked.openUnsafe()
    known.claimed(decision.claimed)
    for (const id of known.expired(wall)) late.add(id)
    yield* Effect.forEach(decision.claimed, beginOne, { discard: true })
    if (decision.claimed.length > 0) started = true
    if (started && mono - keptAt >= keepMillis) {
      keptAt = mono
      yield* keep
    }
    if (late.size > 0) yield* expireLate
  })

  const pause = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const wake = Math.max(failed ? pollMillis : 0, (known.fair.nextWake() ?? Infinity) - now)
    if (known.own.size > 0) return yield* Effect.sleep(Math.min(wake, pollMillis))
    yield* idle(adopts || late.size > 0 || known.unused.size > 0 ? pollMillis : longestPauseMillis)
  })

  const looking = Semaphore.makeUnsafe(1)
  const look = Effect.suspend(() => {
    if (!open || !(adopts || known.own.size + late.size + known.unused.size > 0)) return Effect.void
    failed = true
    return pass.pipe(
      Effect.tap(Effect.sync(() => void (failed = false))),
      // It has to stop what it executes first.
      Effect.catchIf(
        (error) => error.code === "QUEUE_LEASE_LOST",
        () => Effect.void,
      ),
      // Not even a defect may keep the queue from being looked at again.
      Effect.ignoreCause({ log: "Warn", message: "The queue could not be looked at" }),
    )
  })

  const loop = Effect.gen(function* () {
    for (;;) {
      poked.closeUnsafe()
      yield* looking.withPermits(1)(look)
      yield* Effect.raceFirst(poked.await, pause)
      // Runs that end together are one reason to look, not one each.
      yield* Effect.yieldNow
    }
  })

  return {
    loop,
    poke: () => void poked.openUnsafe(),
    add: (id) =>
      Effect.gen(function* () {
        known.adopt(id, yield* Clock.currentTimeMillis)
        // While nothing can begin, as far as is known, one look for many is enough.
        const isFull = known.fair.running >= known.fair.settings.limits.global
        if (!isFull) yield* looking.withPermitsIfAvailable(1)(look)
      }).pipe(Effect.ensuring(Effect.sync(() => poked.openUnsafe()))),
    adoptFrom: (hosts) => {
      known.adoptFrom(new Set(hosts))
      poked.openUnsafe()
    },
    again: (id) => {
      known.own.add(id)
      poked.openUnsafe()
    },
    isMine: (id) => known.isMine(id),
    giveBack: (id) => {
      known.giveBack(id)
      poked.openUnsafe()
    },
    keep,
    stop: () => {
      open = false
      return new Set(known.own)
    },
    waiting: () => known.own.size,
    index: () => known.fair,
    refreshed: looking.withPermits(1)(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* remember
        known.apply(yield* queue.changes(known.version), now)
        return { index: known.fair, entries: known.entries, control: known.control, now }
      }),
    ),
  }
}
