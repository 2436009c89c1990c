import { draft, type TimelessDraft } from "@runyard/core/EventDraft"
import { errorInfo, type RunEvent } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import { renderEvent } from "../src/render.ts"
import { styleFor } from "../src/style.ts"

const plain = styleFor({ isTTY: false }, {})
const shown = (item: TimelessDraft): ReadonlyArray<string> =>
  renderEvent(
    { ...item, v: 1, runId: "run_0000000000000000", seq: 9, attempt: 1, at: 1, mono: 1 } as RunEvent,
    plain,
  ).map(({ text }) => text)

const error = errorInfo("CLI_OVERLOADED", { message: "busy" })
/** In the zone of whoever runs the tests. */
const at = new Date(2026, 10, 27, 2, 10, 14).getTime()

describe("renderEvent", () => {
  it("says when a run is tried again, and why", () => {
    const sentence = "Tried again in 3 s: try 1 of 4 failed with CLI_OVERLOADED."
    assert.deepStrictEqual(shown(draft("run.retry_scheduled", { at, error, retry: { reason: "backoff", sentence } })), [
      "✗ CLI_OVERLOADED: busy",
      `● retrying at 2026-11-27 02:10:14. ${sentence}`,
    ])
  })

  it("says until when a run is parked", () => {
    const retry = { reason: "usage_limit", sentence: "The account's usage limit ends in 3 h.", parked: true } as const
    assert.strictEqual(
      shown(draft("run.retry_scheduled", { at, error, retry })).at(-1),
      "● waiting until 2026-11-27 02:10:14. The account's usage limit ends in 3 h.",
    )
  })

  it("says why a failure of the service is not tried again, and nothing of others", () => {
    const done = { reason: "side_effects", sentence: "The agent had executed a tool." } as const
    assert.strictEqual(
      shown(draft("run.failed", { error, retry: done })).at(-1),
      "  Not tried again: The agent had executed a tool.",
    )
    const other = { reason: "not_transient", sentence: "Trying again does not help." } as const
    assert.lengthOf(shown(draft("run.failed", { error: errorInfo("CLI_NO_RESULT"), retry: other })), 2)
  })

  it("says that a run waits because its provider is given time", () => {
    const reason = "codex is given time after CLI_OVERLOADED"
    assert.deepStrictEqual(shown(draft("queue.changed", { by: "breaker", reason, notBefore: at })), [
      `● waiting until 2026-11-27 02:10:14: ${reason}`,
    ])
    assert.deepStrictEqual(shown(draft("queue.changed", { by: "ann", priority: "high" })), [])
  })
})
