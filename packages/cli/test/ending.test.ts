import { draft, type TimelessDraft } from "@runyard/core/EventDraft"
import { errorInfo, type RunEvent } from "@runyard/core"
import { assert, describe, it } from "@effect/vitest"
import { endingText } from "../src/ending.ts"

const told = (item: TimelessDraft): string =>
  endingText({ ...item, v: 1, runId: "run_0000000000000000", seq: 9, attempt: 1, at: 1, mono: 1 } as RunEvent)

const evidence = { step: "SIGINT", durationMillis: 43.2, descendants: 2, survivors: [] }

describe("endingText", () => {
  it("says who canceled, what worked, how long it took and how many processes there were", () => {
    assert.strictEqual(
      told(draft("run.canceled", { by: "runyard cancel", evidence })),
      "canceled by runyard cancel: SIGINT worked, 43 ms, 3 processes, none left",
    )
    assert.strictEqual(
      told(draft("run.canceled", { by: "me", reason: "too\nslow", evidence: { ...evidence, step: "kill-tree" } })),
      "canceled by me (too slow): kill worked, 43 ms, 3 processes, none left",
    )
  })

  it("says that a run had no process when it was canceled before its start", () => {
    assert.strictEqual(told(draft("run.canceled", { by: "me" })), "canceled by me: it had no process")
  })

  it("names what is still alive", () => {
    const error = errorInfo("CLI_SURVIVORS")
    const left = { ...evidence, step: "kill-tree", descendants: 0, survivors: [7, 8] }
    assert.strictEqual(
      told(draft("run.failed", { error, evidence: left })),
      "nothing worked, 43 ms, 1 process, still alive: 7, 8",
    )
  })

  it("says which limit ended a run, and that one was ended after its result", () => {
    const error = errorInfo("CLI_IDLE")
    assert.strictEqual(
      told(draft("run.timed_out", { limit: "idle", error, evidence: { ...evidence, durationMillis: 12_345 } })),
      "over its idle limit: SIGINT worked, 12.3 s, 3 processes, none left",
    )
    assert.strictEqual(
      told(draft("run.completed", { lingered: true, evidence })),
      "stayed after its result: SIGINT worked, 43 ms, 3 processes, none left",
    )
  })

  it("lets nobody's words command the terminal", () => {
    assert.notInclude(told(draft("run.canceled", { by: "\u001b[2Jme", evidence })), "\u001b")
  })
})
