import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { draft } from "../src/EventDraft.ts"
import { isTerminal, localScope, type Run, RunId, type RunState } from "../src/Run.ts"
import { type EventType, eventTypes, isTerminalEvent, type RunEvent } from "../src/RunEvent.ts"
import { errorInfo } from "../src/RunyardError.ts"
import { apply, begin } from "../src/RunTransition.ts"

const runId = RunId.make("run_0000000000000000")
const host = { id: "h1", pid: 1, startTime: "1" }
const error = errorInfo("CLI_NO_RESULT")

/** A payload for each type that moves the state; the others are represented by `agent.message`. */
const samples: Partial<Record<EventType, unknown>> = {
  "run.queued": { scope: localScope, request: { provider: "fake", prompt: "hi", cwd: "/" }, host },
  "queue.claimed": { host },
  "run.started": { executable: "/x", pid: 2, args: [], cwd: "/", env: [], format: "f", marker: "m" },
  "run.retry_scheduled": { at: 1, error },
  "run.action_needed": { error },
  "queue.requeued": { by: "user" },
  "queue.released": { host },
  "run.completed": {},
  "run.failed": { error },
  "run.canceled": { by: "user" },
  "run.timed_out": { limit: "wall", error },
  "run.interrupted": { error },
  "run.policy_denied": { error },
  "agent.message": { text: "hello" },
  "agent.session": { sessionId: "s" },
  "audit.cancel_requested": { by: "user", force: false },
}
const sampled = Object.keys(samples) as ReadonlyArray<EventType>

const event = (type: EventType, seq: number, attempt = 1): RunEvent => ({
  ...draft(type, samples[type] as never),
  v: 1,
  runId,
  seq,
  attempt,
  at: seq,
  mono: 0,
})

const queued = (): Run => Result.getOrThrow(begin(event("run.queued", 1)))

describe("RunTransition", () => {
  it("begins only with run.queued as the first event", () => {
    assert.strictEqual(queued().state, "queued")
    for (const type of sampled.filter((other) => other !== "run.queued")) {
      assert.isTrue(Result.isFailure(begin(event(type, 1))), type)
    }
    assert.isTrue(Result.isFailure(begin(event("run.queued", 2))))
  })

  it("has exactly the arrows of the state machine", () => {
    const reach: Record<string, Array<RunState>> = {}
    const seen = new Map<RunState, Run>([["queued", queued()]])
    for (const [state, run] of seen) {
      const to = new Set<RunState>()
      for (const type of sampled) {
        const next = apply(run, event(type, run.lastSeq + 1))
        if (Result.isSuccess(next) && next.success.state !== state) {
          to.add(next.success.state)
          if (!seen.has(next.success.state)) seen.set(next.success.state, next.success)
        }
      }
      reach[state] = [...to].toSorted()
    }
    assert.deepStrictEqual(reach, {
      queued: ["canceled", "rejected", "starting", "timed_out"],
      starting: ["action_needed", "canceled", "failed", "interrupted", "retry_wait", "running", "timed_out"],
      running: ["action_needed", "canceled", "failed", "interrupted", "queued", "retry_wait", "succeeded", "timed_out"],
      retry_wait: ["canceled", "queued", "starting", "timed_out"],
      action_needed: ["canceled", "queued", "timed_out"],
      succeeded: [],
      failed: [],
      canceled: [],
      timed_out: [],
      interrupted: [],
      rejected: [],
    })
  })

  it.effect.prop(
    "lets at most one terminal event through, as the last one, whatever is tried",
    { choices: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: sampled.length - 1 }))) },
    ({ choices }) =>
      Effect.sync(() => {
        let run = queued()
        let ended = false
        for (const choice of choices) {
          const type = sampled[choice] ?? "agent.message"
          const next = apply(run, event(type, run.lastSeq + 1))
          if (Result.isFailure(next)) {
            assert.strictEqual(next.failure.code, "STORE_CONFLICT")
            continue
          }
          assert.isFalse(ended)
          assert.strictEqual(next.success.lastSeq, run.lastSeq + 1)
          run = next.success
          ended = isTerminalEvent({ type })
          assert.strictEqual(isTerminal(run.state), ended)
        }
      }),
  )

  it("refuses a gap and a repeat", () => {
    const run = queued()
    assert.isTrue(Result.isFailure(apply(run, event("queue.claimed", 1))))
    assert.isTrue(Result.isFailure(apply(run, event("queue.claimed", 3))))
  })

  it("lets nobody end an attempt who does not know of it", () => {
    const run = Result.getOrThrow(apply(queued(), event("queue.claimed", 2)))
    assert.isTrue(Result.isFailure(apply(run, event("run.canceled", 3, 0))))
    assert.isTrue(Result.isSuccess(apply(run, event("run.canceled", 3, 1))))
    assert.isTrue(Result.isSuccess(apply(queued(), event("run.canceled", 2, 0))))
  })

  it("counts attempts by their claims", () => {
    let run = queued()
    for (const type of ["queue.claimed", "run.retry_scheduled", "queue.claimed", "run.started"] as const) {
      const attempt = run.attempts.length + (type === "queue.claimed" ? 1 : 0)
      run = Result.getOrThrow(apply(run, event(type, run.lastSeq + 1, attempt)))
    }
    assert.deepStrictEqual(
      run.attempts.map(({ number, pid }) => [number, pid]),
      [
        [1, undefined],
        [2, 2],
      ],
    )
  })

  it("goes back to the queue with what ended the attempt, and keeps its conversation", () => {
    const events = ["queue.claimed", "run.started", "agent.session"] as const
    let run = queued()
    for (const type of events) run = Result.getOrThrow(apply(run, event(type, run.lastSeq + 1)))
    const died = { ...event("queue.requeued", run.lastSeq + 1), payload: { by: "recovery", error } } as RunEvent
    run = Result.getOrThrow(apply(run, died))
    assert.strictEqual(run.state, "queued")
    assert.strictEqual(run.sessionId, "s")
    assert.deepStrictEqual(run.attempts[0]?.error, error)
    assert.strictEqual(run.attempts[0]?.endedAt, died.at)
  })

  it("keeps at most 64 KiB of the final message in the run", () => {
    let run = queued()
    for (const type of ["queue.claimed", "run.started"] as const) {
      run = Result.getOrThrow(apply(run, event(type, run.lastSeq + 1)))
    }
    const long = { ...event("agent.message", run.lastSeq + 1), payload: { text: "x".repeat(100_000) } } as RunEvent
    assert.strictEqual(Result.getOrThrow(apply(run, long)).finalMessage?.length, 65_536)
  })

  it("knows every type of the schema", () => {
    assert.isTrue(sampled.every((type) => eventTypes.includes(type)))
  })
})
