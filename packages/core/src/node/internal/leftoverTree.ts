/** Which living processes are of one leftover. Reads nothing: it is shown what a search found, and remembers. */
import type { Leftover } from "../../ProcessHost.ts"
import type { ProcessIdentity } from "../../Run.ts"
import type { ProcessEntry } from "./processTable.ts"

/** What one search read, in the orders in which trees look things up. */
export interface Snapshot {
  readonly boot: string
  readonly byPid: ReadonlyMap<number, ProcessEntry>
  readonly byParent: ReadonlyMap<number, ReadonlyArray<ProcessEntry>>
  readonly bySession: ReadonlyMap<number, ReadonlyArray<ProcessEntry>>
  readonly byGroup: ReadonlyMap<number, ReadonlyArray<ProcessEntry>>
  readonly byMarker: ReadonlyMap<string | undefined, ReadonlyArray<ProcessEntry>>
}

/** What had become of a recorded process: its pid lives with another start time, or with its own, or not at all. */
export type Found = "gone" | "alive" | "reused"

const findIdentity = ({ boot, byPid }: Snapshot, { pid, startTime }: ProcessIdentity): Found => {
  const entry = byPid.get(pid)
  if (entry === undefined) return "gone"
  return startTime !== "" && startTime === `${boot}:${entry.startTime}` ? "alive" : "reused"
}

const key = ({ pid, startTime }: ProcessEntry) => `${pid}:${startTime}`

/** The processes of one leftover, search by search. A pid counts only with the start time that it was first seen with. */
export class LeftoverTree {
  readonly leftover: Leftover
  /** What had become of the recorded processes, as the first search found it; undefined where none were recorded. */
  found: Found | undefined
  /** The CLI, where the first search found it alive. */
  root: ProcessEntry | undefined
  /** Of the latest search. Without the supervisor. */
  members: ReadonlyArray<ProcessEntry> = []
  supervisor: ProcessEntry | undefined
  readonly killed = new Set<string>()
  private readonly known = new Map<number, number>()
  // Members whose group and session ids are trusted: as long as one process is in a session, its id stays taken.
  private readonly leaders = new Set<number>()
  private readonly seen = new Set<string>()

  constructor(leftover: Leftover) {
    this.leftover = leftover
  }

  /** How many processes were ever found besides the CLI. */
  descendants(): number {
    return this.seen.size - (this.root === undefined ? 0 : 1)
  }

  /** How many were ever found. */
  size(): number {
    return this.seen.size
  }

  isGone(): boolean {
    return this.members.length === 0 && this.supervisor === undefined
  }

  look(snapshot: Snapshot): void {
    const { process } = this.leftover
    const root = process === undefined ? "gone" : findIdentity(snapshot, process.root)
    const supervisor = process?.supervisor === undefined ? "gone" : findIdentity(snapshot, process.supervisor)
    this.supervisor = supervisor === "alive" ? snapshot.byPid.get(process?.supervisor?.pid ?? 0) : undefined
    if (process !== undefined && this.found === undefined) {
      const each = [root, supervisor]
      this.found = each.includes("alive") ? "alive" : each.includes("reused") ? "reused" : "gone"
      this.root = root === "alive" ? snapshot.byPid.get(process.root.pid) : undefined
    }
    this.forgetDead(snapshot)
    this.members = this.expand(snapshot, root === "alive" ? snapshot.byPid.get(process?.root.pid ?? 0) : undefined)
  }

  private forgetDead({ byGroup, byPid, bySession }: Snapshot): void {
    for (const [pid, startTime] of this.known) {
      if (byPid.get(pid)?.startTime !== startTime) this.known.delete(pid)
    }
    for (const pid of this.leaders) {
      // Somebody else has the pid now, or nobody is left in its session: from here on the id says nothing.
      if (!this.known.has(pid) && (byPid.has(pid) || !(bySession.has(pid) || byGroup.has(pid)))) {
        this.leaders.delete(pid)
      }
    }
  }

  private expand(snapshot: Snapshot, root: ProcessEntry | undefined): ReadonlyArray<ProcessEntry> {
    const { byGroup, byMarker, byParent, byPid, bySession } = snapshot
    const members = new Set<ProcessEntry>()
    const take = (entries: ReadonlyArray<ProcessEntry> | undefined): void => {
      for (const entry of entries ?? []) members.add(entry)
    }
    if (root !== undefined) members.add(root)
    if (this.supervisor !== undefined) members.add(this.supervisor)
    take(byMarker.get(this.leftover.marker))
    for (const pid of this.known.keys()) take([byPid.get(pid)].filter((entry) => entry !== undefined))
    for (const pid of this.leaders) {
      take(bySession.get(pid))
      take(byGroup.get(pid))
    }
    // A set is walked to its end with what is added on the way.
    for (const entry of members) {
      this.leaders.add(entry.pid)
      // The CLI may be gone, but whoever is of the run and still in its session has kept the id from being given away.
      if (entry.session === this.leftover.process?.root.pid) this.leaders.add(entry.session)
      take(byParent.get(entry.pid)?.filter((child) => child.startTime >= entry.startTime))
      for (const pid of [entry.pid, entry.session]) {
        if (!this.leaders.has(pid)) continue
        take(bySession.get(pid))
        take(byGroup.get(pid))
      }
    }
    if (this.supervisor !== undefined) members.delete(this.supervisor)
    for (const entry of members) {
      this.known.set(entry.pid, entry.startTime)
      this.seen.add(key(entry))
    }
    return [...members]
  }

  /** Notes that these are killed. */
  kill(entries: ReadonlyArray<ProcessEntry>): void {
    for (const entry of entries) this.killed.add(key(entry))
  }
}
