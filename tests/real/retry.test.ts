import { assert, describe, it } from "@effect/vitest"
import { failure, say, shell } from "../fake-model/Script.ts"
import { cases } from "./Clis.ts"
import { type FollowedRun, onStage } from "./Stage.ts"

/** Short waits; a usage limit is waited for as long as the CLI says. */
const waits = { retry: { baseMillis: 1000, parkJitterMillis: 500 }, breaker: { openMillis: 500 } }

describe.each(cases())("$name", ({ cli }) => {
  // Codex tells the end of a limit to the minute.
  it("waits out a usage limit and an overloaded service, and succeeds without a person", { timeout: 150_000 }, () => {
    const resetsAt = Math.ceil(Date.now() / 1000) + 3
    let followed: FollowedRun | undefined
    /** By attempt: a CLI may ask more than once in one. */
    const script = () => {
      switch (followed?.all("run.retry_scheduled").length ?? 0) {
        case 0:
          return failure(429, { resetsAt })
        case 1:
          return failure(529, { message: "Overloaded" })
        default:
          return say("At the third attempt.")
      }
    }
    return onStage(cli, { script, ...waits }, async ({ start }) => {
      followed = await start({ retry: {} })
      const run = await followed.ended()
      assert.deepStrictEqual([run.state, run.finalMessage], ["succeeded", "At the third attempt."])
      const [parked, retried] = followed.all("run.retry_scheduled")
      assert.strictEqual(parked?.payload.error.code, "CLI_USAGE_LIMIT")
      assert.deepStrictEqual([parked?.payload.retry?.reason, parked?.payload.retry?.parked], ["usage_limit", true])
      assert.isAtLeast(parked?.payload.at ?? 0, resetsAt * 1000)
      // The limit has closed the account, and this attempt tries it for all.
      assert.strictEqual(retried?.payload.error.code, "CLI_OVERLOADED")
      assert.strictEqual(retried?.payload.retry?.reason, "breaker_open")
      assert.deepStrictEqual(
        run.attempts.map(({ error, number, sideEffects }) => [number, error?.code, sideEffects?.executed]),
        [
          [1, "CLI_USAGE_LIMIT", false],
          [2, "CLI_OVERLOADED", false],
          [3, undefined, false],
        ],
      )
      const starts = followed.all("run.started")
      assert.deepStrictEqual(
        starts.map(({ attempt }) => attempt),
        [1, 2, 3],
      )
      for (const [index, event] of [parked, retried].entries()) {
        assert.isAtLeast(starts[index + 1]?.at ?? 0, event?.payload.at ?? Infinity)
      }
    })
  })

  it("does not try a run again that had executed a tool, and says so", () => {
    let turns = 0
    const script = () => (turns++ === 0 ? shell("echo done >> done.txt") : failure(529, { message: "Overloaded" }))
    return onStage(cli, { script, ...waits }, async ({ start }) => {
      const followed = await start({ retry: {} })
      const run = await followed.ended()
      assert.deepStrictEqual([run.state, run.error?.code], ["failed", "CLI_OVERLOADED"])
      assert.deepStrictEqual(
        run.attempts.map(({ retry: decided, sideEffects }) => [decided?.reason, sideEffects?.executed]),
        [["side_effects", true]],
      )
      const last = followed.log.at(-1)
      assert.isTrue(last?.type === "run.failed" && last.payload.retry?.reason === "side_effects")
    })
  })
})
