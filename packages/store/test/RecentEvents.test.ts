import { assert, describe, it } from "@effect/vitest"
import { EventDrafts } from "@runyard/core/testing"
import { RecentEvents } from "../src/internal/recentEvents.ts"

const { chunk, testRunId } = EventDrafts
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** Odd cursors are run 1, even ones run 2; each of 10 bytes. */
const filled = (count: number, maxEvents: number, maxBytes: number): RecentEvents => {
  const recent = new RecentEvents(maxEvents, maxBytes)
  for (const cursor of range(1, count)) {
    const run = cursor % 2 === 1 ? 1 : 2
    const event = { v: 1 as const, runId: testRunId(run), seq: Math.ceil(cursor / 2), ...chunk(String(cursor)) }
    recent.push({ cursor, event, bytes: 10 })
  }
  return recent
}

const all = (recent: RecentEvents, after: number) => recent.ofAll(after, 5)?.map(({ cursor }) => cursor)
const run = (recent: RecentEvents, after: number) => recent.ofRun(testRunId(1), after, 5)?.map(({ seq }) => seq)

describe("the recent events", () => {
  it("answer only for a place that they reach back to", () => {
    const recent = filled(1_000, 100, 1_000_000)
    assert.deepStrictEqual(all(recent, 900), range(901, 905))
    assert.isUndefined(all(recent, 899))
    assert.isUndefined(all(recent, 898))
    assert.isUndefined(all(recent, 0))
    assert.deepStrictEqual(run(recent, 450), range(451, 455))
    assert.isUndefined(run(recent, 449))
    assert.isUndefined(run(recent, 448))
  })

  it("have nothing after the newest, and know nothing of a run that they do not hold", () => {
    const recent = filled(1_000, 100, 1_000_000)
    assert.deepStrictEqual(all(recent, 998), [999, 1_000])
    assert.deepStrictEqual(all(recent, 1_000), [])
    assert.deepStrictEqual(run(recent, 500), [])
    assert.isUndefined(recent.ofRun(testRunId(3), 0, 5))
  })

  it("hold no more text than they may", () => {
    const recent = filled(1_000, 1_000, 200)
    assert.isUndefined(all(recent, 979))
    assert.deepStrictEqual(all(recent, 980), range(981, 985))
  })

  it("forget everything when they are cleared", () => {
    const recent = filled(10, 100, 1_000)
    recent.clear()
    assert.isUndefined(all(recent, 9))
    assert.isUndefined(run(recent, 4))
  })
})
