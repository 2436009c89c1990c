/** Why a run waits, and what was decided about a request. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Admission, admissionOf } from "../src/Admission.ts"
import { explanationText, RunExplanation, spanText } from "../src/RunExplanation.ts"
import * as Schema from "effect/Schema"
import { defaultSettings } from "../src/HostSettings.ts"
import { fakeLine } from "../src/testing/FakeAdapter.ts"
import { errorInfo, runyardError } from "../src/RunyardError.ts"
import { hang, idOf, oneHost, openHost, openStore, quick, request } from "./hosts.ts"

const by = { by: "ann" }
const codesOf = ({ reasons }: RunExplanation) => reasons.map(({ code }) => code)
const broken = runyardError("STORE_FULL")
const now = 1_700_000_000_000

describe("Runyard.explain", () => {
  it.effect("names the limit, who uses it, how many are before, and by when it starts at the latest", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { yard } = yield* oneHost({ script: hang })
      const first = yield* yard.submit(request)
      yield* yard.submit(request)
      const third = yield* yard.submit(request)
      const told = yield* yard.explain(third.id)
      assert.deepStrictEqual(told.reasons, [
        { code: "LIMIT", limiter: "provider", name: "fake", used: 1, capacity: 1, needs: 1, by: [first.id] },
      ])
      const { latestStart, longestMillis, position } = told
      assert.strictEqual(position, 2)
      assert.strictEqual(longestMillis, 7_200_000)
      assert.isAbove(latestStart ?? 0, now)
      assert.include(told.text, `It waits: 1 of 1 unit for provider fake is used by ${first.id}. 1 run is before it.`)
      assert.match(told.text, /It starts by 20\d\d-.* UTC at the latest, if no run takes longer than 2 h\.$/)
    }),
  )

  it.effect("says the same on a host that has nothing to do with it", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const one = yield* openHost(store, { script: hang, host: { self: idOf("one") } })
      const other = yield* openHost(store, { script: hang, host: { self: idOf("two") } })
      yield* one.yard.submit(request)
      const { id } = yield* one.yard.submit(request)
      assert.deepStrictEqual(yield* other.yard.explain(id), yield* one.yard.explain(id))
      const dead = yield* openHost(store, { script: hang, host: { self: idOf("three"), dead: new Set(["one"]) } })
      assert.deepStrictEqual(codesOf(yield* dead.yard.explain(id)), ["NO_HOST", "LIMIT"])
    }),
  )

  it.effect("names every reason that there is, and until when", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { yard } = yield* oneHost({ script: hang })
      yield* yard.queue.decide({ kind: "pause" }, by)
      yield* yard.queue.decide({ kind: "pause", provider: "fake" }, by)
      const { id } = yield* yard.submit({ ...request, notBefore: now + 90_000, limits: { queueMillis: 3_600_000 } })
      const told = yield* yard.explain(id)
      assert.deepStrictEqual(codesOf(told), ["NOT_BEFORE", "QUEUE_PAUSED", "PROVIDER_PAUSED"])
      assert.strictEqual(
        told.text,
        "It waits: it is not to start before 2023-11-14 22:14:50 UTC (in 1 min 30 s); the whole queue is paused; fake is paused. At 2023-11-14 23:14:50 UTC it stops waiting and never starts.",
      )
      yield* yard.queue.change(id, { held: true, notBefore: now }, by)
      assert.deepStrictEqual(codesOf(yield* yard.explain(id)), ["HELD", "QUEUE_PAUSED", "PROVIDER_PAUSED"])
    }),
  )

  it.effect("tells the run that writes to the same conversation", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang, settings: { concurrency: { global: 5, perProvider: 5 } } })
      const resumed = { ...request, session: { kind: "resume", id: "s-1" } }
      const writer = yield* yard.submit(resumed)
      const { id } = yield* yard.submit(resumed)
      assert.deepStrictEqual((yield* yard.explain(id)).reasons, [{ code: "SESSION_BUSY", writer: writer.id }])
    }),
  )

  it.effect("names no run of another tenant, and says how many use what it waits for", () =>
    Effect.gen(function* () {
      const concurrency = { global: 2, perProvider: 2, perTenant: 1 }
      const { yard } = yield* oneHost({ script: hang, settings: { concurrency } })
      const of = (tenant: string, more: object = {}) =>
        yard.submit({ ...request, ...more, scope: { platform: "web", tenant, workspace: "site" } })
      const session = { session: { kind: "resume", id: "s-1" } }
      const foreign = yield* of("acme", session)
      const own = yield* of("other")
      const waiting = yield* of("other", session)
      const told = yield* yard.explain(waiting.id)
      assert.notInclude(JSON.stringify(told), foreign.id)
      assert.deepStrictEqual(told.reasons, [
        { code: "SESSION_BUSY" },
        { code: "LIMIT", limiter: "global", name: "global", used: 2, capacity: 2, needs: 1, by: [own.id], others: 1 },
        { code: "LIMIT", limiter: "provider", name: "fake", used: 2, capacity: 2, needs: 1, by: [own.id], others: 1 },
        { code: "LIMIT", limiter: "tenant", name: "web/other", used: 1, capacity: 1, needs: 1, by: [own.id] },
      ])
      assert.include(told.text, `a run of another tenant goes on with the same conversation`)
      assert.include(told.text, `are used by ${own.id} and 1 run of other tenants`)
    }),
  )

  it.effect("says that a service is down and until when, and why a run is tried again, or is not", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const failing = fakeLine({ done: { outcome: "failed", error: errorInfo("CLI_OVERLOADED") } })
      const { yard } = yield* oneHost({
        script: { steps: [{ stdout: failing }], exit: { code: 1, signal: null } },
        settings: { concurrency: { global: 9, perProvider: 9 }, breaker: { ...defaultSettings.breaker, failures: 3 } },
      })
      const runs = yield* Effect.forEach([1, 2, 3], () => yard.submit(request))
      const never = yield* yard.submit({ ...request, retry: "never", priority: "high" })
      yield* TestClock.adjust("100 millis")
      const late = yield* yard.submit(request)
      const down = yield* yard.explain(late.id)
      const [reason] = down.reasons
      assert.strictEqual(reason?.code, "PROVIDER_DOWN")
      if (reason?.code !== "PROVIDER_DOWN") return
      assert.deepStrictEqual([reason.account, reason.failure], ["fake", "CLI_OVERLOADED"])
      assert.isAbove(reason.until, now)
      assert.isUndefined(down.latestStart)
      assert.match(
        down.text,
        /^It waits: fake has failed again and again \(CLI_OVERLOADED\) and is given time until 2023-/,
      )
      const admitted = yield* yard.admit(request)
      assert.deepStrictEqual([admitted.decision, admitted.code], ["deferred", "PROVIDER_DOWN"])
      const [first] = runs
      const again = yield* yard.explain(first?.id ?? late.id)
      assert.deepStrictEqual([again.state, again.retry?.reason], ["retry_wait", "backoff"])
      assert.include(codesOf(again), "RETRY_WAIT")
      assert.match(again.text, /Tried again in .*: /)
      const ended = yield* yard.explain(never.id)
      assert.strictEqual(ended.state, "failed")
      assert.match(ended.text, /^It has failed: CLI_OVERLOADED, .*\. Not tried again: .*\. A run that has ended/)
    }),
  )

  it.effect("tells how a run ended, and that a rerun is a new run", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: { steps: [{ waitMillis: 50 }] } })
      const { id } = yield* yard.submit(request)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* yard.explain(id)).text, "It is being executed.")
      yield* TestClock.adjust("1 minute")
      const told = yield* yard.explain(id)
      assert.deepStrictEqual([told.state, told.error?.code], ["failed", "CLI_NO_RESULT"])
      assert.match(told.text, /^It has failed: CLI_NO_RESULT, .*\. A run that has ended does not start again/)
    }),
  )

  it.effect.prop("has a sentence for whatever it finds", [RunExplanation], ([explanation]) =>
    Effect.sync(() => {
      const text = explanationText(explanation, now)
      assert.match(text, /^It .*[.]$/s)
      assert.notMatch(text, /undefined|NaN|Invalid/)
    }),
  )

  it("says spans in two units", () => {
    const spans = [0, 1_000, 59_999, 61_000, 3_600_000, 7_260_000, 90_000_000].map(spanText)
    assert.deepStrictEqual(spans, ["1 s", "1 s", "1 min", "1 min 1 s", "1 h", "2 h 1 min", "1 d 1 h"])
  })
})

describe("Runyard.admit", () => {
  const isAdmission = Schema.is(Admission)

  it.effect("gives one decision for each request, with a code and a sentence", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { yard } = yield* oneHost({ script: hang, settings: { queueBound: 4 } })
      const decisions = [
        yield* yard.admit({ ...request, idempotencyKey: "k" }),
        yield* yard.admit(request),
        yield* yard.admit({ ...request, notBefore: now + 1_000 }),
        yield* yard.admit({ ...request, idempotencyKey: "k" }),
        yield* yard.admit({ ...request, provider: "nobody" }),
      ]
      yield* yard.queue.decide({ kind: "pause", provider: "fake" }, by)
      decisions.push(yield* yard.admit(request), yield* yard.admit(request), yield* yard.admit(request))
      assert.deepStrictEqual(
        decisions.map(({ code, decision }) => `${decision} ${code}`),
        [
          "admitted STARTS",
          "queued LIMIT",
          "deferred NOT_BEFORE",
          "admitted KNOWN",
          "rejected QUEUE_PROVIDER_UNKNOWN",
          "deferred PROVIDER_PAUSED",
          "deferred PROVIDER_PAUSED",
          "rejected QUEUE_FULL",
        ],
      )
      for (const decision of decisions) {
        assert.isTrue(isAdmission(decision))
        assert.notInclude(decision.message, request.prompt)
      }
      assert.deepInclude(decisions[1], { position: 1 })
      assert.deepInclude(decisions[2], { until: now + 1_000 })
      assert.strictEqual((yield* yard.list()).length, 5)
    }),
  )

  it.effect("refuses by the first check that fails, in one order", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: hang, settings: { queueBound: 0, workspaces: "granted" } })
      const cap = { id: "cap", scope: "all", kind: "money", limit: 1, window: "total", unknown: "allow" } as const
      const settings = { queueBound: 0, budgets: [cap], quotas: { workspace: { "local//q": 0 } } }
      const anywhere = yield* oneHost({ script: hang, settings })
      const secret = `ghp_${"A1b2C3d4E5".repeat(4).slice(0, 36)}`
      /** Each defect, in the order in which it is looked for. */
      const defects: ReadonlyArray<readonly [string, object]> = [
        ["QUEUE_REQUEST_INVALID", { weight: 0 }],
        ["CLI_NO_PROMPT", { prompt: " " }],
        ["STORE_RUN_NOT_FOUND", { rerunOf: "run_0000000000000000" }],
        ["QUEUE_PROVIDER_UNKNOWN", { provider: "nobody" }],
        ["IO_DIRECTORY_UNREADABLE", { cwd: "/missing" }],
        ["POLICY_NOT_ALLOWED", { policy: { permissionModes: ["plan"] } }],
        ["POLICY_SECRET_IN_PROMPT", { title: secret }],
        ["QUEUE_OPTION_UNSUPPORTED", { sandbox: "read-only" }],
        ["SECRET_NOT_FOUND", { secrets: { TOKEN: "secret:NONE" } }],
        ["POLICY_BUDGET", { budget: { maxCostUsd: 2 } }],
        ["QUEUE_QUOTA", { cwd: "/q" }],
      ]
      for (const [index, [code, defect]] of defects.entries()) {
        for (const [, later] of [...defects.slice(index), ["", {}] as const]) {
          const decision = yield* anywhere.yard.admit({ ...request, ...later, ...defect })
          assert.strictEqual(decision.code, code, JSON.stringify(later))
        }
      }
      assert.strictEqual((yield* anywhere.yard.admit(request)).code, "QUEUE_FULL")
      assert.strictEqual((yield* yard.admit({ ...request, sandbox: "read-only" })).code, "POLICY_NO_GRANT")
      assert.deepStrictEqual([...(yield* yard.list()), ...(yield* anywhere.yard.list())], [])
    }),
  )

  it.effect("fails where the store does", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ log: () => ({ append: () => Effect.fail(broken) }) })
      assert.strictEqual((yield* Effect.flip(yard.admit(request))).code, "STORE_FULL")
    }),
  )

  it.effect("calls a run that waits for a person deferred", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ script: quick })
      const run = yield* yard.submit(request)
      const explanation = { ...(yield* yard.explain(run.id)), state: "action_needed" as const }
      assert.strictEqual(admissionOf(run, explanation).code, "ACTION_NEEDED")
    }),
  )
})
