/** What must not grow from run to run, and how much the rest may. */
import { type Footprint, slope } from "./Footprint.ts"
import type { SoakReport } from "./soak.ts"

export interface Check {
  readonly what: string
  readonly value: string
  readonly bound: string
  readonly met: boolean
}

/**
 * From the most of the earlier looks to the least of the later ones: what is there at one look and not at the next, such
 * as a supervisor that is being made ready, is no growth.
 */
const growth = (
  what: string,
  of: (print: Footprint) => number,
  earlier: ReadonlyArray<Footprint>,
  later: ReadonlyArray<Footprint>,
): Check => {
  const value = Math.min(...later.map(of)) - Math.max(...earlier.map(of))
  return { what, value: `${value >= 0 ? "+" : ""}${value}`, bound: "+0", met: value <= 0 }
}

const none = (what: string, value: number): Check => ({ what, value: String(value), bound: "0", met: value === 0 })

/** Things that are counted: true of any number of runs. */
export const countChecks = (report: SoakReport): ReadonlyArray<Check> => {
  const { before, during, afterConcurrent, afterClose } = report
  const half = Math.ceil(during.length / 2)
  const [early, late] = [during.slice(0, half), [...during.slice(half), afterConcurrent]]
  return [
    growth("file descriptors over the runs", ({ fds }) => fds, early, late),
    growth("file descriptors after close", ({ fds }) => fds, [before], [afterClose]),
    growth("timers and handles over the runs", ({ handles }) => handles, early, late),
    growth("timers and handles after close", ({ handles }) => handles, [before], [afterClose]),
    growth("listeners over the runs", ({ listeners }) => listeners, early, late),
    growth("listeners after close", ({ listeners }) => listeners, [before], [afterClose]),
    growth("files over the runs", ({ files }) => files, early, late),
    growth("children over the runs", ({ children }) => children, early, late),
    none("zombies", Math.max(...[...during, afterConcurrent, afterClose].map(({ zombies }) => zombies))),
    none("lost events", report.lostEvents),
    none("runs with another end", report.wrongEnds.length),
  ]
}

/** Memory and time: they need more than a thousand runs, and a machine that does nothing else. */
export const slopeChecks = (report: SoakReport): ReadonlyArray<Check> => {
  const bounded = (what: string, value: number, bound: number, unit: string): Check => ({
    what,
    value: `${value.toFixed(2)} ${unit}`,
    bound: `<= ${bound} ${unit}`,
    met: value <= bound,
  })
  return [
    bounded(
      "RSS for each 1,000 runs",
      slope(report.during, ({ rssMiB }) => rssMiB),
      1,
      "MiB",
    ),
    bounded(
      "heap for each 1,000 runs",
      slope(report.during, ({ heapMiB }) => heapMiB),
      1,
      "MiB",
    ),
    bounded("event loop p99, one run after the other", report.loopP99Millis, 50, "ms"),
    bounded("event loop p99, all at once", report.concurrentLoopP99Millis, 50, "ms"),
  ]
}
