import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  type BreakerReport,
  BreakerState,
  closedBreaker,
  countsForBreaker,
  defaultBreakerPolicy as policy,
  lookAt,
  pass,
  report,
} from "../src/CircuitBreaker.ts"
import { ErrorCode } from "../src/ErrorCode.ts"
import { errorInfo } from "../src/RunyardError.ts"

const failure = (code: ErrorCode, detail: Record<string, number> = {}): BreakerReport => ({
  kind: "failure",
  error: errorInfo(code, { detail }),
})
const overloaded = failure("CLI_OVERLOADED")
const success: BreakerReport = { kind: "success" }

const afterFailures = (count: number, now = 0): BreakerState => {
  let state = closedBreaker
  for (let index = 0; index < count; index++) state = report(state, policy, now, `a${index}`, overloaded)
  return state
}

const instant = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 * 60_000 }))
const step = Schema.Struct({
  who: Schema.Literals(["a", "b", "c", "d"]),
  what: Schema.Literals(["ask", "success", "fail", "limit", "neutral", "policy"]),
  after: instant,
})

describe("CircuitBreaker", () => {
  it("opens after repeated failures within the window, and not for those of the request", () => {
    assert.strictEqual(afterFailures(4)._tag, "Closed")
    assert.strictEqual(afterFailures(5)._tag, "Open")
    let spread = closedBreaker
    for (let index = 0; index < 50; index++) {
      spread = report(spread, policy, index * (policy.windowMillis / 4 + 1), "a", overloaded)
    }
    assert.strictEqual(spread._tag, "Closed")
    let refused = closedBreaker
    for (let index = 0; index < 50; index++) refused = report(refused, policy, 0, "a", failure("CLI_REQUEST_INVALID"))
    assert.deepStrictEqual(refused, closedBreaker)
  })

  it("counts only what says something about the provider", () => {
    const counted = ErrorCode.literals.filter(countsForBreaker)
    assert.deepStrictEqual(counted.toSorted(), [
      "CLI_CONNECTION",
      "CLI_OVERLOADED",
      "CLI_RATE_LIMITED",
      "CLI_SERVICE_ERROR",
      "CLI_USAGE_LIMIT",
    ])
  })

  it("is kept closed by successes between the failures", () => {
    let state = closedBreaker
    for (let index = 0; index < 50; index++) {
      state = report(report(state, policy, index, "a", overloaded), policy, index, "b", success)
    }
    assert.strictEqual(state._tag, "Closed")
  })

  it("lets one probe through once its time is over, and closes on its success", () => {
    const open = afterFailures(5)
    assert.strictEqual(pass(open, policy, policy.openMillis - 1, "x")[0].kind, "blocked")
    const [passage, half] = pass(open, policy, policy.openMillis, "x")
    assert.strictEqual(passage.kind, "probe")
    assert.strictEqual(pass(half, policy, policy.openMillis + 1, "y")[0].kind, "blocked")
    assert.deepStrictEqual(report(half, policy, policy.openMillis + 2, "y", success), half)
    assert.deepStrictEqual(report(half, policy, policy.openMillis + 2, "x", success), closedBreaker)
  })

  it("waits twice as long after each failed probe, up to its bound", () => {
    let state = afterFailures(5)
    let now = 0
    const waits: Array<number> = []
    for (let index = 0; index < 7; index++) {
      if (state._tag !== "Open") throw new Error("not open")
      waits.push(state.until - now)
      now = state.until
      state = report(pass(state, policy, now, "x")[1], policy, now, "x", overloaded)
    }
    assert.deepStrictEqual(waits, [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000])
  })

  it("gives the probe's right to the next one when it is not renewed", () => {
    const [, half] = pass(afterFailures(5), policy, 40_000, "x")
    const renewed = pass(half, policy, 41_000, "x")
    assert.deepStrictEqual(renewed[0], { kind: "probe", until: 41_000 + policy.probeMillis })
    const [taken, next] = pass(half, policy, 40_000 + policy.probeMillis, "y")
    assert.strictEqual(taken.kind, "probe")
    assert.strictEqual(pass(next, policy, 40_001 + policy.probeMillis, "x")[0].kind, "blocked")
    assert.deepStrictEqual(report(next, policy, 40_001 + policy.probeMillis, "x", overloaded), next)
  })

  it("is open at once, until it ends, for a usage limit with a known end", () => {
    const end = 5 * 60 * 60_000
    const state = report(closedBreaker, policy, 0, "a", failure("CLI_USAGE_LIMIT", { resetsAt: end }))
    assert.deepStrictEqual(state, { _tag: "Open", until: end, openings: 1, code: "CLI_USAGE_LIMIT" })
    const far = report(
      closedBreaker,
      policy,
      0,
      "a",
      failure("CLI_USAGE_LIMIT", { resetsAt: Date.parse("2040-01-01") }),
    )
    assert.strictEqual(lookAt(far, policy.maxLimitMillis - 1).kind, "blocked")
    assert.strictEqual(lookAt(far, policy.maxLimitMillis).kind, "probe")
    assert.strictEqual(report(closedBreaker, policy, 0, "a", failure("CLI_USAGE_LIMIT"))._tag, "Closed")
  })

  const roundTrip = Schema.decodeUnknownSync(Schema.fromJsonString(BreakerState))

  it.prop(
    "has never more than one probe with a right, whoever asks and reports in whatever order",
    { steps: Schema.Array(step).check(Schema.isMaxLength(80)) },
    ({ steps }) => {
      let state: BreakerState = afterFailures(5)
      let now = 0
      const rights = new Map<string, number>()
      for (const { after, what, who } of steps) {
        now += what === "ask" ? after % 400_000 : after % 5000
        for (const [holder, until] of rights) if (until <= now) rights.delete(holder)
        if (what === "ask") {
          const [passage, next] = pass(state, policy, now, who)
          // Who only looks sees the same as who asks without being the probe.
          if (!rights.has(who)) assert.strictEqual(lookAt(state, now).kind, passage.kind)
          if (passage.kind === "probe") rights.set(who, passage.until)
          if (passage.kind === "blocked") assert.isAbove(passage.until, now)
          state = next
        } else {
          const outcome: BreakerReport =
            what === "success"
              ? success
              : what === "neutral"
                ? { kind: "neutral" }
                : what === "fail"
                  ? overloaded
                  : failure(what === "limit" ? "CLI_USAGE_LIMIT" : "POLICY_BUDGET", { resetsAt: now + after })
          const wasProbe = state._tag === "HalfOpen" && state.probe === who
          const next = report(state, policy, now, who, outcome)
          // Somebody else's word neither closes it nor shortens the wait.
          if (!wasProbe && state._tag !== "Closed") {
            assert.notStrictEqual(next._tag, "Closed")
            if (next._tag !== "Closed") assert.isAtLeast(next.until, state.until)
          }
          if (wasProbe || next._tag !== state._tag) rights.clear()
          state = next
        }
        assert.isAtMost(rights.size, 1)
        if (state._tag === "Closed") assert.isBelow(state.failures.length, policy.failures)
        assert.deepStrictEqual(roundTrip(JSON.stringify(state)), state)
      }
    },
  )
})
