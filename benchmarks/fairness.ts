/**
 * What the order of the queue costs: one job added, the next one taken and ended, in µs, with so many queued in so many
 * lanes, and with nine lanes of ten behind limiters that have no room. Beside it a plain first come, first served line with
 * a map by id, which is what no order can do without. No store is involved.
 */
import { defaultFairSettings, type FairSettings } from "@runyard/core/FairSettings"
import { FairQueue } from "@runyard/core/FairQueue"
import { priorities } from "@runyard/core/Priority"
import type { QueueJob } from "@runyard/core/QueueJob"
import { goal, heading, median, millis, ratio, say, table } from "./report.ts"

const rounds = 7
const operations = Math.max(500, Math.ceil(4000 * Number(process.env["RUNYARD_BENCH_SCALE"] ?? 1)))

interface Queue {
  readonly add: (job: QueueJob) => void
  /** Takes one and ends it. */
  readonly take: (now: number) => QueueJob | undefined
}

/** First come, first served. */
const plain = (): Queue => {
  let line: Array<string> = []
  let head = 0
  const jobs = new Map<string, QueueJob>()
  return {
    add: (job) => {
      jobs.set(job.id, job)
      line.push(job.id)
    },
    take: () => {
      const id = line[head++]
      const job = id === undefined ? undefined : jobs.get(id)
      if (id !== undefined) jobs.delete(id)
      if (head > 1024 && head * 2 > line.length) {
        line = line.slice(head)
        head = 0
      }
      return job
    },
  }
}

const settings: FairSettings = {
  ...defaultFairSettings,
  limits: {
    ...defaultFairSettings.limits,
    global: 8,
    provider: { default: 4, of: { full: 0 } },
    tenant: { of: { full: 0 } },
  },
}

const fair = (): Queue => {
  const queue = new FairQueue(settings)
  return {
    add: (job) => queue.enqueue(job, job.enqueuedAt),
    take: (now) => {
      const job = queue.take(now)
      if (job !== undefined) queue.finish(job.id)
      return job
    },
  }
}

interface Case {
  readonly queued: number
  readonly lanes: number
  readonly blocked: boolean
}

/** Jobs in turn for each lane; of blocked ones, nine of ten for a provider or a tenant without room. */
const jobs = ({ lanes, blocked }: Case) => {
  let sequence = 0
  return (mayBlock: boolean): QueueJob => {
    sequence++
    const lane = sequence % lanes
    const full = blocked && mayBlock && lane % 10 !== 0
    return {
      id: `run_${sequence}`,
      sequence,
      tenant: full && lane % 2 === 0 ? "full" : `t${lane % 100}`,
      workspace: `w${lane}`,
      provider: full && lane % 2 === 1 ? "full" : "codex",
      priority: priorities[lane % priorities.length] ?? "normal",
      units: 1,
      enqueuedAt: sequence,
    }
  }
}

/** µs for one job. */
const measure = (make: () => Queue, one: Case): (() => number) => {
  const queue = make()
  const next = jobs(one)
  for (let count = 0; count < one.queued; count++) queue.add(next(true))
  return () => {
    const start = performance.now()
    for (let count = 0; count < operations; count++) {
      // As much is taken as is added, so that the queue stays as long as it is.
      const job = next(false)
      queue.add(job)
      if (queue.take(job.enqueuedAt) === undefined) throw new Error("Nothing could start.")
    }
    return ((performance.now() - start) * 1000) / operations
  }
}

export const fairness = async (): Promise<void> => {
  heading("Fair queue: one job added, taken and ended")
  const cases: ReadonlyArray<Case> = [100, 10_000, 100_000].flatMap((queued) =>
    [100, 10_000].flatMap((lanes) => [false, true].map((blocked) => ({ queued, lanes, blocked }))),
  )
  const measured = cases.map((one) => ({
    one,
    fair: measure(fair, one),
    plain: measure(plain, one),
    fairMicros: [] as Array<number>,
    plainMicros: [] as Array<number>,
  }))
  for (const each of measured) each.fair()
  for (let round = 0; round < rounds; round++) {
    for (const each of measured) {
      each.fairMicros.push(each.fair())
      each.plainMicros.push(each.plain())
    }
  }
  table([
    ["queued", "lanes", "without room", "fair µs", "plain µs", "ratio"],
    ...measured.map(({ one, fairMicros, plainMicros }) => [
      String(one.queued),
      String(one.lanes),
      one.blocked ? "9 of 10" : "none",
      millis(median(fairMicros)),
      millis(median(plainMicros)),
      ratio(median(fairMicros), median(plainMicros)),
    ]),
  ])
  say("")
  for (const lanes of [100, 10_000]) {
    for (const blocked of [false, true]) {
      const of = (queued: number) =>
        median(
          measured.find(({ one }) => one.queued === queued && one.lanes === lanes && one.blocked === blocked)
            ?.fairMicros ?? [],
        )
      const cost = of(100_000) / of(100)
      const what = `100 000 queued beside 100, ${lanes} lanes${blocked ? ", most without room" : ""}`
      goal(what, ratio(of(100_000), of(100)), "below 2x", cost < 2)
    }
  }
}
