/** What a program holds at one moment: all that may grow from run to run and must not. */
import { readdirSync, readFileSync } from "node:fs"

export interface Footprint {
  readonly runs: number
  readonly rssMiB: number
  readonly heapMiB: number
  readonly fds: number
  /** Timers, sockets, pipes and processes that keep the event loop alive. */
  readonly handles: number
  /** On `process` itself. */
  readonly listeners: number
  readonly children: number
  readonly zombies: number
  /** Below the directories that were named, besides the database. */
  readonly files: number
}

const stateOfChild = (pid: string): string | undefined => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ")
    return Number(fields?.[1]) === process.pid ? fields?.[0] : undefined
  } catch {
    return undefined
  }
}

const childStates = (): ReadonlyArray<string> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => stateOfChild(pid) ?? [])

const isOfDatabase = (name: string): boolean => name.startsWith("runyard.db")

/** Garbage is collected first, where Node was started with `--expose-gc`. */
export const footprint = (runs: number, directories: ReadonlyArray<string>): Footprint => {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  const states = childStates()
  return {
    runs,
    rssMiB: rss / 1024 / 1024,
    heapMiB: heapUsed / 1024 / 1024,
    fds: readdirSync("/proc/self/fd").length,
    handles: process.getActiveResourcesInfo().length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    children: states.filter((state) => state !== "Z").length,
    zombies: states.filter((state) => state === "Z").length,
    files: directories
      .flatMap((directory) => readdirSync(directory, { recursive: true, encoding: "utf8" }))
      .filter((name) => !isOfDatabase(name)).length,
  }
}

/** MiB for each 1,000 runs, by least squares over the later three quarters: before that, caches fill. */
export const slope = (prints: ReadonlyArray<Footprint>, of: (print: Footprint) => number): number => {
  const warm = prints.slice(Math.floor(prints.length / 4))
  const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length
  const x = mean(warm.map(({ runs }) => runs))
  const y = mean(warm.map(of))
  const over = warm.reduce((sum, print) => sum + (print.runs - x) * (of(print) - y), 0)
  const under = warm.reduce((sum, print) => sum + (print.runs - x) ** 2, 0)
  return under === 0 ? 0 : (over / under) * 1_000
}
