/** Processes of nobody's run, whose pid a dead host has on record. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, readlinkSync } from "node:fs"
import type { RunId } from "@runyard/core"
import { EventLog } from "@runyard/core/EventLog"
import { claimedBy, queued, startedAs, testRunId } from "@runyard/core/testing/EventDrafts"
import { SqliteStore } from "@runyard/store"
import * as Effect from "effect/Effect"

const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? ""

/** What start times here belong to: the boot, and the PID namespace unless it is the machine's own. */
export const boot = [readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim(), namespace]
  .filter((part) => part !== "4026531836")
  .join("/")

const statOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1")
  } catch {
    return ""
  }
}

/** When a process started, in hundredths of a second since the machine did; empty for none. */
export const startTime = (pid: number): string => {
  const stat = statOf(pid)
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
}

/** A shell and a child of it, in a session of their own. */
export const stranger = (script = "sleep 600 & exec sleep 600"): ChildProcess =>
  spawn("sh", ["-c", script], { stdio: "ignore", detached: true })

/** Nobody is left in its group when it ends: that would keep its pid from being given away. */
export const loner = (): ChildProcess => stranger("exec sleep 600")

/** Nobody has ended, killed or stopped it. */
export const isUntouched = ({ exitCode, pid, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null && /\) [SR] /.test(statOf(pid ?? 0))

/** Ends it with its group, unless it is dead: so that this never hides what a test has found. */
export const end = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, "exit")
  try {
    process.kill(-child.pid, "SIGKILL")
  } catch {
    // It has just ended.
  }
  await gone
}

/** Stores a run of a dead host whose CLI had this pid and start time. */
export const record = (
  directory: string,
  n: number,
  root: { readonly pid: number; readonly startTime: string },
): Promise<RunId> => {
  const id = testRunId(n)
  const deadHost = { id: "dead", pid: 999_999, startTime: `${boot}:1` }
  const started = startedAs({ containment: "portable", marker: id, root })
  return Effect.gen(function* () {
    const log = yield* EventLog
    yield* log.append(id, [queued(), claimedBy(deadHost), started])
    return id
  }).pipe(Effect.provide(SqliteStore.layer({ directory })), Effect.runPromise)
}
