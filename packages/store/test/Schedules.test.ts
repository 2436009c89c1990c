/** Two connections to one file: what a schedule's time becomes is decided by the file's write lock. */
import { assert, describe, it } from "@effect/vitest"
import { answered } from "@runyard/core/RunSchedule"
import { RunId } from "@runyard/core/Run"
import { Schedules } from "@runyard/core/Schedules"
import { SchedulesTest } from "@runyard/core/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { SqliteStore } from "../src/index.ts"
import { temporaryDirectory } from "./temporary.ts"

const minute = 60_000
const runId = RunId.make(`run_${"0".repeat(16)}`)

describe("Schedules of two programs", () => {
  it.effect("give each time to one of them", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const scope = yield* Effect.scope
      const opened = Effect.map(Layer.buildWithScope(SqliteStore.layer({ directory }), scope), (context) =>
        Context.get(context, Schedules),
      )
      const one = yield* opened
      const other = yield* opened
      for (let number = 1; number <= 5; number++) yield* one.add(SchedulesTest.everyMinute(number))
      const taken: Array<string> = []
      for (let tick = 1; tick <= 100; tick++) {
        const now = minute + tick * 15_000
        const both = yield* Effect.all(
          [
            one.claim({ host: "one", now, leaseMillis: 20_000 }),
            other.claim({ host: "other", now: now + 700, leaseMillis: 20_000 }),
          ],
          { concurrency: 2 },
        )
        for (const { due, schedule } of both.flat()) {
          for (const time of due) {
            taken.push(`${schedule.id} ${time}`)
            yield* (tick % 2 === 0 ? one : other).change(schedule.id, (kept) =>
              Result.succeed(answered(kept, time, { runId })),
            )
          }
        }
      }
      assert.strictEqual(new Set(taken).size, taken.length)
      assert.strictEqual(taken.length, 5 * 25)
    }),
  )
})
