/**
 * Makes a store as History finds it after a long time: `filledPages.ts DIRECTORY RUNS`. Ten events for each run, two
 * providers, four states, 200 directories; one run every five minutes, of which every fifth has a cost that nobody knows.
 */
import { type EventDraft, EventLog } from "@runyard/core"
import { EventDrafts } from "@runyard/core/testing"
import { SqliteStore } from "@runyard/store"
import * as Effect from "effect/Effect"

const [directory = "", count = "100000"] = process.argv.slice(2)
const perRun = 10
const text = "An agent wrote this line of output, and it goes on for a while. ".repeat(5).slice(0, 313)
const words = ["parser", "scheduler", "ledger", "session", "redactor", "socket", "migration", "token"]

const requestOf = (run: number) => ({
  provider: run % 3 === 0 ? "claude" : "codex",
  cwd: `/home/someone/projects/project-${run % 200}`,
  title: `Task ${run}`,
  prompt: `Look at the ${words[run % words.length]} of part ${run}, find out why the test fails, and repair it without changing what it does for others.`,
})

const begin = Date.UTC(2025, 0, 1)
const timed = (event: EventDraft, run: number): EventDraft => ({ ...event, at: begin + run * 300_000 })

const completed = (run: number): EventDraft =>
  EventDrafts.draft("run.completed", {
    exit: { code: 0, signal: null },
    structured: null,
    usage: {
      inputTokens: run % 90_000,
      cachedInputTokens: (run * 7) % 900_000,
      outputTokens: run % 9_000,
      cacheIncluded: false,
      basis: "run",
    },
    ...(run % 5 === 0 ? {} : { cost: { usd: (run % 4_000) / 1_000, source: "reported", basis: "run" } }),
  })

const logOf = (run: number) => {
  const opening = EventDrafts.opening({ ...requestOf(run), model: `model-${run % 12}` }).map((event) =>
    timed(event, run),
  )
  const lines = Array.from({ length: perRun - opening.length - 1 }, () => EventDrafts.chunk(text))
  // The newest are live.
  const isLive = run > Number(count) - 20
  return [...opening, ...lines, ...(isLive ? [] : [run % 7 === 0 ? EventDrafts.failed : completed(run)])]
}

const fill = Effect.gen(function* () {
  const events = yield* EventLog
  const at = 200
  for (let run = 1; run <= Number(count); run += at) {
    const runs = Array.from({ length: Math.min(at, Number(count) - run + 1) }, (_, index) => run + index)
    yield* Effect.forEach(runs, (n) => events.append(EventDrafts.testRunId(n), logOf(n)), { concurrency: "unbounded" })
  }
})
await Effect.runPromise(Effect.provide(fill, SqliteStore.layer({ directory })))
