import { assert, describe, it } from "@effect/vitest"
import { FairQueue } from "../src/FairQueue.ts"
import { capacityOf, limiterKinds, limiterName } from "../src/Limits.ts"
import type { FairSettings } from "../src/FairSettings.ts"
import type { QueueJob } from "../src/QueueJob.ts"
import { Reference } from "./fair/reference.ts"
import { Dice, randomJob, randomSettings, patience, scale, seed } from "./fair/workload.ts"

/** The limiters that would hold more than they may with one more job, by the plain sum. */
const limitersBroken = (
  settings: FairSettings,
  running: ReadonlyArray<QueueJob>,
  job: QueueJob,
): ReadonlyArray<string> =>
  limiterKinds.filter((kind) => {
    const name = limiterName(kind, job)
    if (name === undefined) return false
    const capacity = capacityOf(settings.limits, kind, name)
    const used = running.reduce((sum, other) => sum + (limiterName(kind, other) === name ? other.units : 0), 0)
    // Only a job that weighs more than the whole limiter may take more than there is, and only alone.
    return capacity === 0 || (used > 0 && used + job.units > capacity)
  })

const idOf = (job: QueueJob | undefined): string | undefined => job?.id

/** Two queues that are told the same, one of them by the slow rule. */
class Both {
  readonly dice: Dice
  queue: FairQueue
  readonly reference: Reference
  now = 1_000_000
  sequence = 0

  constructor(round: number) {
    this.dice = new Dice(round)
    const settings = randomSettings(this.dice)
    this.queue = new FairQueue(settings)
    this.reference = new Reference(settings)
  }

  #any(ids: ReadonlyArray<string>): string | undefined {
    return ids.length === 0 ? undefined : ids[this.dice.below(ids.length)]
  }

  /** What happened, for a failure's message. */
  step(): string {
    const { dice, queue, reference } = this
    this.now += dice.chance(0.3) ? dice.below(5 * 60_000) : 0
    const waiting = [...reference.waiters.keys()]
    const chosen = dice.below(100)
    if (chosen < 35) {
      for (let count = dice.chance(0.1) ? 8 : 1; count > 0; count--) {
        const job = randomJob(dice, ++this.sequence, this.now)
        queue.enqueue(job, this.now)
        reference.enqueue(job, this.now)
      }
      return "enqueue"
    }
    if (chosen < 65) {
      const expected = idOf(reference.take(this.now))
      const actual = idOf(queue.take(this.now))
      assert.strictEqual(actual, expected)
      return `take ${actual}`
    }
    if (chosen < 85) {
      const id = this.#any([...reference.running.keys()])
      if (id === undefined) return "nothing"
      queue.finish(id)
      reference.finish(id)
      return `finish ${id}`
    }
    const id = this.#any(waiting)
    if (chosen < 88) {
      const settings = randomSettings(dice)
      const { model, account } = dice.chance(0.3) ? settings.limits : reference.settings.limits
      const next: FairSettings = { ...settings, limits: { ...settings.limits, model, account } }
      queue.configure(next, this.now)
      reference.configure(next)
      return "configure"
    }
    if (id === undefined) return "nothing"
    if (chosen < 91) {
      queue.remove(id)
      reference.remove(id)
      return `remove ${id}`
    }
    if (chosen < 95) {
      queue.hold(id)
      reference.hold(id)
      return `hold ${id}`
    }
    queue.release(id, this.now)
    reference.release(id, this.now)
    return `release ${id}`
  }
}

describe("FairQueue", { timeout: patience }, () => {
  const rounds = Math.ceil(30 * scale)

  it(`chooses what the rule says, in ${rounds} random workloads`, () => {
    for (let round = 0; round < rounds; round++) {
      const both = new Both(seed * 100_003 + round)
      const log: Array<string> = []
      try {
        for (let step = 0; step < 100; step++) log.push(both.step())
      } catch (error) {
        throw new Error(`round ${round} after ${log.length} steps: ${log.slice(-8).join(", ")}`, { cause: error })
      }
    }
  })

  it("is worth what its rows and its clock are, at any moment", () => {
    for (let round = 0; round < rounds / 2; round++) {
      const both = new Both(seed * 200_003 + round)
      for (let step = 0; step < 45; step++) both.step()
      both.queue.expired(both.now)
      both.reference.advance(both.now)
      const rows = structuredClone(both.queue.rows())
      both.queue = FairQueue.from(both.queue.settings, rows, both.now)
      // From here on the slow rule has the history, and the queue only the rows.
      for (let step = 0; step < 45; step++) both.step()
    }
  })

  it("exceeds no limit", () => {
    const steps = Math.ceil(30_000 * scale)
    let done = 0
    for (let round = 0; done < steps; round++) {
      const dice = new Dice(seed * 300_007 + round)
      const queue = new FairQueue(randomSettings(dice))
      const running = new Map<string, QueueJob>()
      for (let step = 0; step < 1000; step++, done++) {
        const now = step * 1000
        if (dice.chance(0.5)) queue.enqueue(randomJob(dice, step, now), now)
        if (dice.chance(0.3)) {
          const id = [...running.keys()][dice.below(running.size)]
          if (id !== undefined && queue.finish(id)) running.delete(id)
        }
        if (dice.chance(0.003)) queue.configure(randomSettings(dice), now)
        const job = queue.take(now)
        if (job === undefined) continue
        const blockers = limitersBroken(queue.settings, [...running.values()], job)
        assert.deepStrictEqual(blockers, [], `round ${round}, step ${step}`)
        running.set(job.id, job)
      }
    }
  })
})
