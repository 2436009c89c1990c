/** A program that has just been started, however its processes are held together. */
import type { Readable, Writable } from "node:stream"
import type * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ProcessExit, ProcessIdentity, ProcessRecord } from "../../Run.ts"
import type { Listing, ProcessTable } from "./processTable.ts"
import type { Supervisor } from "./supervisor.ts"

export interface Started {
  readonly pid: number
  /** In the platform's own unit; zero when it ended before anybody could look. */
  readonly startTime: number
  readonly record: ProcessRecord
  /** Null when it was to be closed. */
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  readonly exited: Deferred.Deferred<ProcessExit>
  readonly signal: (signal: NodeJS.Signals) => void
  /** What may be of the run: see `ProcessTable.since`. */
  readonly list: Effect.Effect<Listing>
  /** See `ProcessTable.pipes`. */
  readonly pipes: ReadonlySet<string>
  /** Missing where nothing holds the processes together. */
  readonly supervisor?: Supervisor
}

/** Pid and start time, with the boot in it: no other process of any machine has the same. */
export const identify = (table: ProcessTable, pid: number): Effect.Effect<ProcessIdentity> =>
  Effect.gen(function* () {
    const startTime = yield* table.startTime(pid)
    return { pid, startTime: startTime === undefined ? "" : `${yield* table.boot}:${startTime}` }
  })
