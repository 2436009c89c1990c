/** Which pids the processes can have that were forked since a spawn: Linux hands pids out in a cycle. */

/** What /proc tells about forks at one moment. */
export interface ForkCount {
  /** The pid that was handed out last, in the PID namespace of this /proc. */
  readonly lastPid: number
  /** Threads alive on the whole machine. */
  readonly threads: number
  /** Forks since the boot on the whole machine, threads included. */
  readonly forks: number
  /** The pid at which the cycle starts anew. */
  readonly pidMax: number
}

/** From `first` up to `last`, both included; by way of the top of the cycle where `last` is the smaller one. */
export interface PidRange {
  readonly first: number
  readonly last: number
}

/** Pids passed over that no count shows: those below 300, forks under way, and ids of groups without a leader. */
const margin = 1024

/**
 * The range from a child's pid to the last pid; undefined where it cannot be relied on.
 *
 * The cycle moves by one for each fork, passes over pids in use, and also moves when a fork fails late, which is counted
 * nowhere. So it must not only be too short for a whole round, but also have moved no further than the forks explain.
 * @param atSpawn read after the spawn, while the child was not reaped
 */
export const pidRangeSince = (pid: number, atSpawn: ForkCount, now: ForkCount): PidRange | undefined => {
  const { lastPid, pidMax } = now
  const isPid = (number: number) => Number.isInteger(number) && number > 0 && number < pidMax
  if (atSpawn.pidMax !== pidMax || !isPid(pid) || !isPid(atSpawn.lastPid) || !isPid(lastPid)) return undefined
  const distance = (from: number, to: number) => (to >= from ? to - from : to - from + pidMax)
  const forks = now.forks - atSpawn.forks
  const explained = forks + Math.max(now.threads, atSpawn.threads) + margin
  if (!(forks >= 0 && explained + margin < pidMax)) return undefined
  // Far away right after the spawn: a number of another namespace, or an old one.
  if (distance(pid, atSpawn.lastPid) > margin || distance(atSpawn.lastPid, lastPid) > explained) return undefined
  return distance(pid, atSpawn.lastPid) + distance(atSpawn.lastPid, lastPid) < pidMax
    ? { first: pid, last: lastPid }
    : undefined
}

export const isInRange = ({ first, last }: PidRange, pid: number): boolean =>
  first <= last ? first <= pid && pid <= last : pid >= first || pid <= last
