/** What happened, read from the log of all runs in its one order, and from what the agents wrote themselves. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Run } from "@runyard/core"
import { ledgerOf } from "./fixtures/agent.ts"

export interface Executed {
  readonly id: string
  readonly state: Run["state"]
  readonly provider: string
  /** Its directory. */
  readonly lane: string
  readonly priority: string
  readonly weight: number
  readonly session: string | undefined
  readonly queuedAt: number
  /** How many runs were claimed between its submit and its first claim. */
  passedBy: number
  /** Undefined: it was never claimed. */
  claimedAt: number | undefined
  claims: number
}

/** What ends an attempt. */
const ends = new Set(["run.completed", "run.failed", "run.canceled", "run.timed_out", "run.interrupted"])

/** The most that was in use at once, by limiter. */
export interface Peaks {
  readonly global: number
  readonly provider: ReadonlyMap<string, number>
  readonly lane: ReadonlyMap<string, number>
  /** Runs, not units. */
  readonly session: ReadonlyMap<string, number>
}

export interface Account {
  readonly runs: ReadonlyMap<string, Executed>
  readonly peaks: Peaks
  /** How often each run's agent was started, as the agents say. */
  readonly started: ReadonlyMap<string, number>
}

interface Row {
  readonly run_id: string
  readonly type: string
  readonly at: number
  readonly payload: string
}

const openStore = (directory: string) =>
  new DatabaseSync(join(directory, "store", "runyard.db"), { readOnly: true, timeout: 5000 })

/** Runs that have not ended. */
export const openRuns = (directory: string): number => {
  using database = openStore(directory)
  return Number(database.prepare("SELECT count(*) AS open FROM runs WHERE ended_at IS NULL").get()?.["open"])
}

class Gauge {
  readonly peaks = new Map<string, number>()
  readonly #now = new Map<string, number>()

  add(name: string, units: number): void {
    const now = (this.#now.get(name) ?? 0) + units
    this.#now.set(name, now)
    this.peaks.set(name, Math.max(now, this.peaks.get(name) ?? 0))
  }
}

const startedBy = (directory: string): ReadonlyMap<string, number> => {
  const started = new Map<string, number>()
  const file = ledgerOf(directory)
  for (const marker of existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []) {
    const id = marker.split(".")[0] ?? ""
    started.set(id, (started.get(id) ?? 0) + 1)
  }
  return started
}

const queuedRun = (row: Row, state: Run["state"]): Executed => {
  const { queue, request } = JSON.parse(row.payload) as Pick<Run, "queue" | "request">
  return {
    id: row.run_id,
    state,
    provider: request.provider,
    lane: request.cwd,
    priority: queue?.priority ?? "normal",
    weight: queue?.weight ?? 1,
    session: request.session?.id,
    queuedAt: row.at,
    passedBy: 0,
    claimedAt: undefined,
    claims: 0,
  }
}

export const accountOf = (directory: string): Account => {
  using database = openStore(directory)
  const states = new Map(
    database
      .prepare("SELECT run_id, state FROM runs")
      .all()
      .map((row) => [String(row["run_id"]), String(row["state"]) as Run["state"]]),
  )
  const runs = new Map<string, Executed>()
  const claimsBefore = new Map<string, number>()
  const gauges = { global: new Gauge(), provider: new Gauge(), lane: new Gauge(), session: new Gauge() }
  const use = ({ lane, provider, session, weight }: Executed, sign: 1 | -1) => {
    gauges.global.add("", sign * weight)
    gauges.provider.add(provider, sign * weight)
    gauges.lane.add(lane, sign * weight)
    if (session !== undefined) gauges.session.add(`${provider}/${session}`, sign)
  }
  const events = database.prepare(`
    SELECT runs.run_id, type, at, payload FROM run_events JOIN runs ON runs.id = run
    WHERE type IN ('run.queued', 'queue.claimed', ${[...ends].map((type) => `'${type}'`).join(", ")}) ORDER BY cursor`)
  let claims = 0
  for (const value of events.iterate()) {
    const row = value as unknown as Row
    if (row.type === "run.queued") {
      runs.set(row.run_id, queuedRun(row, states.get(row.run_id) ?? "queued"))
      claimsBefore.set(row.run_id, claims)
    }
    const run = runs.get(row.run_id)
    if (run === undefined) throw new Error(`${row.run_id} has ${row.type} before it was queued`)
    if (row.type === "queue.claimed") {
      run.passedBy = claims - (claimsBefore.get(run.id) ?? 0)
      run.claimedAt = row.at
      run.claims++
      claims++
      use(run, 1)
    } else if (ends.has(row.type) && run.claims > 0) use(run, -1)
  }
  const { global, lane, provider, session } = gauges
  const peaks = {
    global: global.peaks.get("") ?? 0,
    provider: provider.peaks,
    lane: lane.peaks,
    session: session.peaks,
  }
  return { runs, peaks, started: startedBy(directory) }
}
