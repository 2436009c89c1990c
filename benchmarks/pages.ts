/**
 * How long a page takes of 100,000 runs with 1,000,000 events, at places taken at random: from the library beside the bare
 * query for the same rows, whose JSON is parsed as well; and from the HTTP API, over a socket of the same process.
 */
import { spawnSync } from "node:child_process"
import * as http from "node:http"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import { EventLog, RunStore } from "@runyard/core"
import { EventDrafts } from "@runyard/core/testing"
import { createApp, serve, tokenAuth } from "@runyard/http/node"
import { appLayer } from "runyard"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { inDirectory, plainEnv } from "./fakes.ts"
import { goal, heading, median, millis, quantile, ratio, say, table, thousands } from "./report.ts"

const rounds = 3
const perRound = 40
const token = "x".repeat(40)

type Ask = () => unknown

/** Medians of the rounds' quantiles, in ms; all of them in turns. */
const measured = async <const Asks extends Readonly<Record<string, Ask>>>(
  asks: Asks,
  part: number,
  times: number = perRound,
): Promise<Readonly<Record<keyof Asks, number>>> => {
  const names = Object.keys(asks)
  const taken = new Map(names.map((name) => [name, [] as Array<number>]))
  for (const name of names) for (let warm = 0; warm < Math.min(5, times); warm++) await asks[name]?.()
  for (let round = 0; round < rounds; round++) {
    const found = new Map(names.map((name) => [name, [] as Array<number>]))
    for (let index = 0; index < times; index++) {
      for (const name of names) {
        const begun = performance.now()
        await asks[name]?.()
        found.get(name)?.push(performance.now() - begun)
      }
    }
    for (const name of names) taken.get(name)?.push(quantile(found.get(name) ?? [], part))
  }
  return Object.fromEntries(names.map((name) => [name, median(taken.get(name) ?? [])])) as Record<keyof Asks, number>
}

const bareOf = (file: string) => {
  const database = new DatabaseSync(file, { readOnly: true })
  const runs = database.prepare(`
    SELECT runs.*, request, final_message, structured,
      (SELECT json_group_array(json_object('number', number, 'startedAt', started_at, 'exit', json(exit)) ORDER BY number)
        FROM run_attempts WHERE run = runs.id) AS attempts
    FROM runs JOIN run_bodies ON run = id WHERE id < ? ORDER BY id DESC LIMIT 50`)
  const events = database.prepare(`
    SELECT e.*, r.run_id FROM run_events e JOIN runs r ON r.id = e.run WHERE cursor > ? ORDER BY cursor LIMIT 200`)
  const blocks = database.prepare("SELECT count(*) AS count FROM run_text_blocks")
  const parsed = (rows: ReadonlyArray<Record<string, unknown>>, columns: ReadonlyArray<string>) =>
    rows.map((row) => columns.map((column) => JSON.parse((row[column] ?? "null") as string)))
  return {
    runs: (before: number) => parsed(runs.all(before), ["request", "host", "attempts", "error"]),
    events: (after: number) => parsed(events.all(after), ["payload"]),
    textBlocks: () => Number(blocks.get()?.["count"]),
  }
}

export const pages = (): Promise<void> => {
  heading("Pages of runs and events")
  return inDirectory(async (directory) => {
    const count = Math.max(2_000, 100_000 * Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1"))
    const data = path.join(directory, "data")
    const filler = path.join(import.meta.dirname, "hosts", "filledPages.ts")
    const filled = spawnSync(process.execPath, ["--conditions=@runyard/source", filler, data, String(count)])
    if (filled.status !== 0) throw new Error(String(filled.stderr).slice(0, 1_000))
    const bare = bareOf(path.join(data, "runyard.db"))
    const runtime = ManagedRuntime.make(appLayer({ directory: data, env: plainEnv }))
    const { log, runs } = await runtime.runPromise(Effect.all({ log: EventLog, runs: RunStore }))
    const some = (most: number) => 60 + Math.floor(Math.random() * (most - 60))
    const anyRun = () => EventDrafts.testRunId(some(count))
    const listFrom = (before: number) => () =>
      Effect.runPromise(runs.list({ before: EventDrafts.testRunId(before), limit: 50 }))

    say(
      `${thousands(count)} runs, ${thousands(count * 10)} events; medians of ${rounds} rounds of ${perRound}, in turns`,
    )
    const library = await measured(
      {
        bareRuns: () => bare.runs(some(count)),
        runs: () => listFrom(some(count))(),
        first: listFrom(count),
        last: listFrom(51),
        bareEvents: () => bare.events(some(count * 10 - 200)),
        events: () => Effect.runPromise(log.readAll({ after: some(count * 10 - 200), limit: 200 })),
      },
      0.5,
    )
    table([
      ["ms, p50", "bare query", "library", ""],
      ["50 runs", millis(library.bareRuns), millis(library.runs), ratio(library.runs, library.bareRuns)],
      ["200 events", millis(library.bareEvents), millis(library.events), ratio(library.events, library.bareEvents)],
      ["50 runs, first and last page", millis(library.first), millis(library.last), ratio(library.last, library.first)],
    ])
    const share = library.runs / library.bareRuns
    goal("page of runs", `${share.toFixed(2)}x`, "<= 5x the bare query", share <= 5)
    const eventShare = library.events / library.bareEvents
    goal("page of events", `${eventShare.toFixed(2)}x`, "<= 5x the bare query", eventShare <= 5)
    const depth = library.last / library.first
    goal("last page", `${depth.toFixed(2)}x`, "<= 1.5x the first", depth <= 1.5)

    const app = createApp({
      runtime,
      auth: tokenAuth({ token, scopes: "all" }),
      info: { version: "0", node: "0", platform: "bench", pid: process.pid, startedAt: 0, demo: false },
      limits: { rate: { burst: 100_000, perSecond: 100_000 } },
    })
    const server = await serve({ app })
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const get = (target: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const options = { agent, headers: { authorization: `Bearer ${token}` } }
        http
          .get(`${server.url}/api/v1${target}`, options, (response) => {
            response.resume()
            response.on("end", () => {
              if (response.statusCode === 200) resolve()
              else reject(new Error(`${target}: ${response.statusCode}`))
            })
          })
          .on("error", reject)
      })
    const list = (filter: string) => () => get(`/runs?limit=50&before=${anyRun()}${filter}`)
    const newest = (filter: string) => () => get(`/runs?limit=50${filter}`)
    const encoded = encodeURIComponent
    const asks = {
      runs: list(""),
      "runs of a provider": list("&provider=claude"),
      "failed runs": list("&state=failed"),
      "runs of four states": list("&state=failed&state=succeeded&state=canceled&state=interrupted"),
      "failed runs of a provider": list("&provider=claude&state=failed"),
      "runs of a provider, of a state that none has": newest("&provider=claude&state=canceled"),
      "runs in a directory": list(`&cwd=${encoded("/home/someone/projects/project-7")}`),
      "failed runs in a directory": list(`&cwd=${encoded("/home/someone/projects/project-7")}&state=failed`),
      "runs in a directory that none has": newest("&cwd=/nowhere"),
      "runs below a directory that all have": list("&cwd=/home"),
      "failed runs below a directory that all have": list("&cwd=/home&state=failed"),
      "runs with a word of many": list("&q=scheduler"),
      "runs with words that all have": list(`&q=${encoded("find out why")}`),
      "log of a run": () => get(`/runs/${anyRun()}/log?after=${Math.floor(Math.random() * 8)}`),
      "log of all runs": () => get(`/events/log?limit=200&after=${some(count * 10 - 200)}`),
      "usage, entries": () => get("/usage/entries?limit=50"),
      queue: () => get("/queue"),
    }
    const times = await measured(asks, 0.95)
    table([["HTTP", "p95, ms"], ...Object.entries(times).map(([name, time]) => [name, millis(time)])])
    for (const [name, time] of Object.entries(times))
      goal(`HTTP ${name}, p95`, `${millis(time)} ms`, "<= 10 ms", time <= 10)
    // The first search reads all runs, and begins to fill the index of their texts.
    const begun = performance.now()
    await newest("&q=nobody-wrote-this")()
    const first = performance.now()
    while (bare.textBlocks() < Math.floor((count + 1) / 2_048)) await setTimeout(20)
    say(
      `first search for a word that none has: ${millis(first - begun)} ms; index filled ${millis(performance.now() - first)} ms later`,
    )
    const texts = await measured(
      {
        "runs with a word that none has": newest("&q=nobody-wrote-this"),
        "runs with words that one has": () => get(`/runs?limit=50&q=${encoded(`of part ${some(count)},`)}`),
        "runs with a sign that none has": newest("&q=~"),
        "failed runs with a word that none has": newest("&q=nobody-wrote-this&state=failed"),
      },
      0.95,
    )
    for (const [name, time] of Object.entries(texts))
      goal(`HTTP ${name}, p95`, `${millis(time)} ms`, "<= 10 ms", time <= 10)
    const lately = `since=${Date.UTC(2025, 0, 1) + count * 300_000 - 14 * 86_400_000}&timeZone=Europe%2FBerlin`
    const sums = (by: string, more = "") => get(`/usage/sums?by=${by}${more}`)
    const summed = await measured(
      {
        "usage, sums by provider": () => sums("provider"),
        "usage, sums by model": () => sums("model"),
        "usage, sums by day": () => sums("day", "&timeZone=Europe%2FBerlin"),
        "usage screen": () =>
          Promise.all([...["day", "provider", "model"].map((by) => sums(by, `&${lately}`)), get("/budgets")]),
      },
      0.5,
      5,
    )
    for (const [name, time] of Object.entries(summed)) {
      const most = name === "usage screen" ? 100 : 50
      goal(`HTTP ${name}, p50`, `${millis(time)} ms`, `<= ${most} ms`, time <= most)
    }
    agent.destroy()
    await server.close({ graceMillis: 500 })
    await app.dispose()
    await runtime.dispose()
  })
}
