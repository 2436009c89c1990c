/**
 * Whose turn it is: keeps an index of the store's queue, leases to this host what may begin, and has it executed. The index
 * decides inside the transaction that leases, so that hosts that share a store follow one order and exceed no limit
 * together.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Semaphore from "effect/Semaphore"
import { FairQueue } from "../FairQueue.ts"
import type { FairSettings } from "../FairSettings.ts"
import { openControl, type QueueControl, underControl } from "../QueueControl.ts"
import type { QueueEntry } from "../QueueEntry.ts"
import type { QueueJob } from "../QueueJob.ts"
import { localScope, nobody, type RunId } from "../Run.ts"
import type { QueueChanges, RunQueue } from "../RunQueue.ts"
import type { RunyardError } from "../RunyardError.ts"

/** How often changes that other hosts make to the queue are looked for while a run waits, in milliseconds. */
const pollMillis = 150
/** For how long a run of another host, whose turn it is, keeps its place free, in milliseconds. */
const courtesyMillis = 2_000
/** The wall clock is looked at this often: it may jump, timers do not. */
const longestPauseMillis = 60_000

export interface TurnsOptions {
  readonly queue: RunQueue["Service"]
  /** This host, by id. */
  readonly self: string
  readonly settings: () => FairSettings
  /** Whether runs that nobody has, or that are for every host, are executed here. */
  readonly adopts: boolean
  /** Whether another host is there to take its turns. */
  readonly isWell: (host: string) => boolean
  /** Executes a run that is leased to this host, and returns when it has ended. Does not fail. */
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
  /** Nothing begins any more. Gives the runs that wait here. */
  readonly stop: () => ReadonlySet<RunId>
  /** How many runs wait here. */
  readonly waiting: () => number
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

const jobOf = (entry: QueueEntry): QueueJob => {
  const { account, enqueuedAt, id, model, order, place, provider, scope, session } = entry
  return {
    id,
    sequence: order,
    tenant: scope.platform === localScope.platform ? scope.tenant : `${scope.platform}/${scope.tenant}`,
    workspace: scope.workspace,
    provider,
    priority: place.priority,
    units: place.weight ?? 1,
    enqueuedAt,
    ...(account === undefined ? {} : { account }),
    ...(model === undefined ? {} : { model }),
    ...(session === undefined ? {} : { session: `${provider}/${session}` }),
    ...(place.notBefore === undefined ? {} : { notBefore: place.notBefore }),
    ...(place.expiresAt === undefined ? {} : { expiresAt: place.expiresAt }),
  }
}

/** Whether it takes away from what others may use. */
const isBusy = (entry: QueueEntry | undefined): boolean => entry?.state === "live" || entry?.lease !== undefined

export const turns = (options: TurnsOptions): Turns => {
  const { adopts, begin, idle, isWell, queue, self } = options
  let control = openControl
  const settings = () => underControl(options.settings(), control)
  let fair = new FairQueue(settings())
  let version = 0
  const entries = new Map<string, QueueEntry>()
  /** Runs that wait here. */
  const own = new Set<RunId>()
  /** Since when it has been the turn of a run of another host, by the wall clock. */
  const offered = new Map<string, number>()
  const poked = Latch.makeUnsafe(false)
  let open = true

  const forget = (id: RunId) => {
    if (!fair.remove(id)) fair.finish(id)
    entries.delete(id)
    own.delete(id)
    offered.delete(id)
  }

  const learn = (entry: QueueEntry, now: number) => {
    const before = entries.get(entry.id)
    const job = jobOf(entry)
    entries.set(entry.id, entry)
    if (isBusy(entry)) {
      // A conversation gets its id while it goes on.
      if (isBusy(before) && before?.session !== entry.session) {
        fair.finish(entry.id)
        fair.enqueue(job, now)
        fair.reserve(entry.id)
      } else fair.start(job, now)
      offered.delete(entry.id)
      own.delete(entry.id)
      return
    }
    if (isBusy(before)) fair.finish(entry.id)
    if (!fair.enqueue(job, now)) fair.change(entry.id, job, now)
    if (entry.place.held === true) fair.hold(entry.id)
    else fair.release(entry.id, now)
    if (entry.host === self) own.add(entry.id)
  }

  const apply = (changes: QueueChanges, now: number) => {
    const isNew = changes.control !== control
    control = changes.control
    if (changes.whole) {
      fair = new FairQueue(settings())
      entries.clear()
    } else if (isNew) fair.configure(settings(), now)
    // Those that run take their places first, or others would be put before them.
    for (const entry of changes.entries.toSorted((a, b) => a.order - b.order)) learn(entry, now)
    for (const id of changes.gone) forget(id)
    version = changes.version
  }

  const isMine = (id: RunId): boolean => {
    const entry = entries.get(id)
    if (entry === undefined) return false
    if (entry.host === self || own.has(id)) return true
    return adopts && (entry.place.shared === true || entry.host === nobody.id)
  }

  /** Whether a run of another host keeps its place free until that host takes it. */
  const waitsFor = (id: RunId, now: number): boolean => {
    const host = entries.get(id)?.host
    if (host === undefined || !isWell(host)) return false
    const since = offered.get(id) ?? now
    offered.set(id, since)
    return now - since < courtesyMillis
  }

  const choose = (now: number) => (changes: QueueChanges) => {
    apply(changes, now)
    const mine: Array<RunId> = []
    const kept: Array<string> = []
    const passed: Array<string> = []
    for (let job = fair.next(now); job !== undefined; job = fair.next(now)) {
      const id = job.id as RunId
      if (isMine(id)) {
        fair.take(now)
        mine.push(id)
      } else if (waitsFor(id, now)) {
        fair.reserve(id)
        kept.push(id)
      } else {
        fair.hold(id)
        passed.push(id)
      }
    }
    for (const id of kept) fair.restore(id, now)
    for (const id of passed) fair.release(id, now)
    return mine
  }

  /** One look at the queue: what may begin begins. */
  const pass = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    let chosen = 0
    const decision = yield* queue.claim(self, version, (changes) => {
      const mine = choose(now)(changes)
      chosen = mine.length
      return mine
    })
    version = decision.claimed.length === chosen ? decision.version : 0
    for (const id of decision.claimed) {
      const entry = entries.get(id)
      if (entry !== undefined) entries.set(id, { ...entry, lease: self })
      own.delete(id)
    }
    for (const { id } of fair.expired(now)) {
      own.delete(id as RunId)
      entries.delete(id)
      yield* options.expire(id as RunId)
    }
    return decision.claimed
  }).pipe(
    // What is known may be half of what is true: it is read again as a whole.
    Effect.onError(() => Effect.sync(() => (version = 0))),
  )

  const pause = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const wake = Math.max(0, (fair.nextWake() ?? Infinity) - now)
    if (own.size > 0) return yield* Effect.sleep(Math.min(wake, pollMillis))
    yield* adopts ? idle(pollMillis) : idle(longestPauseMillis)
  })

  const looking = Semaphore.makeUnsafe(1)
  const look = Effect.suspend(() =>
    open && (own.size > 0 || adopts)
      ? pass.pipe(
          Effect.flatMap((claimed) => Effect.forEach(claimed, begin, { discard: true })),
          // Not even a defect may keep the queue from being looked at again.
          Effect.ignoreCause({ log: "Warn", message: "The queue could not be looked at" }),
        )
      : Effect.void,
  )

  const loop = Effect.gen(function* () {
    for (;;) {
      poked.closeUnsafe()
      yield* looking.withPermits(1)(look)
      yield* Effect.raceFirst(poked.await, pause)
    }
  })

  return {
    loop,
    poke: () => void poked.openUnsafe(),
    add: (id) =>
      Effect.suspend(() => {
        own.add(id)
        // While nothing can begin, as far as is known, one look for many is enough.
        const isFull = fair.running >= fair.settings.limits.global
        const now = isFull ? Effect.void : Effect.asVoid(looking.withPermitsIfAvailable(1)(look))
        return Effect.ensuring(
          now,
          Effect.sync(() => poked.openUnsafe()),
        )
      }),
    stop: () => {
      open = false
      return new Set(own)
    },
    waiting: () => own.size,
    refreshed: looking.withPermits(1)(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const changes = yield* queue.changes(version)
        apply(changes, now)
        return { index: fair, entries, control, now }
      }),
    ),
  }
}
