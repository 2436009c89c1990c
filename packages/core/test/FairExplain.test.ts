import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { FairQueue } from "../src/FairQueue.ts"
import { defaultFairSettings, FairSettings } from "../src/FairSettings.ts"
import { safeWeight } from "../src/FairWeights.ts"
import { capacityOf } from "../src/Limits.ts"
import type { QueueJob } from "../src/QueueJob.ts"

const job = (sequence: number, changes: Partial<QueueJob> = {}): QueueJob => ({
  id: `job-${sequence}`,
  sequence,
  tenant: "t",
  workspace: "w",
  provider: "codex",
  priority: "normal",
  units: 1,
  enqueuedAt: 0,
  ...changes,
})

const queueOf = (...jobs: ReadonlyArray<QueueJob>): FairQueue =>
  FairQueue.from(defaultFairSettings, { queued: jobs }, 0)

describe("explain", () => {
  it("names the limiter that has no room, and says nothing of one whose turn has only not come", () => {
    const queue = queueOf(job(1), job(2), job(3, { provider: "claude" }))
    assert.strictEqual(queue.take(0)?.id, "job-1")
    assert.deepStrictEqual(queue.explain("job-2", 0)?.blockers, [
      { kind: "limiter", limiter: "provider", name: "codex", used: 1, capacity: 1, needs: 1 },
    ])
    assert.deepStrictEqual(queue.explain("job-3", 0)?.blockers, [])
    assert.strictEqual(queue.explain("job-1", 0)?.state, "running")
    assert.isUndefined(queue.explain("job-9", 0))
  })

  it("names the job that writes to the same session", () => {
    const limits = { ...defaultFairSettings.limits, provider: { default: 2 } }
    const queue = new FairQueue({ ...defaultFairSettings, limits })
    queue.enqueue(job(1, { session: "s" }), 0)
    queue.enqueue(job(2, { session: "s", priority: "interactive" }), 0)
    queue.enqueue(job(3), 0)
    assert.strictEqual(queue.take(0)?.id, "job-2")
    assert.deepStrictEqual(queue.explain("job-1", 0)?.blockers, [{ kind: "session", writer: "job-2" }])
    assert.strictEqual(queue.take(0)?.id, "job-3", "it does not hold up those behind it")
    assert.isTrue(queue.finish("job-2"))
    assert.strictEqual(queue.take(0)?.id, "job-1")
  })

  it("says whom room is kept for", () => {
    const limits = { ...defaultFairSettings.limits, global: 3, provider: {} }
    const queue = new FairQueue({ ...defaultFairSettings, limits, reserveAfterMillis: 10 })
    queue.enqueue(job(1), 0)
    queue.take(0)
    queue.enqueue(job(2, { units: 3, priority: "interactive", tenant: "wide" }), 0)
    queue.enqueue(job(3, { priority: "interactive", tenant: "small" }), 0)
    queue.enqueue(job(4, { priority: "interactive", tenant: "small" }), 0)
    queue.enqueue(job(5, { priority: "interactive", tenant: "small" }), 0)
    assert.strictEqual(queue.take(0)?.id, "job-3")
    assert.strictEqual(queue.take(0)?.id, "job-4")
    queue.finish("job-3")
    assert.isUndefined(queue.take(10))
    assert.deepStrictEqual(queue.explain("job-5", 10)?.blockers, [
      { kind: "limiter", limiter: "global", name: "global", used: 2, capacity: 3, needs: 1, keptFor: "job-2" },
    ])
    queue.finish("job-1")
    queue.finish("job-4")
    assert.strictEqual(queue.take(11)?.id, "job-2")
  })
})

describe("FairQueue", () => {
  it("keeps a delayed job until its time, in the place of its number, and says when to ask again", () => {
    const queue = queueOf(job(1, { notBefore: 100 }), job(2))
    assert.strictEqual(queue.nextWake(), 100)
    assert.deepStrictEqual(queue.explain("job-1", 0)?.blockers, [{ kind: "delayed", until: 100 }])
    assert.strictEqual(queue.next(99)?.id, "job-2")
    assert.strictEqual(queue.next(100)?.id, "job-1")
    assert.isUndefined(queue.nextWake())
  })

  it("never starts a job at or after its expiry, and hands it out once", () => {
    const queue = queueOf(job(1, { expiresAt: 100 }), job(2, { expiresAt: 200, notBefore: 150 }))
    queue.hold("job-2")
    assert.isUndefined(queue.next(100))
    assert.deepStrictEqual(
      queue.expired(200).map(({ id }) => id),
      ["job-1", "job-2"],
    )
    assert.deepStrictEqual(queue.expired(200), [])
    assert.strictEqual(queue.size, 0)
  })

  it("holds, releases, changes and removes what has not started, and nothing else", () => {
    const queue = queueOf(job(1), job(2), job(3))
    assert.isTrue(queue.hold("job-1"))
    assert.isTrue(queue.change("job-3", { priority: "high" }, 0))
    assert.strictEqual(queue.take(0)?.id, "job-3")
    assert.isFalse(queue.hold("job-3"))
    assert.isFalse(queue.remove("job-3"))
    assert.isFalse(queue.change("job-3", { priority: "low" }, 0))
    assert.isTrue(queue.release("job-1", 0))
    assert.isFalse(queue.release("job-1", 0))
    assert.isTrue(queue.change("job-1", { sequence: 9 }, 0), "moved behind job-2")
    assert.isTrue(queue.finish("job-3"))
    assert.strictEqual(queue.next(0)?.id, "job-2")
    assert.isTrue(queue.remove("job-2"))
    assert.isFalse(queue.remove("job-2"))
    assert.strictEqual(queue.next(0)?.id, "job-1")
    assert.isFalse(queue.enqueue(job(1), 0))
    assert.strictEqual(queue.size, 1)
  })

  it("lists in the order in which jobs start when they go one after the other", () => {
    const queue = queueOf(
      job(1, { tenant: "a" }),
      job(2, { tenant: "a" }),
      job(3, { tenant: "b" }),
      job(4, { priority: "interactive" }),
      job(5, { notBefore: 50 }),
    )
    const listed = [...queue.order(0)].map(({ id }) => id)
    assert.deepStrictEqual(listed, ["job-4", "job-1", "job-3", "job-2"])
    assert.strictEqual(queue.position("job-3", 0), 3)
    assert.isUndefined(queue.position("job-5", 0))
    const started: Array<string> = []
    for (let next = queue.take(0); next !== undefined; next = queue.take(0)) {
      started.push(next.id)
      queue.finish(next.id)
    }
    assert.deepStrictEqual(started, listed)
  })

  it("starts a job that weighs more than a limiter alone, and nothing where a limiter is 0", () => {
    const queue = queueOf(job(1, { units: 5 }), job(2, { provider: "claude" }))
    assert.strictEqual(queue.take(0)?.id, "job-1")
    assert.isUndefined(queue.take(0))
    queue.finish("job-1")
    const { limits } = defaultFairSettings
    queue.configure({ ...defaultFairSettings, limits: { ...limits, provider: { of: { claude: 0 } } } }, 0)
    assert.isUndefined(queue.take(0))
    queue.configure(defaultFairSettings, 0)
    assert.strictEqual(queue.take(0)?.id, "job-2")
  })

  it("forgets lanes and limiters that are empty and owe nothing", () => {
    const queue = new FairQueue()
    for (let sequence = 1; sequence <= 500; sequence++) {
      queue.enqueue(job(sequence, { tenant: `t${sequence}`, workspace: `w${sequence}` }), 0)
      queue.take(0)
      queue.finish(`job-${sequence}`)
    }
    assert.isBelow(queue.clock().length, 12)
  })
})

describe("settings", () => {
  it("are refused where they are broken, and harmless where nobody looked", () => {
    const accepts = Schema.is(FairSettings)
    assert.isTrue(accepts(defaultFairSettings))
    for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e9]) {
      assert.isFalse(
        accepts({ ...defaultFairSettings, weights: { provider: {}, tenant: { t: weight }, workspace: {} } }),
      )
      assert.isAtLeast(safeWeight(weight), 0.01)
      assert.isAtMost(safeWeight(weight), 100)
    }
    for (const limit of [-1, Number.NaN, 0.5]) {
      assert.isFalse(accepts({ ...defaultFairSettings, limits: { ...defaultFairSettings.limits, global: limit } }))
      assert.strictEqual(capacityOf({ ...defaultFairSettings.limits, global: limit }, "global", "global"), 0)
    }
  })
})
