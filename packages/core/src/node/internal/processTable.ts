/** What the platform knows about living processes: the seam between the tree logic and /proc, `ps` and `taskkill`. */
import * as Effect from "effect/Effect"

/** The variable that every process of a run inherits. */
export const markerVariable = "RUNYARD_RUN"

/** A living process. Pid and start time together name it; a pid alone may come to mean somebody else. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** In the platform's own unit; grows with time. */
  readonly startTime: number
}

/** What a sweep read. */
export interface Listing {
  readonly entries: ReadonlyArray<ProcessEntry>
  /** The last pid given out, before the sweep and after it; undefined where that proves nothing. */
  readonly lastPids: readonly [before: number, after: number] | undefined
}

/** Which processes have the marker. */
export interface Marked {
  readonly pids: ReadonlySet<number>
  /** Whether some of them did not show their environment: they may be executing a program, or somebody else's. */
  readonly unclear: boolean
}

/** Which processes have which marker. */
export interface Markers {
  readonly byPid: ReadonlyMap<number, string>
}

export interface ProcessTable {
  /** All processes that this user can see. Zombies are left out: they hold nothing and run nothing. */
  readonly list: Effect.Effect<ReadonlyArray<ProcessEntry>>
  /** Asked right after a spawn. Gives a list that may leave out what was there before the child. */
  readonly since: (pid: number) => Effect.Effect<Effect.Effect<Listing>>
  /** Looks for the marker in the environments of these. */
  readonly marked: (entries: ReadonlyArray<ProcessEntry>, marker: string) => Effect.Effect<Marked>
  /** Looks for all of these markers in the environments of these processes, each environment read once. */
  readonly markers: (entries: ReadonlyArray<ProcessEntry>, wanted: ReadonlySet<string>) => Effect.Effect<Markers>
  /** When the process with this pid started; undefined when there is none. A zombie still has its start time. */
  readonly startTime: (pid: number) => Effect.Effect<number | undefined>
  /** The same, of processes that still run. */
  readonly running: (pid: number) => Effect.Effect<number | undefined>
  /**
   * What pids and start times here belong to: the boot of the machine, and behind a slash the PID namespace where it is
   * not the machine's own. Empty where that is not known.
   */
  readonly boot: Effect.Effect<string>
  /** Whether a process of that PID namespace, which started then, is seen from here. */
  readonly elsewhere: (namespace: string | undefined, startTime: number) => Effect.Effect<boolean>
  /** Sends SIGKILL, if the pid is still that very process. */
  readonly kill: (entry: ProcessEntry) => Effect.Effect<void>
  /** Names for the far ends of a child's output pipes, asked right after the spawn; empty where they have none. */
  readonly pipes: (pid: number) => Effect.Effect<ReadonlySet<string>>
  /** The pids among these that hold one of the pipes. */
  readonly holders: (
    entries: ReadonlyArray<ProcessEntry>,
    pipes: ReadonlySet<string>,
  ) => Effect.Effect<ReadonlySet<number>>
}

/** All processes, by a platform that cannot tell whether one was forked meanwhile. */
export const unproven = (list: ProcessTable["list"]): Effect.Effect<Listing> =>
  Effect.map(list, (entries) => ({ entries, lastPids: undefined }))

/** Sends a signal and tells whether anybody was there to get it. */
export const sendSignal = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    // EPERM: it is there, and it is not ours.
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** Kills when the start time that the platform gives now is the one that was seen. */
export const killVerified =
  (running: ProcessTable["running"]): ProcessTable["kill"] =>
  (entry) =>
    Effect.map(running(entry.pid), (now) => {
      if (now === entry.startTime) sendSignal(entry.pid, "SIGKILL")
    })
