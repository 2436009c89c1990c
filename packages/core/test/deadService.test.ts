import { assert, describe, it } from "@effect/vitest"
import { type BreakerState, closedBreaker, defaultBreakerPolicy, lookAt, pass, report } from "../src/CircuitBreaker.ts"
import { decideRetry, defaultRetryPolicy } from "../src/RetryPolicy.ts"
import { errorInfo } from "../src/RunyardError.ts"

/** Reproducible numbers from 0 to 1. */
const seeded = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

interface Waiting {
  readonly run: number
  readonly at: number
  readonly tries: number
  readonly firstAt: number | undefined
}

/** Runs that each take 10 seconds, two at once, against a service that fails each after a second until `backAt`. */
const simulate = (runs: number, backAt: number, seed: number) => {
  const random = seeded(seed)
  let breaker: BreakerState = closedBreaker
  let waiting: ReadonlyArray<Waiting> = Array.from({ length: runs }, (_, run) => ({
    run,
    at: 0,
    tries: 0,
    firstAt: undefined,
  }))
  let busy: ReadonlyArray<{ readonly job: Waiting; readonly start: number; readonly end: number }> = []
  const outcome = { down: 0, attempts: 0, succeeded: 0, failed: [] as Array<string>, end: 0 }
  let now = 0
  while (waiting.length + busy.length > 0) {
    assert.isBelow(now, 24 * 3_600_000)
    for (const { job, start } of busy.filter(({ end }) => end <= now)) {
      const attempt = `${job.run}/${job.tries}`
      if (start >= backAt) {
        breaker = report(breaker, defaultBreakerPolicy, now, attempt, { kind: "success" })
        outcome.succeeded++
        continue
      }
      const error = errorInfo("CLI_OVERLOADED")
      breaker = report(breaker, defaultBreakerPolicy, now, attempt, { kind: "failure", error })
      const decision = decideRetry(defaultRetryPolicy, {
        error,
        tries: job.tries,
        parks: 0,
        firstAt: job.firstAt ?? start,
        parkedMillis: 0,
        sideEffects: "none",
        idempotent: false,
        spent: undefined,
        breaker: lookAt(breaker, now),
        now,
        random: random(),
      })
      if (decision.kind === "retry") waiting = [...waiting, { ...job, at: decision.at }]
      else outcome.failed.push(decision.reason)
    }
    busy = busy.filter(({ end }) => end > now)
    while (busy.length < 2) {
      const job = waiting.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at || a.run - b.run)[0]
      if (job === undefined) break
      const started = { ...job, tries: job.tries + 1, firstAt: job.firstAt ?? now }
      const [passage, next] = pass(breaker, defaultBreakerPolicy, now, `${started.run}/${started.tries}`)
      if (passage.kind === "blocked") break
      breaker = next
      waiting = waiting.filter((one) => one !== job)
      busy = [...busy, { job: started, start: now, end: now + (now < backAt ? 1000 : 10_000) }]
      outcome.attempts++
      if (now < backAt) outcome.down++
    }
    outcome.end = now
    const instants = [
      ...busy.map(({ end }) => end),
      ...waiting.map(({ at }) => at),
      ...(breaker._tag === "Closed" ? [] : [breaker.until]),
    ]
    now = Math.min(...instants.filter((instant) => instant > now))
  }
  return outcome
}

describe("a service that is down", () => {
  it("does not burn the queue: few attempts reach it, and all runs succeed once it is back", () => {
    const hour = 3_600_000
    for (const seed of [1, 2, 3]) {
      const { attempts, down, end, failed, succeeded } = simulate(200, hour, seed)
      assert.deepStrictEqual(failed, [])
      assert.strictEqual(succeeded, 200)
      assert.strictEqual(attempts, 200 + down)
      // Until it opens, one beside it, and then the probes of an hour: 30 s, 1, 2, 4, 8 and then 10 minutes each.
      assert.isAtMost(down, defaultBreakerPolicy.failures + 1 + 10)
      // Back within one longest wait, and from then on as fast as two at once can.
      assert.isAtMost(end, hour + defaultBreakerPolicy.maxOpenMillis + 100 * 10_000 + 30_000)
    }
  })
})
