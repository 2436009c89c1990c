/** The process table of Linux, read from /proc. All reads are synchronous: a process costs about ten microseconds. */
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { type ForkCount, isInRange, pidRangeSince } from "./pidRange.ts"
import { killVerified, markerVariable, type ProcessEntry, type ProcessTable } from "./processTable.ts"

let buffer = Buffer.allocUnsafe(64 * 1024)

/** The bytes of a file in /proc, valid until the next call; undefined when the process is gone or not ours. */
const readProc = (path: string): Buffer | undefined => {
  let fd: number
  try {
    fd = fs.openSync(path, "r")
  } catch {
    return undefined
  }
  try {
    let length = 0
    for (;;) {
      const count = fs.readSync(fd, buffer, length, buffer.length - length, null)
      if (count === 0) return buffer.subarray(0, length)
      length += count
      // An environment is at most some 6 MiB: the kernel bounds what execve takes.
      if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
    }
  } catch {
    return undefined
  } finally {
    fs.closeSync(fd)
  }
}

export interface Stat extends ProcessEntry {
  readonly zombie: boolean
}

/** Reads the one line of /proc/<pid>/stat. The name in parentheses may itself hold spaces and parentheses. */
export const parseStat = (line: string): Stat | undefined => {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ")
  const entry = {
    pid: Number.parseInt(line, 10),
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: Number(fields[19]),
    zombie: fields[0] === "Z" || fields[0] === "X",
  }
  return Number.isInteger(entry.pid) && Number.isFinite(entry.startTime) ? entry : undefined
}

const stat = (pid: number | string): Stat | undefined => {
  const bytes = readProc(`/proc/${pid}/stat`)
  return bytes === undefined ? undefined : parseStat(bytes.toString("latin1"))
}

const isPid = (name: string) => name.charCodeAt(0) >= 49 && name.charCodeAt(0) <= 57

/** Whether a block of NUL-terminated `NAME=value` strings has this one. */
export const hasVariable = (environ: Buffer, variable: string): boolean => {
  const wanted = Buffer.from(variable)
  for (let at = environ.indexOf(wanted); at !== -1; at = environ.indexOf(wanted, at + 1)) {
    const end = at + wanted.length
    if ((at === 0 || environ[at - 1] === 0) && (end === environ.length || environ[end] === 0)) return true
  }
  return false
}

/** The values of a variable in a block of NUL-terminated `NAME=value` strings: one, unless somebody wrote it twice. */
export const variableValues = (environ: Buffer, name: string): ReadonlyArray<string> => {
  const wanted = Buffer.from(`${name}=`)
  const values: Array<string> = []
  for (let at = environ.indexOf(wanted); at !== -1; at = environ.indexOf(wanted, at + 1)) {
    if (at !== 0 && environ[at - 1] !== 0) continue
    const end = environ.indexOf(0, at)
    values.push(environ.toString("utf8", at + wanted.length, end === -1 ? environ.length : end))
  }
  return values
}

const running: ProcessTable["running"] = (pid) =>
  Effect.sync(() => {
    const entry = stat(pid)
    return entry === undefined || entry.zombie ? undefined : entry.startTime
  })

const linkOf = (path: string): string | undefined => {
  try {
    return fs.readlinkSync(path)
  } catch {
    return undefined
  }
}

const holdsOneOf = (pid: number, pipes: ReadonlySet<string>): boolean => {
  let names: ReadonlyArray<string>
  try {
    names = fs.readdirSync(`/proc/${pid}/fd`)
  } catch {
    return false
  }
  return names.some((name) => pipes.has(linkOf(`/proc/${pid}/fd/${name}`) ?? ""))
}

const text = (path: string): string => readProc(path)?.toString("latin1") ?? ""

/** As in `0.20 0.18 0.12 1/80 11206`: the last pid is of the namespace of the reader. NaN where there is none. */
const loadavg = () => {
  const [, , , tasks, lastPid] = text("/proc/loadavg").trim().split(" ")
  return { lastPid: Number(lastPid), threads: Number(tasks?.split("/")[1]) }
}

const forksSinceBoot = () => Number(/^processes (\d+)$/m.exec(text("/proc/stat"))?.[1])

/** Whether /proc is of our own PID namespace: the last pid always is, and a foreign /proc has other numbers. */
const isOwnProc = () => linkOf("/proc/self") === String(process.pid)

/** PROC_PID_INIT_INO of the kernel: the PID namespace of the machine itself. */
const machineNamespace = "4026531836"

/** As in `pid:[4026532999]`; undefined for the machine's own, and where it cannot be read. */
const namespaceOf = (pid: number | "self"): string | undefined => {
  const namespace = /\d+/.exec(linkOf(`/proc/${pid}/ns/pid`) ?? "")?.[0]
  return namespace === machineNamespace ? undefined : namespace
}

const pidMax = () => Number(text("/proc/sys/kernel/pid_max"))

const living = (isCandidate: (pid: number) => boolean): ReadonlyArray<ProcessEntry> =>
  // By the names in the directory: a thread answers to its number, too, though it is no process.
  fs.readdirSync("/proc").flatMap((name) => {
    if (!isPid(name) || !isCandidate(Number(name))) return []
    const entry = stat(name)
    return entry === undefined || entry.zombie ? [] : [entry]
  })

const all = () => living(() => true)

export const procfs: ProcessTable = {
  list: Effect.sync(all),
  since: (pid) =>
    Effect.sync(() => {
      // Forks are counted first here and last below: what is forked in between adds to the count, never to the range.
      const forks = forksSinceBoot()
      const atSpawn: ForkCount = { forks, ...loadavg(), pidMax: pidMax() }
      const isOwn = isOwnProc()
      return Effect.sync(() => {
        const before = loadavg()
        const range = isOwn
          ? pidRangeSince(pid, atSpawn, { ...before, forks: forksSinceBoot(), pidMax: pidMax() })
          : undefined
        if (range === undefined) return { entries: all(), lastPids: undefined }
        const entries = living((candidate) => isInRange(range, candidate))
        return { entries, lastPids: [before.lastPid, loadavg().lastPid] }
      })
    }),
  marked: (entries, marker) =>
    Effect.sync(() => {
      const variable = `${markerVariable}=${marker}`
      const pids = new Set<number>()
      let unclear = false
      for (const { pid, session } of entries) {
        const environ = readProc(`/proc/${pid}/environ`)
        // Within execve there is a moment without an environment. Threads of the kernel, in session 0, never have one.
        if (environ === undefined || environ.length === 0) unclear ||= session !== 0
        else if (hasVariable(environ, variable)) pids.add(pid)
      }
      return { pids, unclear }
    }),
  markers: (entries, wanted) =>
    Effect.sync(() => {
      const byPid = new Map<number, string>()
      for (const { pid } of entries) {
        const environ = readProc(`/proc/${pid}/environ`)
        const marker = environ && variableValues(environ, markerVariable).find((value) => wanted.has(value))
        if (marker !== undefined) byPid.set(pid, marker)
      }
      return { byPid }
    }),
  startTime: (pid) => Effect.sync(() => stat(pid)?.startTime),
  running,
  boot: Effect.sync(() => {
    const namespace = namespaceOf("self")
    return text("/proc/sys/kernel/random/boot_id").trim() + (namespace === undefined ? "" : `/${namespace}`)
  }),
  elsewhere: (namespace, startTime) =>
    Effect.sync(() => all().some((entry) => entry.startTime === startTime && namespaceOf(entry.pid) === namespace)),
  kill: killVerified(running),
  // Node gives its children one end of a socket pair as stdout; its inode number names it.
  pipes: (pid) =>
    Effect.sync(() => {
      const ends = [linkOf(`/proc/${pid}/fd/1`), linkOf(`/proc/${pid}/fd/2`)]
      return new Set(ends.filter((end) => end !== undefined && end.startsWith("socket:"))) as ReadonlySet<string>
    }),
  holders: (entries, pipes) =>
    Effect.sync(() => new Set(entries.filter(({ pid }) => holdsOneOf(pid, pipes)).map(({ pid }) => pid))),
}
