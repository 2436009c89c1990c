/**
 * How long a host that starts needs to end what a dead one left behind and to settle its runs: 100 runs, each with a CLI,
 * a child in a session of its own and a daemon that ignores signals. In ms, from the call of `recover` to its report.
 *
 * Beside it what no recovery can do without: one pass over /proc with one read of each environment, and a kill.
 */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { EventLog } from "@runyard/core/EventLog"
import { RunId, Runyard } from "@runyard/core"
import { EventDrafts } from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import { appLayer } from "runyard"
import { inDirectory, plainEnv } from "./fakes.ts"
import { goal, heading, median, millis, ratio, say, table } from "./report.ts"

const rounds = 5
const processesPerRun = 3

const bootId = () => fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()

const procFile = (pid: string | number, file: string): string => {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, "latin1")
  } catch {
    return ""
  }
}

const startTime = (pid: number): string => {
  const stat = procFile(pid, "stat")
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
}

/** The pids of all that have one of these markers. */
const marked = (wanted: ReadonlySet<string>): ReadonlyArray<number> =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => wanted.has(/(?:^|\0)RUNYARD_RUN=([^\0]*)/.exec(procFile(pid, "environ"))?.[1] ?? ""))
    .map(Number)

const deaf = `sh -c 'trap "" TERM INT HUP; exec sleep 600'`
/** `polite`: the CLI ends when it is asked to. Otherwise it ignores that, and costs the whole polite wait. */
const cli = (polite: boolean) => `setsid ${deaf} & (setsid ${deaf} &) ; ${polite ? "" : `trap "" TERM; `}exec sleep 600`

/** Orphans of a host that is dead; gives their pids by marker, once all of them stand. */
const orphans = async (runs: ReadonlyArray<string>, polite: boolean): Promise<ReadonlyMap<string, number>> => {
  const roots = new Map<string, number>()
  for (const marker of runs) {
    const child = spawn("sh", ["-c", cli(polite)], {
      detached: true,
      stdio: "ignore",
      env: { ...plainEnv, RUNYARD_RUN: marker },
    })
    if (child.pid !== undefined) roots.set(marker, child.pid)
  }
  const wanted = new Set(runs)
  const isReady = () => {
    const pids = marked(wanted)
    return pids.length === runs.length * processesPerRun && pids.every((pid) => procFile(pid, "comm") === "sleep\n")
  }
  while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 20))
  return roots
}

/** One pass and one kill, as plainly as it can be written. */
const raw = async (runs: ReadonlyArray<string>, polite: boolean): Promise<number> => {
  const wanted = new Set(runs)
  await orphans(runs, polite)
  const begun = performance.now()
  for (const pid of marked(wanted)) process.kill(pid, "SIGKILL")
  const elapsed = performance.now() - begun
  while (marked(wanted).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  return elapsed
}

const recovery = (directory: string, runs: ReadonlyArray<string>, polite: boolean): Promise<number> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const log = yield* EventLog
      const yard = yield* Runyard
      const roots = yield* Effect.promise(() => orphans(runs, polite))
      const boot = bootId()
      const { claimedBy, queued, startedAs } = EventDrafts
      const host = { id: "dead", pid: 999_999_999, startTime: `${boot}:1` }
      for (const [marker, pid] of roots) {
        const root = { pid, startTime: `${boot}:${startTime(pid)}` }
        const started = startedAs({ containment: "portable", marker, root })
        yield* log.append(RunId.make(marker), [queued(), claimedBy(host), started])
      }
      const begun = performance.now()
      const report = yield* yard.recover
      const elapsed = performance.now() - begun
      const left = marked(new Set(runs)).length
      if (report.interrupted.length !== runs.length || report.survivors.length > 0 || left > 0) {
        throw new Error(`${report.interrupted.length} of ${runs.length} interrupted, ${left} processes left`)
      }
      return elapsed
    }).pipe(Effect.provide(appLayer({ directory, env: plainEnv }))),
  )

export const recoveryOfOrphans = (): Promise<void> => {
  heading("Recovery: what a dead host left behind, ended and settled")
  return inDirectory(async (directory) => {
    const scale = Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1")
    const count = Math.max(5, Math.round(100 * scale))
    let made = 0
    const runs = () => Array.from({ length: count }, () => `run_${String(++made).padStart(16, "0")}`)
    const rows: Array<ReadonlyArray<string>> = [["", "raw", "Runyard", "ratio"]]
    const times: Array<number> = []
    for (const polite of [true, false]) {
      const results = { raw: [] as Array<number>, runyard: [] as Array<number> }
      for (let index = 0; index < rounds; index++) {
        results.raw.push(await raw(runs(), polite))
        const place = path.join(directory, `${polite}-${index}`)
        results.runyard.push(await recovery(place, runs(), polite))
      }
      times.push(...results.runyard)
      const [plain, ours] = [median(results.raw), median(results.runyard)]
      const name = polite ? "CLIs that end when asked" : "CLIs that ignore it (300 ms)"
      rows.push([name, millis(plain), millis(ours), ratio(ours, plain)])
    }
    say(`${count} runs, ${count * processesPerRun} processes, ${rounds} rounds, median ms`)
    table(rows)
    const worst = Math.max(...times)
    goal(`recovery of ${count} orphans, the slowest of all`, `${millis(worst)} ms`, "<= 1000 ms", worst <= 1000)
  })
}
