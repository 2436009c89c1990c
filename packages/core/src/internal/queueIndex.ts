/**
 * The queue of the store as one host knows it: who waits, who is executed, and which of those whose turn it is begin here.
 * Without effects and without a clock, so that it can decide inside a transaction.
 */
import type { Passage } from "../CircuitBreaker.ts"
import type { FairClock } from "../FairClock.ts"
import { FairQueue } from "../FairQueue.ts"
import type { FairSettings } from "../FairSettings.ts"
import { openControl, underControl } from "../QueueControl.ts"
import { type QueueEntry, tenantName } from "../QueueEntry.ts"
import type { QueueJob } from "../QueueJob.ts"
import { nobody, type RunId } from "../Run.ts"
import type { QueueChanges } from "../RunQueue.ts"
import { Courtesy } from "./courtesy.ts"
import { ShutOut } from "./shutOut.ts"

export interface QueueIndexOptions {
  /** This host, by id. */
  readonly self: string
  readonly settings: () => FairSettings
  /** Whether runs that nobody has, or that are for every host, are executed here. */
  readonly adopts: boolean
  /** Whether another host is there to take its turns. */
  readonly isWell: (host: string) => boolean
}

/** When something is looked at, in milliseconds. */
export interface Instant {
  /** Of the wall clock, which is the store's. */
  readonly wall: number
  /** Of this host's own clock, that nobody sets. */
  readonly mono: number
}

/** Pure. */
export const jobOf = (entry: QueueEntry): QueueJob => {
  const { account, enqueuedAt, id, model, order, place, provider, scope, session } = entry
  return {
    id,
    sequence: order,
    tenant: tenantName(scope),
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

export class QueueIndex {
  fair: FairQueue
  /** What holds for the whole queue. */
  control = openControl
  /** What is known. 0: nothing that could be relied on. */
  version = 0
  /** Runs that wait here. */
  readonly own = new Set<RunId>()
  /** Leased to this host and about to be executed by it. */
  readonly begun = new Set<RunId>()
  /** Leases that this host is to give back, since it does not execute what it has them for. */
  readonly unused = new Set<RunId>()
  /** Hosts whose runs wait for whoever adopts them. */
  #dead: ReadonlySet<string> = new Set()
  readonly entries = new Map<string, QueueEntry>()
  #remembered: FairClock | undefined
  /** Runs that were added since the last look. */
  readonly #adopted = new Set<RunId>()
  readonly #courtesy: Courtesy
  readonly #shutOut = new ShutOut()
  readonly #options: QueueIndexOptions

  constructor(options: QueueIndexOptions) {
    this.#options = options
    this.fair = new FairQueue(this.#settings())
    this.#courtesy = new Courtesy(options.isWell)
  }

  /** Takes in what has happened, in the order of the store. */
  apply(changes: QueueChanges, now: number): void {
    // Those that run take their places first, or others would be put before them.
    const entries = changes.entries.toSorted((a, b) => a.order - b.order)
    const isNew = changes.control !== this.control
    this.control = changes.control
    if (changes.whole) this.#rebuild(entries, now)
    else if (isNew) this.fair.configure(this.#settings(), now)
    if (!changes.whole) for (const entry of entries) this.#learn(entry, now)
    for (const id of changes.gone) this.#forget(id)
    this.version = changes.version
  }

  /** What was kept of the order before this host was there; for the first time that it reads the queue. */
  remember(clock: FairClock | undefined): void {
    this.#remembered = clock
  }

  /** From now on this run waits here, whoever queued it. */
  adopt(id: RunId, now: number): void {
    this.own.add(id)
    this.#adopted.add(id)
    this.#courtesy.release(id, this.fair, now)
  }

  /** From now on the runs of these hosts wait here, too, if this host adopts; those of no others do. */
  adoptFrom(dead: ReadonlySet<string>): void {
    for (const host of dead) this.#courtesy.taken(host)
    this.#dead = dead
  }

  /** Whether there is more to decide about, at once, in a transaction of its own. */
  get hasMore(): boolean {
    return this.#shutOut.isSpent
  }

  /**
   * The runs that begin here, in order. They are counted as started.
   * @param passages what breakers say, by account; those that let everybody through are not named. Default: all do.
   */
  choose({ mono, wall }: Instant, passages: ReadonlyMap<string, Passage> = new Map()): ReadonlyArray<RunId> {
    const { fair } = this
    const mine: Array<RunId> = []
    const kept: Array<string> = []
    const courtesy = this.#courtesy
    const shutOut = this.#shutOut
    courtesy.begin(mono, fair, wall)
    shutOut.begin(passages, fair, wall)
    for (let job = fair.next(wall); job !== undefined; job = fair.next(wall)) {
      const id = job.id as RunId
      if (!shutOut.isOpen(job)) {
        if (shutOut.keep(job, fair)) continue
        break
      }
      const host = this.entries.get(id)?.host ?? nobody.id
      if (this.isMine(id)) {
        shutOut.pass(job)
        fair.start(job, wall)
        mine.push(id)
      } else if (courtesy.keeps(host, mono)) {
        shutOut.pass(job)
        fair.reserve(id)
        kept.push(id)
      } else {
        courtesy.pass(host, id, fair)
      }
    }
    for (const id of kept) fair.restore(id, wall)
    courtesy.end()
    // Whatever was committed before they were added is known by now.
    for (const id of this.#adopted) {
      const entry = this.entries.get(id)
      if (entry === undefined || isBusy(entry)) this.own.delete(id)
    }
    this.#adopted.clear()
    return mine
  }

  /** What was chosen is leased to this host. */
  claimed(ids: ReadonlyArray<RunId>): void {
    for (const id of ids) {
      const entry = this.entries.get(id)
      if (entry !== undefined) this.entries.set(id, { ...entry, lease: this.#options.self })
      this.own.delete(id)
      this.unused.delete(id)
      this.begun.add(id)
    }
  }

  /** This host does not execute what it has leased, for now. */
  giveBack(id: RunId): void {
    this.begun.delete(id)
    this.unused.add(id)
    // Nobody else brings it back to a host that executes its own runs alone.
    if (!this.#options.adopts && this.entries.get(id)?.state === "waiting") this.own.add(id)
  }

  /** Runs that have waited for too long, once each. They wait no more. */
  expired(now: number): ReadonlyArray<RunId> {
    return this.fair.expired(now).map(({ id }) => {
      this.own.delete(id as RunId)
      this.entries.delete(id)
      return id as RunId
    })
  }

  /** Whether it begins here when its turn comes. */
  isMine(id: RunId): boolean {
    const entry = this.entries.get(id)
    if (entry === undefined) return false
    const { adopts, self } = this.#options
    if (entry.host === self || this.own.has(id)) return true
    return adopts && (entry.place.shared === true || entry.host === nobody.id || this.#dead.has(entry.host))
  }

  #settings(): FairSettings {
    return underControl(this.#options.settings(), this.control)
  }

  #rebuild(entries: ReadonlyArray<QueueEntry>, now: number): void {
    const busy = entries.filter(isBusy)
    const idle = entries.filter((entry) => !isBusy(entry))
    const jobs = (of: ReadonlyArray<QueueEntry>) => of.map(jobOf)
    const rows = {
      running: jobs(busy),
      queued: jobs(idle.filter(({ place }) => place.held !== true)),
      held: jobs(idle.filter(({ place }) => place.held === true)),
      // Who has had how much of late is known here better than by what was kept.
      clock: this.#remembered ?? this.fair.clock(),
    }
    this.#remembered = undefined
    const { self } = this.#options
    this.fair = FairQueue.from(this.#settings(), rows, now)
    this.#courtesy.forget()
    this.#shutOut.forget()
    this.entries.clear()
    const adopted = new Set(this.own)
    this.own.clear()
    for (const entry of entries) {
      this.entries.set(entry.id, entry)
      if (isBusy(entry)) this.#claimedBy(entry)
      else if (entry.host === self || adopted.has(entry.id)) this.own.add(entry.id)
    }
    for (const id of this.begun) if (!this.entries.has(id)) this.begun.delete(id)
  }

  #learn(entry: QueueEntry, now: number): void {
    const { fair } = this
    const before = this.entries.get(entry.id)
    const job = jobOf(entry)
    this.entries.set(entry.id, entry)
    this.#courtesy.drop(entry.id)
    this.#shutOut.drop(entry.id)
    if (isBusy(entry)) {
      // A conversation gets its id while it goes on.
      if (isBusy(before) && before?.session !== entry.session) {
        fair.finish(entry.id)
        fair.enqueue(job, now)
        fair.reserve(entry.id)
      } else fair.start(job, now)
      this.own.delete(entry.id)
      this.#claimedBy(entry)
      return
    }
    // Its place may have lost a delay, so nothing of what was known is kept. Its number is its place.
    if (!fair.finish(entry.id)) fair.remove(entry.id)
    fair.enqueue(job, now)
    if (entry.place.held === true) fair.hold(entry.id)
    this.begun.delete(entry.id)
    if (entry.host === this.#options.self) this.own.add(entry.id)
  }

  /** Who takes a turn is there. A lease of this host's that it knows nothing of is not used by anybody. */
  #claimedBy({ host, id, lease, state }: QueueEntry): void {
    const { self } = this.#options
    this.#courtesy.taken(lease ?? host)
    if (state === "waiting" && lease === self) {
      if (!this.begun.has(id)) this.unused.add(id)
    } else {
      this.begun.delete(id)
      this.unused.delete(id)
    }
  }

  #forget(id: RunId): void {
    if (!this.fair.remove(id)) this.fair.finish(id)
    this.entries.delete(id)
    this.#courtesy.drop(id)
    this.#shutOut.drop(id)
    this.own.delete(id)
    this.begun.delete(id)
    this.unused.delete(id)
  }
}
