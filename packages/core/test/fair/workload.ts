/** Random jobs and settings, the same for the same seed. */
import { defaultFairSettings, type FairSettings } from "../../src/FairSettings.ts"
import { priorities } from "../../src/Priority.ts"
import type { QueueJob } from "../../src/QueueJob.ts"

/** Numbers from 0 to below 1: a 32-bit mixing generator. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(part: number): boolean {
    return this.next() < part
  }

  pick<A>(values: readonly [A, ...ReadonlyArray<A>]): A {
    return values[this.below(values.length)] ?? values[0]
  }
}

const weight = (dice: Dice): number => dice.pick([0.01, 0.5, 1, 2, 3, 100, 0, -1, Number.NaN, 1e12])

const minutes = 60_000

export const randomSettings = (dice: Dice): FairSettings => {
  const some = (names: ReadonlyArray<string>, chance: number) =>
    Object.fromEntries(names.filter(() => dice.chance(chance)).map((name) => [name, dice.below(4)]))
  const named = (names: ReadonlyArray<string>, all: number) => ({
    ...(dice.chance(all) ? { default: 1 + dice.below(3) } : {}),
    of: some(names, 0.3),
  })
  return {
    limits: {
      global: dice.pick([0, 1, 2, 3, 5, 8]),
      provider: named(["p0", "p1"], 0.6),
      account: named(["p0/a0", "p1/a1"], 0.15),
      model: named(["p0/m0", "p1/m0"], 0.15),
      tenant: named(["t0", "t1"], 0.2),
      workspace: named(["t0/w0", "t1/w1"], 0.2),
    },
    weights: {
      provider: { p0: weight(dice) },
      tenant: { t0: weight(dice), t1: weight(dice) },
      workspace: { "t0/w0": weight(dice), "t1/w1": weight(dice) },
    },
    priorities: defaultFairSettings.priorities,
    reserveAfterMillis: dice.pick([0, minutes, 10 * minutes]),
  }
}

export const randomJob = (dice: Dice, sequence: number, now: number): QueueJob => ({
  id: `job-${sequence}`,
  sequence,
  tenant: `t${dice.below(3)}`,
  workspace: `w${dice.below(3)}`,
  provider: `p${dice.below(3)}`,
  ...(dice.chance(0.4) ? { account: `a${dice.below(2)}` } : {}),
  ...(dice.chance(0.4) ? { model: `m${dice.below(2)}` } : {}),
  priority: dice.pick(priorities),
  units: dice.chance(0.75) ? 1 : 1 + dice.below(4),
  ...(dice.chance(0.2) ? { session: `s${dice.below(4)}` } : {}),
  enqueuedAt: now - (dice.chance(0.2) ? dice.below(5 * minutes) : 0),
  ...(dice.chance(0.15) ? { notBefore: now + dice.below(20 * minutes) } : {}),
  ...(dice.chance(0.1) ? { expiresAt: now + dice.below(60 * minutes) } : {}),
})

/** How much more than every day: `RUNYARD_FAIR_SCALE`. */
export const scale = Math.max(0.01, Number(process.env["RUNYARD_FAIR_SCALE"] ?? 1))
export const seed = Number(process.env["RUNYARD_FAIR_SEED"] ?? 1)

/** Longest time for one test, in milliseconds: for a machine that is busy with ten others. */
export const patience = 60_000 * Math.max(1, scale)
