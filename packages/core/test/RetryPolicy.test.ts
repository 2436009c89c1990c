import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ErrorCode, errorTable } from "../src/ErrorCode.ts"
import { NanoUsd } from "../src/Money.ts"
import {
  decideRetry,
  defaultRetryPolicy as policy,
  type RetryPolicy,
  type RetryQuestion,
  RetryReason,
} from "../src/RetryPolicy.ts"
import { errorInfo } from "../src/RunyardError.ts"

const now = Date.parse("2026-11-27T12:00:00Z")
const base: RetryQuestion = {
  error: errorInfo("CLI_OVERLOADED"),
  tries: 1,
  parks: 0,
  firstAt: now - 5000,
  parkedMillis: 0,
  sideEffects: "none",
  idempotent: false,
  spent: undefined,
  breaker: { kind: "through" },
  now,
  random: 0.5,
}
const decide = (question: Partial<RetryQuestion>, rules: Partial<RetryPolicy> = {}) =>
  decideRetry({ ...policy, ...rules }, { ...base, ...question })

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const random = between(0, 999)

describe("RetryPolicy", () => {
  it("tries a transient failure again, and leaves the others to a person or to their end", () => {
    for (const code of ErrorCode.literals) {
      const { kind } = decide({ error: errorInfo(code) })
      const expected =
        code === "CLI_USAGE_LIMIT"
          ? "park"
          : code === "QUEUE_TIMED_OUT"
            ? "fail"
            : errorTable[code].class === "transient"
              ? "retry"
              : errorTable[code].class === "auth" || errorTable[code].class === "permission"
                ? "action_needed"
                : "fail"
      assert.strictEqual(kind, expected, code)
    }
  })

  it("does not repeat what an agent may have done, unless the request says that it may", () => {
    for (const code of ["CLI_OVERLOADED", "CLI_USAGE_LIMIT", "CLI_RATE_LIMITED"] as const) {
      const error = errorInfo(code, { retryAfterMillis: 1000 })
      assert.strictEqual(decide({ error, sideEffects: "done" }).reason, "side_effects", code)
      assert.strictEqual(decide({ error, sideEffects: "unknown" }).reason, "side_effects_unknown", code)
      assert.notStrictEqual(decide({ error, sideEffects: "done", idempotent: true }).kind, "fail", code)
    }
  })

  it("waits as long as it is asked to, and parks the run when that is long", () => {
    const asked = (retryAfterMillis: number) => decide({ error: errorInfo("CLI_RATE_LIMITED", { retryAfterMillis }) })
    assert.deepInclude(asked(30_000), { kind: "retry", at: now + 30_000 + 1000, reason: "retry_after" })
    assert.deepInclude(asked(20 * 60_000), { kind: "park", until: now + 20 * 60_000 + 30_000, reason: "retry_after" })
    assert.deepInclude(asked(10 * 365 * 24 * 3_600_000), { kind: "action_needed", reason: "reset_too_far" })
  })

  it("parks a run until the limit of its account ends", () => {
    const limit = (detail: Record<string, Schema.Json>, parks = 0) =>
      decide({ error: errorInfo("CLI_USAGE_LIMIT", { detail }), parks, tries: 4 })
    const end = now + 5 * 3_600_000
    assert.deepInclude(limit({ resetsAt: end }), { kind: "park", until: end + 30_000, reason: "usage_limit" })
    const clock = { hour: 17, minute: 0, zone: "UTC" }
    // The words may mean the last second of their minute.
    assert.deepInclude(limit({ resetsClock: clock }), {
      kind: "park",
      until: end + 60_000 + 30_000,
      reason: "usage_limit",
    })
    assert.deepInclude(limit({ resetsAt: Date.parse("2030-01-01") }), {
      kind: "action_needed",
      reason: "reset_too_far",
    })
    assert.deepInclude(limit({}), { kind: "park", until: now + 930_000, reason: "usage_limit_end_unknown" })
    assert.deepInclude(limit({}, 3), { kind: "park", until: now + 8 * 900_000 + 30_000 })
    // What has ended and still refuses has no known end.
    assert.deepInclude(limit({ resetsAt: now - 1 }, 1), { kind: "park", reason: "usage_limit_end_unknown" })
    assert.deepInclude(limit({}, policy.maxParks), { kind: "fail", reason: "parks_spent" })
  })

  it("ends at its caps in tries, time and money", () => {
    assert.strictEqual(decide({ tries: 4 }).reason, "tries_spent")
    assert.strictEqual(decide({ firstAt: now - policy.maxElapsedMillis }).reason, "time_spent")
    assert.strictEqual(
      decide({ firstAt: now - policy.maxElapsedMillis - 5000, parkedMillis: policy.maxElapsedMillis }).kind,
      "retry",
    )
    const maxMoney = NanoUsd.make(10_000_000)
    assert.strictEqual(decide({ spent: maxMoney }, { maxMoney }).reason, "money_spent")
    assert.strictEqual(decide({ spent: NanoUsd.make(9_999_999) }, { maxMoney }).kind, "retry")
    assert.strictEqual(decide({}, { maxMoney }).reason, "money_unknown")
    assert.strictEqual(decide({}, { maxMoney, unknownMoney: "allow" }).kind, "retry")
    assert.match(decide({ spent: maxMoney }, { maxMoney }).sentence, /0\.01 \$ of the 0\.01 \$/)
  })

  it("does not come before the breaker lets it", () => {
    const blocked = (millis: number) =>
      decide({ breaker: { kind: "blocked", until: now + millis, code: "CLI_OVERLOADED" } })
    assert.deepInclude(blocked(60_000), { kind: "retry", at: now + 61_000, reason: "breaker_open" })
    assert.deepInclude(blocked(5 * 3_600_000), { kind: "park", reason: "breaker_open" })
  })

  it.prop(
    "spreads its waits over the whole range, doubled with each try, and never beyond its caps",
    { tries: between(1, 60), random, asked: between(0, 15 * 60_000), closed: between(0, 15 * 60_000) },
    ({ asked, closed, random, tries }) => {
      const rules: RetryPolicy = { ...policy, maxTries: 100, maxElapsedMillis: 1e12 }
      const question: RetryQuestion = {
        ...base,
        tries,
        random: random / 1000,
        error: errorInfo("CLI_RATE_LIMITED", { retryAfterMillis: asked }),
        breaker: { kind: "blocked", until: now + closed, code: "x" },
      }
      const decision = decideRetry(rules, question)
      if (decision.kind !== "retry") throw new Error(decision.reason)
      const range = Math.min(policy.maxDelayMillis, policy.baseMillis * 2 ** (tries - 1))
      const backoff = decision.at - now - Math.max(asked, closed)
      assert.strictEqual(backoff, Math.floor((random / 1000) * range))
      assert.deepStrictEqual(decideRetry(rules, question), decision)
    },
  )

  it.prop(
    "always decides, with a reason, within its bounds, and ends after so many tries and parks",
    {
      code: ErrorCode,
      tries: between(1, 10),
      parks: between(0, 20),
      elapsed: between(0, 1e9),
      sideEffects: Schema.Literals(["none", "done", "unknown"]),
      idempotent: Schema.Boolean,
      random,
      retryAfter: Schema.optionalKey(Schema.Finite),
      resetsAt: Schema.optionalKey(Schema.Finite),
    },
    ({ code, elapsed, random, resetsAt, retryAfter, ...rest }) => {
      const decision = decide({
        ...rest,
        error: errorInfo(code, {
          detail: resetsAt === undefined ? {} : { resetsAt },
          ...(retryAfter === undefined ? {} : { retryAfterMillis: retryAfter }),
        }),
        firstAt: now - elapsed,
        random: random / 1000,
      })
      assert.include(RetryReason.literals, decision.reason)
      assert.isAbove(decision.sentence.length, 10)
      if (decision.kind === "retry") {
        assert.isBelow(rest.tries, policy.maxTries)
        assert.isAtLeast(decision.at, now + Math.max(0, retryAfter ?? 0))
        assert.isAtMost(decision.at - (now - elapsed), policy.maxElapsedMillis)
      }
      if (decision.kind === "park") {
        assert.isBelow(rest.parks, policy.maxParks)
        assert.isAtLeast(decision.until, now)
        assert.isAtMost(decision.until, now + policy.maxParkMillis + policy.parkJitterMillis)
      }
      if (decision.kind === "retry" || decision.kind === "park") {
        assert.strictEqual(errorTable[code].class, "transient")
        assert.isTrue(rest.idempotent || rest.sideEffects === "none")
      }
    },
  )
})
