/** Finds what belongs to a run among all processes, and ends it without mercy. Asks nothing politely: see `endLadder.ts`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Listing, type ProcessEntry, type ProcessTable, unproven } from "./processTable.ts"

/** Sweeps that must find nothing, one after the other, before the tree counts as gone: /proc misses the very young. */
export const quietSweeps = 3

/** Sweeps at once that may try to prove that nothing is there, while others fork and so move the last pid. */
const hastySweeps = 4

/** How long a tree may defend itself against SIGKILL, in milliseconds, before it is reported. */
export const killBoundMillis = 2000

export interface ProcessTree {
  /** Looks for members now and remembers them. The root, while it lives, comes first. */
  readonly scan: Effect.Effect<ReadonlyArray<ProcessEntry>>
  /** Takes in a process that was found by other means. */
  readonly adopt: (entry: ProcessEntry) => void
  /** How many processes were ever found besides the root. */
  readonly found: () => number
  /** Kills whatever is found until nothing is, or the bound has passed. Gives the survivors. */
  readonly kill: (options: {
    readonly boundMillis: number
    /** True once the host itself has reaped the root. */
    readonly rootReaped: () => boolean
  }) => Effect.Effect<{ readonly survivors: ReadonlyArray<number>; readonly killed: number }>
}

interface Root {
  readonly pid: number
  readonly startTime: number
  /** What may be of the run: see `ProcessTable.since`. Default: all processes. */
  readonly list?: Effect.Effect<Listing>
}

/**
 * A member is: the root; a child of a member; a process in a group or session that a member leads or led; a process
 * whose environment has the marker. A pid counts only together with the start time that was first seen with it.
 */
export const processTree = (table: ProcessTable, marker: string, root?: Root): ProcessTree => {
  const known = new Map<number, number>()
  // Pids of members whose group and session ids are trusted: as long as one process is in a session, its id stays taken.
  const leaders = new Set<number>()
  const seen = new Set<string>()
  const list = root?.list ?? unproven(table.list)
  // Of the latest sweep: whether the last pid can prove anything, and what it was, if nothing was found.
  let canProve = false
  let quietAt: Listing["lastPids"]

  const remember = (entry: Omit<Root, "list">) => {
    known.set(entry.pid, entry.startTime)
    leaders.add(entry.pid)
    if (entry.pid !== root?.pid || entry.startTime !== root.startTime) seen.add(`${entry.pid}:${entry.startTime}`)
  }
  if (root !== undefined) remember(root)

  const forgetDead = (byPid: ReadonlyMap<number, ProcessEntry>, entries: ReadonlyArray<ProcessEntry>) => {
    for (const [pid, startTime] of known) {
      if (byPid.get(pid)?.startTime !== startTime) known.delete(pid)
    }
    for (const pid of leaders) {
      if (known.has(pid)) continue
      // Somebody else has the pid now, or nobody is left in its session: from here on the id says nothing.
      const used = entries.some((entry) => entry.session === pid || entry.group === pid)
      if (byPid.has(pid) || !used) leaders.delete(pid)
    }
  }

  const scan = Effect.gen(function* () {
    const { entries, lastPids } = yield* list
    const byPid = new Map(entries.map((entry) => [entry.pid, entry]))
    const untouchable = lineage(byPid, process.pid)
    forgetDead(byPid, entries)
    // What started before the run cannot be of it.
    const candidates = entries.filter(
      (entry) => !untouchable.has(entry.pid) && (root === undefined || entry.startTime >= root.startTime),
    )
    const marked = yield* table.marked(candidates, marker)
    const members = new Map<number, ProcessEntry>()
    const belongs = (entry: ProcessEntry) => {
      if (known.get(entry.pid) === entry.startTime || marked.pids.has(entry.pid)) return true
      const parent = members.get(entry.parent)
      if (parent !== undefined && entry.startTime >= parent.startTime) return true
      return leaders.has(entry.session) || leaders.has(entry.group)
    }
    for (let before = -1; before !== members.size;) {
      before = members.size
      for (const entry of candidates) {
        if (members.has(entry.pid) || !belongs(entry)) continue
        members.set(entry.pid, entry)
        remember(entry)
      }
    }
    quietAt = members.size === 0 && !marked.unclear ? lastPids : undefined
    canProve = lastPids !== undefined
    return [...members.values()].toSorted((a, b) => Number(b.pid === root?.pid) - Number(a.pid === root?.pid))
  })

  const kill: ProcessTree["kill"] = Effect.fnUntraced(function* ({ boundMillis, rootReaped }) {
    const deadline = (yield* Clock.currentTimeMillis) + boundMillis
    const killed = new Set<string>()
    let quiet = 0
    let before = -1
    // Nobody forked between two sweeps that found nothing: whoever was half-way through a fork in the second was there,
    // and whole, in the first. So nothing can have been missed, and there is nothing to wait for.
    let first: Listing["lastPids"]
    for (let tries = 0; tries < hastySweeps; tries += 1) {
      if (!canProve || seen.size > 0 || !rootReaped()) break
      yield* scan
      if (first !== undefined && quietAt !== undefined && first[0] === quietAt[1])
        return { survivors: [], killed: killed.size }
      first = quietAt
    }
    for (let pause = 1; ; pause = Math.min(pause * 2, 16)) {
      const members = yield* scan
      if (members.length === 0 && rootReaped()) {
        quiet += 1
        if (quiet === quietSweeps) return { survivors: [], killed: killed.size }
      } else {
        if ((yield* Clock.currentTimeMillis) > deadline) {
          const alive = members.map(({ pid }) => pid)
          const unreaped = root === undefined || rootReaped() || alive.includes(root.pid) ? [] : [root.pid]
          return { survivors: [...unreaped, ...alive], killed: killed.size }
        }
        quiet = 0
        // The group gets it at once, so that its members cannot fork between two kills. Its id is taken while the root
        // is not reaped, or while a member of the tree is in it.
        if (root !== undefined && (!rootReaped() || members.some((entry) => entry.group === root.pid))) {
          killGroup(root.pid)
          yield* table.kill({ parent: 0, group: root.pid, session: root.pid, ...root })
        }
        for (const entry of members) {
          yield* table.kill(entry)
          killed.add(`${entry.pid}:${entry.startTime}`)
        }
        // What was just killed dies within a millisecond; only what resists is asked less and less often.
        if (seen.size > before) pause = 1
        before = seen.size
      }
      yield* Effect.sleep(pause)
    }
  })

  return { scan, adopt: remember, found: () => seen.size, kill }
}

/** Kills all of a group. Only for a group whose leader, or a member, was just seen: its id may otherwise be another's. */
export const killGroup = (group: number) => {
  if (process.platform === "win32") return
  try {
    process.kill(-group, "SIGKILL")
  } catch {
    // Nobody is left in it.
  }
}

/** This program and all that it descends from: never to be ended, whatever is found. */
export const lineage = (byPid: ReadonlyMap<number, ProcessEntry>, from: number): ReadonlySet<number> => {
  const pids = new Set([0, 1, from, process.ppid])
  for (let entry = byPid.get(from); entry !== undefined && !pids.has(entry.parent); entry = byPid.get(entry.parent)) {
    pids.add(entry.parent)
  }
  return pids
}
