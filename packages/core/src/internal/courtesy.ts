/** How long a run of another host, whose turn it is, keeps its place free until that host takes it. */
import type { FairQueue } from "../FairQueue.ts"

/** For how long at a time, in milliseconds. */
export const courtesyMillis = 2_000
/** A host that has not taken its turns then is passed over for so long, in milliseconds, before it is waited for again. */
export const passedMillis = 20_000

/** Of one other host whose turn it is. */
interface Awaited {
  /** Since when it has been waited for, or would have been, on the clock of this host. */
  since: number
  /** Its runs that are passed over. They are held, so that each costs a look only once. */
  readonly passed: Set<string>
  /** Whether it was not there when its run was passed over. */
  wasGone: boolean
  /** Whether it was its turn at this look. */
  isAsked: boolean
}

export class Courtesy {
  readonly #awaited = new Map<string, Awaited>()
  readonly #passedBy = new Map<string, Awaited>()
  readonly #isWell: (host: string) => boolean
  #taken = new Set<string>()

  constructor(isWell: (host: string) => boolean) {
    this.#isWell = isWell
  }

  /** Before a look at the queue: those that were passed over for long enough, or whose host is there again, wait again. */
  begin(mono: number, fair: FairQueue, wall: number): void {
    for (const [host, awaited] of this.#awaited) {
      awaited.isAsked = false
      const isOver =
        this.#taken.has(host) ||
        mono - awaited.since >= courtesyMillis + passedMillis ||
        (awaited.wasGone && this.#isWell(host))
      if (!isOver) continue
      for (const id of awaited.passed) {
        this.#passedBy.delete(id)
        fair.release(id, wall)
      }
      this.#awaited.delete(host)
    }
    this.#taken.clear()
  }

  /** Whether the place is kept for a run of this host. */
  keeps(host: string, mono: number): boolean {
    const isWell = this.#isWell(host)
    const awaited = this.#awaited.get(host) ?? { since: mono, passed: new Set(), wasGone: !isWell, isAsked: true }
    this.#awaited.set(host, awaited)
    awaited.isAsked = true
    return isWell && mono - awaited.since < courtesyMillis
  }

  /** Holds a run of this host, so that others begin. */
  pass(host: string, id: string, fair: FairQueue): void {
    fair.hold(id)
    const awaited = this.#awaited.get(host)
    awaited?.passed.add(id)
    if (awaited !== undefined) this.#passedBy.set(id, awaited)
  }

  /** After a look: hosts whose turn it is no more are waited for anew the next time. */
  end(): void {
    for (const [host, { isAsked, passed }] of this.#awaited) {
      if (!isAsked && passed.size === 0) this.#awaited.delete(host)
    }
  }

  /** The host has taken a turn, so it is there. */
  taken(host: string): void {
    if (this.#awaited.has(host)) this.#taken.add(host)
  }

  /** A run is not passed over any more, whatever becomes of it. */
  drop(id: string): void {
    this.#passedBy.get(id)?.passed.delete(id)
    this.#passedBy.delete(id)
  }

  /** A run that was passed over waits again. */
  release(id: string, fair: FairQueue, now: number): void {
    if (!this.#passedBy.has(id)) return
    this.drop(id)
    fair.release(id, now)
  }

  /** Of a queue that was made anew. */
  forget(): void {
    this.#awaited.clear()
    this.#passedBy.clear()
    this.#taken.clear()
  }
}
