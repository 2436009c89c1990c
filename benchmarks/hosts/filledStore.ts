/** Makes a store with so many events, in runs of 1,000 that have ended: `filledStore.ts DIRECTORY EVENTS`. */
import { EventLog } from "@runyard/core"
import { EventDrafts } from "@runyard/core/testing"
import { SqliteStore } from "@runyard/store"
import * as Effect from "effect/Effect"

const [directory = "", count = "1000000"] = process.argv.slice(2)
const perRun = 1_000
const text = "An agent wrote this line of output, and it goes on for a while. ".repeat(5).slice(0, 313)

const opening = EventDrafts.opening()
const lines = Array.from({ length: perRun - opening.length - 1 }, () => EventDrafts.chunk(text))
const log = [...opening, ...lines, EventDrafts.failed]

const fill = Effect.gen(function* () {
  const events = yield* EventLog
  for (let run = 1; run <= Number(count) / perRun; run++) yield* events.append(EventDrafts.testRunId(run), log)
})
await Effect.runPromise(Effect.provide(fill, SqliteStore.layer({ directory })))
