/** What this machine offers to hold a run together, and who of a run is alive: found without the code under test. */
import * as fs from "node:fs"
import { Effect } from "effect"
import { NodeProcessHost } from "../../src/node/index.ts"
import { ProcessHost } from "../../src/ProcessHost.ts"

export type Tiers = ReadonlyArray<{
  readonly containment: "pid-namespace" | "cgroup" | "subreaper" | "portable"
  /** Empty, or why it is not to be had: for the name of what is skipped. */
  readonly missing: string
}>

export const tiers: Tiers = await Effect.runPromise(
  Effect.forEach(["pid-namespace", "cgroup", "subreaper", "portable"] as const, (containment) =>
    ProcessHost.use((host) => host.containment).pipe(
      Effect.provide(NodeProcessHost.layer(undefined, { containment })),
      Effect.match({
        onFailure: ({ message }) => ({ containment, missing: `: ${message}` }),
        onSuccess: () => ({ containment, missing: "" }),
      }),
    ),
  ),
)

/** Whether a process is there and no zombie. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return false
  }
}

export const allPids = (): ReadonlyArray<number> =>
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Pids of living processes whose environment has the marker. */
export const alive = (marker: string): ReadonlyArray<number> =>
  allPids().filter((pid) => {
    try {
      return isAlive(pid) && fs.readFileSync(`/proc/${pid}/environ`, "latin1").includes(`RUNYARD_RUN=${marker}\0`)
    } catch {
      return false
    }
  })

/** The pid on this machine of a living process of a PID namespace that calls itself so there. */
export const outside = (inner: number): number =>
  allPids().find((pid) => {
    try {
      const status = fs.readFileSync(`/proc/${pid}/status`, "latin1")
      const [, ...names] = /^NSpid:(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/) ?? []
      return Number(names.at(-1)) === inner
    } catch {
      return false
    }
  }) ?? 0
