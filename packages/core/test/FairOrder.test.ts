import { assert, describe, it } from "@effect/vitest"
import { FairQueue } from "../src/FairQueue.ts"
import { defaultFairSettings, type FairSettings } from "../src/FairSettings.ts"
import { type Limits, limiterKinds, limiterName, capacityOf } from "../src/Limits.ts"
import { safeWeight } from "../src/FairWeights.ts"
import { defaultPrioritySettings, priorities, type PrioritySettings } from "../src/Priority.ts"
import type { QueueJob } from "../src/QueueJob.ts"
import { Simulation } from "./fair/Simulation.ts"
import { Dice, randomJob, randomSettings, patience, scale, seed } from "./fair/workload.ts"

type Lane = Omit<QueueJob, "id" | "sequence" | "enqueuedAt">

const lane = (changes: Partial<Lane> = {}): Lane => ({
  tenant: "t",
  workspace: "w",
  provider: "p",
  priority: "normal",
  units: 1,
  ...changes,
})

const slots = (global: number, more: Partial<Limits> = {}): Limits => ({
  ...defaultFairSettings.limits,
  provider: {},
  global,
  ...more,
})

const settings = (changes: Partial<FairSettings> = {}): FairSettings => ({
  ...defaultFairSettings,
  limits: slots(1),
  ...changes,
})

const noHeadStart = Object.fromEntries(
  priorities.map((priority) => [priority, { ...defaultPrioritySettings[priority], headStartMillis: 0 }]),
) as PrioritySettings

/** Keeps each lane full and counts units by lane, until so many were started. */
const shares = (simulation: Simulation, lanes: ReadonlyArray<Lane>, total: number): ReadonlyArray<number> => {
  const got = lanes.map(() => 0)
  const of = new Map<string, number>()
  const add = (index: number): void => {
    const own = lanes[index]
    if (own !== undefined) of.set(simulation.add(own).id, index)
  }
  lanes.forEach((_, index) => [1, 2, 3].forEach(() => add(index)))
  while (simulation.units < total) {
    simulation.start(({ job }) => {
      const index = of.get(job.id) ?? 0
      got[index] = (got[index] ?? 0) + job.units
      add(index)
    })
    simulation.end()
  }
  return got.map((units) => units / simulation.units)
}

/** The greatest difference to the share that is due, in parts of all. */
const worstError = (got: ReadonlyArray<number>, weights: ReadonlyArray<number>): number => {
  const sum = weights.reduce((a, b) => a + b, 0)
  return Math.max(...got.map((share, index) => Math.abs(share - (weights[index] ?? 0) / sum)))
}

describe("shares", { timeout: patience }, () => {
  it("are what the weights say within 3 % over 1 000 starts, whatever the weights, sizes and limits", () => {
    let worst = 0
    for (let round = 0; round < 12 * scale; round++) {
      const dice = new Dice(seed * 1_009 + round)
      const level = dice.pick(["tenant", "workspace", "provider"])
      const names = Array.from({ length: 2 + dice.below(5) }, (_, index) => `n${index}`)
      const asked = names.map(() => dice.pick([0.25, 1, 1, 2, 3, 7, 0, -5, Number.NaN, 1e9]))
      const key = (name: string) => (level === "workspace" ? `t/${name}` : name)
      const weights = {
        ...defaultFairSettings.weights,
        [level]: Object.fromEntries(names.map((name, index) => [key(name), asked[index]])),
      }
      const limits = slots(1 + dice.below(4))
      // Room is kept at once: else small jobs may pass by a wide one for some minutes, and these starts take seconds.
      const simulation = new Simulation(
        settings({ weights, limits, priorities: noHeadStart, reserveAfterMillis: 0 }),
        dice,
        10,
      )
      const wide = level === "provider" ? 1 : 1 + dice.below(limits.global)
      const lanes = names.map((name, index) => lane({ [level]: name, units: index === 0 ? wide : 1 }))
      const got = shares(simulation, lanes, 1000)
      worst = Math.max(worst, worstError(got, asked.map(safeWeight)))
    }
    console.log(`share error: worst ${(worst * 100).toFixed(2)} %, allowed 3 %`)
    assert.isAtMost(worst, 0.03)
  })

  it("hold at one provider while another one is faster", () => {
    const limits = slots(8, { provider: { default: 1 } })
    const weights = { ...defaultFairSettings.weights, tenant: { heavy: 3 } }
    const simulation = new Simulation(settings({ weights, limits }), new Dice(seed), 10)
    const lanes = [lane({ tenant: "heavy" }), lane({ tenant: "light" })]
    const others = [lane({ provider: "q", tenant: "light" }), lane({ provider: "r", tenant: "heavy" })]
    const got = shares(simulation, [...lanes, ...others], 3000).slice(0, 2)
    const sum = (got[0] ?? 0) + (got[1] ?? 0)
    assert.isAtMost(
      worstError(
        got.map((part) => part / sum),
        [3, 1],
      ),
      0.03,
    )
  })

  it("of classes are as set once head starts are used up, and all go to the most urgent before", () => {
    const simulation = new Simulation(settings({ priorities: noHeadStart }), new Dice(seed), 10)
    const lanes = priorities.map((priority) => lane({ priority }))
    const due = priorities.map((priority) => noHeadStart[priority].share)
    assert.isAtMost(worstError(shares(simulation, lanes, 1000), due), 0.03)

    const early = new Simulation(settings(), new Dice(seed), 10)
    const got = shares(early, lanes, 1000)
    assert.isBelow(early.now, 5 * 60_000)
    assert.deepStrictEqual(got, [1, 0, 0, 0, 0])
  })

  it("do not grow for a tenant with many workspaces, and nobody saves up while away", () => {
    const many = Array.from({ length: 50 }, (_, index) => lane({ tenant: "many", workspace: `w${index}` }))
    const simulation = new Simulation(settings(), new Dice(seed), 10)
    const got = shares(simulation, [lane({ tenant: "one" }), ...many], 1000)
    assert.isAtMost(Math.abs((got[0] ?? 0) - 0.5), 0.03)
    // A tenant that comes after a thousand starts has missed them, and gets its third of the next.
    simulation.end()
    const late = Array.from({ length: 200 }, () => simulation.add(lane({ tenant: "late" })).id)
    const first: Array<string> = []
    for (; first.length < 90; simulation.end()) {
      const starts = simulation.start(({ job }) => {
        if (job.tenant === "one") simulation.add(lane({ tenant: "one" }))
      })
      first.push(...starts.map(({ job }) => job.id))
    }
    const own = first.filter((id) => late.includes(id)).length
    assert.isAtMost(own, 31)
  })
})

describe("waiting", { timeout: patience }, () => {
  const random = (dice: Dice, limits: Limits, terms: PrioritySettings): FairSettings => {
    const weight = () => dice.pick([0.2, 0.5, 1, 2, 5])
    return settings({
      limits,
      priorities: terms,
      weights: {
        provider: { p0: weight(), p1: weight() },
        tenant: { t0: weight(), t1: weight() },
        workspace: { "t0/w0": weight(), "t1/w1": weight() },
      },
    })
  }

  const lanesOf = (dice: Dice): ReadonlyArray<Lane> =>
    Array.from({ length: 2 + dice.below(8) }, () =>
      lane({
        provider: `p${dice.below(3)}`,
        tenant: `t${dice.below(2)}`,
        workspace: `w${dice.below(2)}`,
        priority: dice.pick(priorities),
      }),
    )

  /** Every lane is refilled for ever, so that nobody gets a turn because there is nobody else. */
  const overload = (
    simulation: Simulation,
    lanes: ReadonlyArray<Lane>,
    starts: number,
    longest: number,
    check: (
      wait: { readonly units: number; readonly millis: number },
      bound: { units: number; millis: number },
    ) => void,
  ): void => {
    const bounds = new Map<string, { units: number; millis: number; after: number; at: number; lane: Lane }>()
    const fresh: Array<QueueJob> = []
    const add = (own: Lane) => {
      const job = simulation.add(own)
      fresh.push(job)
      bounds.set(job.id, { units: 0, millis: 0, after: simulation.units, at: simulation.now, lane: own })
    }
    const explain = () => {
      for (const { id } of fresh.splice(0)) {
        const bound = bounds.get(id)
        const told = simulation.queue.explain(id, simulation.now, longest)
        if (bound === undefined || told?.state !== "waiting") continue
        bound.units = told.unitsBefore
        bound.millis = (told.latestStart ?? Number.NaN) - simulation.now
      }
    }
    for (const own of lanes) for (let count = 0; count < 3; count++) add(own)
    explain()
    while (simulation.units < starts) {
      simulation.start(({ job, at, after }) => {
        const bound = bounds.get(job.id)
        if (bound === undefined) return
        check({ units: after - bound.after, millis: at - bound.at }, bound)
        bounds.delete(job.id)
        add(bound.lane)
        explain()
      })
      simulation.end()
    }
    // Those that never started count as well: their bound must not be over.
    for (const bound of bounds.values()) {
      check({ units: simulation.units - bound.after, millis: simulation.now - bound.at }, bound)
    }
  }

  it("takes no more starts than explain says, in endless overload", () => {
    let worst = { units: 0, millis: 0 }
    let nearest = 0
    for (let round = 0; round < 15 * scale; round++) {
      const dice = new Dice(seed * 2_003 + round)
      const simulation = new Simulation(random(dice, slots(1 + dice.below(4)), noHeadStart), dice, 10)
      overload(simulation, lanesOf(dice), 400, 10, (wait, bound) => {
        assert.isAtMost(wait.units, bound.units, `round ${round}`)
        if (wait.units > worst.units) worst = wait
        nearest = Math.max(nearest, wait.units / Math.max(1, bound.units))
      })
    }
    console.log(`longest wait: ${worst.units} starts; nearest to its proven bound: ${(nearest * 100).toFixed(0)} %`)
  })

  it("ends when explain says at the latest, under limits and head starts, in endless overload", () => {
    let worst = 0
    let nearest = 0
    for (let round = 0; round < 15 * scale; round++) {
      const dice = new Dice(seed * 3_001 + round)
      const limits = slots(1 + dice.below(4), { provider: { default: 1 + dice.below(2) } })
      const terms = Object.fromEntries(
        priorities.map((priority, index) => [priority, { headStartMillis: 200 - 50 * index, share: 16 / 2 ** index }]),
      ) as PrioritySettings
      const simulation = new Simulation(random(dice, limits, terms), dice, 10)
      overload(simulation, lanesOf(dice), 400, 10, (wait, bound) => {
        assert.isAtMost(wait.millis, bound.millis, `round ${round}`)
        worst = Math.max(worst, wait.millis)
        nearest = Math.max(nearest, wait.millis / Math.max(1, bound.millis))
      })
    }
    console.log(
      `longest wait: ${worst} ms of runs up to 10 ms; nearest to its proven bound: ${(nearest * 100).toFixed(0)} %`,
    )
  })

  it("of the lowest class under endless urgent load is its head start and its turn", () => {
    const simulation = new Simulation(settings(), new Dice(seed), 1000)
    const { share } = defaultPrioritySettings.background
    for (let count = 0; count < 3; count++) simulation.add(lane({ priority: "interactive", tenant: "other" }))
    const { id } = simulation.add(lane({ priority: "background" }))
    const refill = () => simulation.add(lane({ priority: "interactive", tenant: "other" }))
    let starts = simulation.start(refill)
    while (!starts.some(({ job }) => job.id === id)) {
      simulation.end()
      starts = simulation.start(refill)
    }
    const waited = simulation.now
    const bound = 20 * 60_000 + (defaultPrioritySettings.interactive.share / share + 1) * 1000
    console.log(`background under endless interactive load: ${waited} ms, bound ${bound} ms`)
    assert.isAtLeast(waited, 20 * 60_000)
    assert.isAtMost(waited, bound)
  })

  it("is over for a job of several units soon after room is kept for it", () => {
    const simulation = new Simulation(settings({ limits: slots(4), reserveAfterMillis: 1000 }), new Dice(seed), 10)
    const small = lane({ tenant: "small" })
    for (let count = 0; count < 8; count++) simulation.add(small)
    simulation.start(() => simulation.add(small))
    const { id } = simulation.add(lane({ tenant: "wide", priority: "interactive", units: 4 }))
    let starts = simulation.start(() => simulation.add(small))
    while (!starts.some(({ job }) => job.id === id) && simulation.now < 100_000) {
      simulation.end()
      starts = simulation.start(() => simulation.add(small))
    }
    assert.isAtMost(simulation.now, 1000 + 2 * 10)
  })

  it("is over for a job at crossing limiters that others keep taking in turns", () => {
    const limits = slots(8, { provider: { default: 1 }, tenant: { default: 1 } })
    const simulation = new Simulation(settings({ limits, reserveAfterMillis: 1000 }), new Dice(seed), 10)
    // Its provider is kept busy by another tenant, its tenant by another provider: it needs both free at one moment.
    const busy = [lane({ tenant: "a", provider: "q" }), lane({ tenant: "b", provider: "p" })]
    const refill = () => {
      for (const own of busy) simulation.add({ ...own, priority: "interactive" })
    }
    for (let count = 0; count < 5; count++) refill()
    simulation.start(() => {})
    const { id } = simulation.add(lane({ tenant: "a", provider: "p", priority: "interactive" }))
    let starts = simulation.start(refill)
    while (!starts.some(({ job }) => job.id === id) && simulation.now < 20_000) {
      simulation.end()
      starts = simulation.start(refill)
    }
    assert.isAtMost(simulation.now, 1000 + 3 * 10)
  })
})

describe("order", { timeout: patience }, () => {
  it("is first in, first out in a lane", () => {
    for (let round = 0; round < 20 * scale; round++) {
      const dice = new Dice(seed * 4_001 + round)
      const simulation = new Simulation(settings({ limits: slots(1 + dice.below(3)) }), dice, 10)
      const last = new Map<string, number>()
      for (let step = 0; step < 200; step++) {
        if (dice.chance(0.6)) simulation.add(lane({ tenant: `t${dice.below(3)}`, priority: dice.pick(priorities) }))
        if (dice.chance(0.5)) simulation.end()
        simulation.start(({ job }) => {
          const key = `${job.tenant} ${job.priority}`
          assert.isAbove(job.sequence, last.get(key) ?? 0)
          last.set(key, job.sequence)
        })
      }
    }
  })

  it("leaves nothing waiting that could start", () => {
    for (let round = 0; round < 30 * scale; round++) {
      const dice = new Dice(seed * 5_003 + round)
      const own = { ...randomSettings(dice), reserveAfterMillis: Number.MAX_SAFE_INTEGER }
      const queue = new FairQueue(own)
      const waiting = new Map<string, QueueJob>()
      const running = new Map<string, QueueJob>()
      for (let step = 0; step < 40; step++) {
        const now = step * 1000
        for (let burst = dice.chance(0.05) ? 10 : 1; burst > 0; burst--) {
          const { notBefore: _, expiresAt: __, ...job } = randomJob(dice, step * 100 + burst, now)
          queue.enqueue(job, now)
          waiting.set(job.id, job)
        }
        for (const id of running.keys()) if (dice.chance(0.3) && queue.finish(id)) running.delete(id)
        for (let job = queue.take(now); job !== undefined; job = queue.take(now)) {
          waiting.delete(job.id)
          running.set(job.id, job)
        }
        const used = new Map<string, number>()
        for (const job of running.values()) {
          for (const kind of limiterKinds) {
            const key = `${kind} ${limiterName(kind, job)}`
            used.set(key, (used.get(key) ?? 0) + job.units)
          }
        }
        const busy = new Set([...running.values()].map((job) => job.session && `${job.provider} ${job.session}`))
        for (const job of waiting.values()) {
          const fits = limiterKinds.every((kind) => {
            const name = limiterName(kind, job)
            const capacity = name === undefined ? Number.POSITIVE_INFINITY : capacityOf(own.limits, kind, name)
            const taken = used.get(`${kind} ${name}`) ?? 0
            return capacity > 0 && taken + Math.min(job.units, capacity) <= capacity
          })
          const free = job.session === undefined || !busy.has(`${job.provider} ${job.session}`)
          assert.isFalse(fits && free, `round ${round}, step ${step}: ${job.id}`)
        }
      }
    }
  })

  it("is the same for hosts that are told the same, whichever of them starts a job", () => {
    for (let round = 0; round < 12 * scale; round++) {
      const dice = new Dice(seed * 6_007 + round)
      const own = randomSettings(dice)
      const hosts = [new FairQueue(own), new FairQueue(own), new FairQueue(own)] as const
      const running: Array<string> = []
      for (let step = 0; step < 200; step++) {
        const now = step * 10_000
        const job = randomJob(dice, step, now)
        for (const host of hosts) host.enqueue(job, now)
        const gone = running.splice(0, dice.below(2))
        for (const host of hosts) for (const id of gone) host.finish(id)
        const choices = hosts.map((host) => host.next(now)?.id)
        assert.deepStrictEqual(choices, [choices[0], choices[0], choices[0]])
        const claims = hosts[dice.below(3)] ?? hosts[0]
        const started = claims.take(now)
        if (started === undefined) continue
        running.push(started.id)
        for (const host of hosts) host.start(started, now)
      }
    }
  })
})
