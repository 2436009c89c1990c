/** Spawns processes, reads them, ends whole process trees and proves that they are gone. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Ladder } from "./Adapter.ts"
import { Containment, type HostIdentity, type ProcessExit, type ProcessRecord } from "./Run.ts"
import type { EndEvidence } from "./RunEvent.ts"
import type { RunyardError } from "./RunyardError.ts"
import type { HeldDirectory } from "./Workspace.ts"

export interface ProcessCommand {
  /** Absolute path. */
  readonly program: string
  readonly args: ReadonlyArray<string>
  /** The whole environment of the child; the marker is added. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** The directory that `cwd` must be, held by the caller: in any other one nothing is started. */
  readonly held?: HeldDirectory
  readonly stdin:
    | { readonly kind: "closed" }
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "open" }
  /** Put in the environment as `RUNYARD_RUN`, so that every process of the run can be found. */
  readonly marker: string
}

/** What may be left of an attempt whose host is dead. */
export interface Leftover {
  readonly marker: string
  /** Missing where the host died before it could record what it had started. */
  readonly process?: ProcessRecord
}

/** Which containments this machine offers, and which one is used. */
export const ContainmentReport = Schema.Struct({
  containment: Containment,
  /** One sentence: what it means, or what would give a stronger one. */
  message: Schema.String,
  /** Those stronger than it, and why each is not used. */
  refused: Schema.Array(Schema.Struct({ containment: Containment, reason: Schema.String })),
})
export type ContainmentReport = typeof ContainmentReport.Type

export interface ProcessHandle {
  /** Of the program itself, as this machine numbers it. */
  readonly pid: number
  /** What a later host needs to find all of it. */
  readonly record: ProcessRecord
  /** Chunks as they come, decoded as UTF-8 (bad bytes become U+FFFD). Reading slowly slows the child. Ends with the pipe. */
  readonly stdout: Stream.Stream<string, RunyardError>
  readonly stderr: Stream.Stream<string, RunyardError>
  /** Writes to an open stdin; waits while the pipe is full. Does nothing once the child is gone. */
  readonly write: (text: string) => Effect.Effect<void>
  readonly closeStdin: Effect.Effect<void>
  /** Waits for the process itself; its pipes and its children may live on. */
  readonly exit: Effect.Effect<ProcessExit>
  /**
   * Walks the ladder until the process and everything that it started is gone, then sweeps until nothing is found.
   * Safe to call again and at once from two fibers. The evidence names survivors by pid.
   * @param interrupt how to ask the protocol; used by the ladder's `interrupt` step.
   */
  readonly end: (ladder: Ladder, interrupt?: Effect.Effect<void>) => Effect.Effect<EndEvidence>
}

export class ProcessHost extends Context.Service<
  ProcessHost,
  {
    /** This program. */
    readonly self: HostIdentity
    /** Whether that very program still runs; a reused pid is not it. */
    readonly isAlive: (host: HostIdentity) => Effect.Effect<boolean>
    /**
     * Starts the program in a session of its own, held by the host's containment. Closing the scope ends the whole tree.
     * Fails with `CLI_SPAWN_FAILED`, `CLI_NOT_FOUND`, `CLI_CONTAINMENT_UNAVAILABLE`, `IO_DIRECTORY_UNREADABLE`,
     * `POLICY_DIRECTORY_CHANGED`, `QUEUE_REQUEST_INVALID` (a NUL byte, too long).
     */
    readonly spawn: (command: ProcessCommand) => Effect.Effect<ProcessHandle, RunyardError, Scope.Scope>
    /**
     * Ends what dead hosts left behind, all in one search; gives the evidence for each, in order. A recorded pid counts
     * only with its start time. Nothing that is running is touched for an empty marker.
     */
    readonly endLeftovers: (leftovers: ReadonlyArray<Leftover>) => Effect.Effect<ReadonlyArray<EndEvidence>>
    /** What keeps the processes of a run together here. Found out once. Fails with `CLI_CONTAINMENT_UNAVAILABLE`. */
    readonly containment: Effect.Effect<ContainmentReport, RunyardError>
    /** Sleeps without keeping this program alive: when nothing else does, it ends. */
    readonly idle: (millis: number) => Effect.Effect<void>
    /** The absolute path of a program by name on PATH, or of a path. Fails with `CLI_NOT_FOUND`. */
    readonly resolve: (nameOrPath: string) => Effect.Effect<string, RunyardError>
    /** The environment of this program. */
    readonly env: Readonly<Record<string, string>>
  }
>()("@runyard/core/ProcessHost") {}
