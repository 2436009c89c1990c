/** Runs by a directory that so many work below that they are not sorted. */
import { assert, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import { matchesFilter, type RunFilter, RunStore } from "@runyard/core/RunStore"
import type { Run } from "@runyard/core/Run"
import { EventDrafts } from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import { SqliteStore } from "../src/index.ts"
import { temporaryDirectory } from "./temporary.ts"

const { failed, opening, queued, testRunId } = EventDrafts

/** Of the newest 700 none works below the crowded directory, but for every hundredth. */
const cwdOf = (n: number): string => (n > 2_400 && n % 100 !== 0 ? `/other/${n % 3}` : `/home/${n % 5}`)

it.effect("runs below a crowded directory are those that are there, from any place on", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    yield* Effect.gen(function* () {
      const log = yield* EventLog
      const runs = yield* RunStore
      const numbers = Array.from({ length: 3_100 }, (_, index) => index + 1)
      yield* Effect.forEach(
        numbers,
        (n) => {
          const request = {
            cwd: cwdOf(n),
            provider: n % 4 === 0 ? "few" : "many",
            prompt: n % 7 === 0 ? "week" : "day",
          }
          const end = n % 9 === 0 ? [...opening().slice(1), failed] : []
          return log.append(testRunId(n), [queued(request), ...end])
        },
        { concurrency: "unbounded", discard: true },
      )
      const all: Array<Run> = []
      for (let last: Run | undefined; all.length < numbers.length; last = all.at(-1)) {
        all.push(...(yield* runs.list({ limit: 1_000, ...(last === undefined ? {} : { before: last.id }) })))
      }
      const parts: ReadonlyArray<RunFilter> = [
        {},
        { provider: "few" },
        { states: ["failed"] },
        { states: ["canceled"] },
        { provider: "many", states: ["failed", "queued"], text: "WEEK" },
      ]
      const filters = ["/home", "/home/0", "/", "/hom"].flatMap((cwd) => parts.map((part) => ({ ...part, cwd })))
      for (const filter of filters) {
        for (const before of [undefined, 3_000, 2_450, 1_000, 40]) {
          const from = before === undefined ? 0 : all.findIndex(({ id }) => id === testRunId(before)) + 1
          const expected = all.slice(from).filter(matchesFilter(filter)).slice(0, 60)
          const given = before === undefined ? filter : { ...filter, before: testRunId(before) }
          const found = yield* runs.list({ ...given, limit: 60 })
          assert.deepStrictEqual(
            found.map(({ id }) => id),
            expected.map(({ id }) => id),
            JSON.stringify(given),
          )
        }
      }
    }).pipe(Effect.provide(SqliteStore.layer({ directory }), { local: true }))
  }),
)
