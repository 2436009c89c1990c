/**
 * Which queued run goes next, and which may go at all. A structure in memory that each host keeps beside the durable queue
 * and tells of every change in the order in which it was committed, so that all of them come to the same answer. It has no
 * clock: each call says what time it is, which for what has been committed is when it was. Asking lets in the jobs whose delay
 * has ended, so ask only when everything that was committed before has been told. Adding, starting and ending cost about the same however much is queued.
 */
import { defaultFairSettings, type FairSettings } from "./FairSettings.ts"
import { type FairClock, readClock, sweepAll, writeClock } from "./internal/fairClock.ts"
import { FairHeap } from "./internal/fairHeap.ts"
import type { Entry, Timer } from "./internal/fairLane.ts"
import { leaveAll, takeAll } from "./internal/fairLimiter.ts"
import { FairReservation } from "./internal/fairReservation.ts"
import { FairSessions } from "./internal/fairSessions.ts"
import { FairTree } from "./internal/fairTree.ts"
import { nextEntry } from "./internal/fairTurn.ts"
import { explainEntry, type Explanation } from "./internal/fairExplain.ts"
import { withRoomForOne } from "./Limits.ts"
import type { QueueJob } from "./QueueJob.ts"

export type { FairClock, FairClockEntry } from "./internal/fairClock.ts"
export type { Blocker, Explanation } from "./internal/fairExplain.ts"

/** What is read back from the durable queue. */
export interface FairRows {
  /** Jobs that have not started and are not held, by rising `sequence` for speed. */
  readonly queued: ReadonlyArray<QueueJob>
  readonly held?: ReadonlyArray<QueueJob>
  readonly running?: ReadonlyArray<QueueJob>
  /** What was written of `clock()` with the last start. Without it every lane begins alike, nothing owed to any. */
  readonly clock?: FairClock
}

/** What may be changed of a job that has not started. Its place is its `sequence`. */
export type JobChange = Partial<Omit<QueueJob, "id">>

const timers = () => new FairHeap<Timer>((a, b) => a.at < b.at)

export class FairQueue {
  #settings: FairSettings
  #tree: FairTree
  #sessions = new FairSessions()
  #reservation: FairReservation
  #entries = new Map<string, Entry>()
  #delayed = timers()
  #expiring = timers()
  readonly #expired: Array<QueueJob> = []
  #running = 0

  constructor(settings: FairSettings = defaultFairSettings) {
    this.#settings = settings
    this.#tree = new FairTree(settings)
    this.#reservation = new FairReservation(this.#tree, this.#sessions)
  }

  /** A queue with these rows. With the clock of their last start it goes on exactly as the one that the clock is from. */
  static from(settings: FairSettings, rows: FairRows, now: number): FairQueue {
    const queue = new FairQueue(settings)
    writeClock(queue.#tree, rows.clock ?? [])
    for (const job of rows.running ?? []) queue.#run(queue.#entry(job))
    for (const job of rows.queued) queue.enqueue(job, now)
    for (const job of rows.held ?? []) queue.#hold(queue.#entry(job))
    writeClock(queue.#tree, rows.clock ?? [])
    sweepAll(queue.#tree.root)
    return queue
  }

  get settings(): FairSettings {
    return this.#settings
  }

  /** Jobs that have not started: waiting, delayed or held. */
  get size(): number {
    return this.#entries.size - this.#running
  }

  get running(): number {
    return this.#running
  }

  /** The jobs that have started. Costs a look at each job. */
  get started(): ReadonlyArray<QueueJob> {
    return [...this.#entries.values()].flatMap(({ job, state }) => (state === "running" ? [job] : []))
  }

  /** Adds a job. False: the id is known already, and nothing has changed. */
  enqueue(job: QueueJob, now: number): boolean {
    if (this.#entries.has(job.id)) return false
    this.#admit(this.#entry(job), now)
    return true
  }

  /** Takes out a job that has not started. False: there is none. */
  remove(id: string): boolean {
    const entry = this.#unstarted(id)
    if (entry === undefined) return false
    this.#withdraw(entry)
    this.#entries.delete(id)
    leaveAll(entry.limiters)
    return true
  }

  /** The job that goes next. Undefined: none may start now. */
  next(now: number): QueueJob | undefined {
    return this.#next(now)?.job
  }

  /** The job that goes next, started. */
  take(now: number): QueueJob | undefined {
    const entry = this.#next(now)
    if (entry !== undefined) this.#start(entry)
    return entry?.job
  }

  /** Books that a host has started this job, whichever it was. Limits may be exceeded by it, and are then full. */
  start(job: QueueJob, now: number): void {
    this.#advance(now)
    const known = this.#entries.get(job.id)
    if (known?.state === "running") return
    const entry = known ?? this.#entry(job)
    if (entry.at === undefined) {
      this.#withdraw(entry)
      this.#tree.place(entry, this.#sessions.isFree(job))
    }
    this.#start(entry)
  }

  /** Books that a started job no longer runs. False: it did not. */
  finish(id: string): boolean {
    const entry = this.#entries.get(id)
    if (entry?.state !== "running") return false
    this.#entries.delete(id)
    this.#running--
    this.#sessions.give(entry.job)
    takeAll(entry.limiters, -entry.job.units)
    leaveAll(entry.limiters)
    this.#reservation.reconsider()
    return true
  }

  /** Keeps the room of a job that has not started, as if it ran, until `restore`. Charges its lane nothing. False: there is none. */
  reserve(id: string): boolean {
    const entry = this.#unstarted(id)
    if (entry === undefined) return false
    this.#withdraw(entry)
    this.#run(entry)
    return true
  }

  /** Ends a `reserve`: the job waits again where it was. False: no room was kept for it. */
  restore(id: string, now: number): boolean {
    const job = this.#entries.get(id)?.job
    return job !== undefined && this.finish(id) && this.enqueue(job, now)
  }

  /** Keeps a job from starting until `release`. It keeps its number, and so its place. False: there is none to hold. */
  hold(id: string): boolean {
    const entry = this.#unstarted(id)
    if (entry === undefined) return false
    this.#withdraw(entry)
    this.#hold(entry)
    return true
  }

  /** Ends a hold. False: the job is not held. */
  release(id: string, now: number): boolean {
    const entry = this.#entries.get(id)
    if (entry?.state !== "held") return false
    this.#dropExpiry(entry)
    this.#admit(entry, now)
    return true
  }

  /** Changes the class, lane, size or place of a job that has not started. False: there is none. */
  change(id: string, change: JobChange, now: number): boolean {
    const entry = this.#unstarted(id)
    if (entry === undefined) return false
    const held = entry.state === "held"
    this.#withdraw(entry)
    leaveAll(entry.limiters)
    entry.job = { ...entry.job, ...change }
    entry.limiters = this.#tree.limiters.join(entry.job)
    if (held) this.#hold(entry)
    else this.#admit(entry, now)
    return true
  }

  /**
   * Replaces weights, classes and limits, for all starts from now on. Costs what all nodes cost when a limit on models or
   * accounts comes or goes, since that makes other lanes; else a look at each job that waits.
   */
  configure(settings: FairSettings, now: number): void {
    const { limits } = this.#settings
    this.#settings = settings
    const same = JSON.stringify([limits.model, limits.account])
    if (same === JSON.stringify([settings.limits.model, settings.limits.account])) {
      this.#tree.settings = settings
      this.#tree.limiters.configure(settings.limits)
      this.#reservation.restate([...this.#entries.values()].filter(({ state }) => state === "waiting"))
      return
    }
    const rebuilt = FairQueue.from(settings, this.rows(), now)
    this.#tree = rebuilt.#tree
    this.#sessions = rebuilt.#sessions
    this.#reservation = rebuilt.#reservation
    this.#entries = rebuilt.#entries
    this.#delayed = rebuilt.#delayed
    this.#expiring = rebuilt.#expiring
  }

  /** When to ask again at the latest though nothing happens: the next delay or expiry that ends. */
  nextWake(): number | undefined {
    const at = Math.min(
      this.#delayed.peek()?.at ?? Number.POSITIVE_INFINITY,
      this.#expiring.peek()?.at ?? Number.POSITIVE_INFINITY,
    )
    return at === Number.POSITIVE_INFINITY ? undefined : at
  }

  /** The jobs that have expired since this was last asked. They are in the queue no more. */
  expired(now: number): ReadonlyArray<QueueJob> {
    this.#advance(now)
    return this.#expired.splice(0)
  }

  /** What is to be kept so that `from` goes on exactly: tags of lanes that have jobs or lately started some. */
  clock(): FairClock {
    return readClock(this.#tree)
  }

  /** What `from` takes. */
  rows(): Required<FairRows> {
    const all = [...this.#entries.values()]
    const jobs = (keep: (state: Entry["state"]) => boolean) =>
      all.filter(({ state }) => keep(state)).map(({ job }) => job)
    return {
      queued: jobs((state) => state === "waiting" || state === "delayed").toSorted((a, b) => a.sequence - b.sequence),
      held: jobs((state) => state === "held"),
      running: jobs((state) => state === "running"),
      clock: this.clock(),
    }
  }

  /**
   * The jobs that may start, in the order in which they would if they ran one after the other and no more came. Makes a
   * copy: costs what building a queue costs.
   */
  *order(now: number): Generator<QueueJob> {
    this.#advance(now)
    const waiting = [...this.#entries.values()].filter(({ state }) => state === "waiting").map(({ job }) => job)
    waiting.sort((a, b) => a.sequence - b.sequence)
    const limits = withRoomForOne(this.#settings.limits)
    const copy = FairQueue.from({ ...this.#settings, limits }, { queued: waiting, clock: this.clock() }, now)
    for (let job = copy.take(now); job !== undefined; job = copy.take(now)) {
      copy.finish(job.id)
      yield job
    }
  }

  /** The place in `order`, from 1. Undefined: the job does not wait. */
  position(id: string, now: number): number | undefined {
    this.#advance(now)
    if (this.#entries.get(id)?.state !== "waiting") return undefined
    let place = 0
    for (const job of this.order(now)) {
      place++
      if (job.id === id) return place
    }
    return undefined
  }

  /**
   * Why a job does not run, what is before it, and by when it starts at the latest if no run lasts longer than
   * `longestMillis`. Costs what looking at the lanes beside its own costs. Undefined: the id is unknown.
   */
  explain(id: string, now: number, longestMillis?: number): Explanation | undefined {
    this.#advance(now)
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    return explainEntry(entry, {
      tree: this.#tree,
      writer: this.#sessions.writer(entry.job),
      reserved: this.#reservation.current?.job.id,
      now,
      longestMillis,
    })
  }

  #entry(job: QueueJob): Entry {
    const entry: Entry = { job, limiters: this.#tree.limiters.join(job), state: "waiting" }
    this.#entries.set(job.id, entry)
    return entry
  }

  #unstarted(id: string): Entry | undefined {
    const entry = this.#entries.get(id)
    return entry?.state === "running" ? undefined : entry
  }

  #next(now: number): Entry | undefined {
    this.#advance(now)
    const kept = this.#reservation.next(now)
    if (kept !== undefined) return kept
    return nextEntry(this.#tree, (units) => this.#tree.limiters.global.fits(units), now)
  }

  /** Into its lane, or among those that must wait for their time. */
  #admit(entry: Entry, now: number): void {
    this.#watchExpiry(entry)
    const { notBefore } = entry.job
    if (notBefore !== undefined && notBefore > now) {
      entry.state = "delayed"
      entry.wake = { slot: -1, at: notBefore, entry }
      this.#delayed.push(entry.wake)
    } else this.#wait(entry)
  }

  #wait(entry: Entry): void {
    entry.state = "waiting"
    this.#tree.place(entry, this.#sessions.isFree(entry.job))
    if (entry.at !== undefined) this.#sessions.track(entry.job, entry.at.line)
    this.#reservation.add(entry)
  }

  #hold(entry: Entry): void {
    entry.state = "held"
    this.#watchExpiry(entry)
  }

  /** Out of wherever it waits. */
  #withdraw(entry: Entry): void {
    if (entry.wake !== undefined) this.#delayed.remove(entry.wake)
    entry.wake = undefined
    this.#dropExpiry(entry)
    this.#reservation.remove(entry)
    const at = entry.at
    if (at === undefined) return
    this.#tree.unplace(entry, this.#sessions.isFree(entry.job))
    this.#sessions.track(entry.job, at.line)
    at.lane.sweep()
  }

  #watchExpiry(entry: Entry): void {
    const { expiresAt } = entry.job
    if (expiresAt === undefined) return
    entry.expiry = { slot: -1, at: expiresAt, entry }
    this.#expiring.push(entry.expiry)
  }

  #dropExpiry(entry: Entry): void {
    if (entry.expiry !== undefined) this.#expiring.remove(entry.expiry)
    entry.expiry = undefined
  }

  #start(entry: Entry): void {
    this.#tree.charge(entry)
    this.#sessions.take(entry.job)
    this.#withdraw(entry)
    this.#run(entry)
  }

  #run(entry: Entry): void {
    entry.state = "running"
    this.#running++
    this.#sessions.take(entry.job)
    takeAll(entry.limiters, entry.job.units)
  }

  #advance(now: number): void {
    for (let timer = this.#expiring.peek(); timer !== undefined && timer.at <= now; timer = this.#expiring.peek()) {
      this.#expired.push(timer.entry.job)
      this.remove(timer.entry.job.id)
    }
    for (let timer = this.#delayed.peek(); timer !== undefined && timer.at <= now; timer = this.#delayed.peek()) {
      this.#delayed.remove(timer)
      timer.entry.wake = undefined
      this.#wait(timer.entry)
    }
  }
}
