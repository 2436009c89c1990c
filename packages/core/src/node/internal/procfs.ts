/** The process table of Linux, read from /proc. All reads are synchronous: a process costs about ten microseconds. */
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
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

const running: ProcessTable["running"] = (pid) =>
  Effect.sync(() => {
    const entry = stat(pid)
    return entry === undefined || entry.zombie ? undefined : entry.startTime
  })

const socketOf = (path: string): string | undefined => {
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
  return names.some((name) => pipes.has(socketOf(`/proc/${pid}/fd/${name}`) ?? ""))
}

export const procfs: ProcessTable = {
  list: Effect.sync(() =>
    fs
      .readdirSync("/proc")
      .filter(isPid)
      .flatMap((name) => {
        const entry = stat(name)
        return entry === undefined || entry.zombie ? [] : [entry]
      }),
  ),
  marked: (entries, marker) =>
    Effect.sync(() => {
      const variable = `${markerVariable}=${marker}`
      const found = new Set<number>()
      for (const { pid } of entries) {
        const environ = readProc(`/proc/${pid}/environ`)
        if (environ !== undefined && hasVariable(environ, variable)) found.add(pid)
      }
      return found
    }),
  startTime: (pid) => Effect.sync(() => stat(pid)?.startTime),
  running,
  boot: Effect.sync(() => readProc("/proc/sys/kernel/random/boot_id")?.toString("latin1").trim() ?? ""),
  kill: killVerified(running),
  // Node gives its children one end of a socket pair as stdout; its inode number names it.
  pipes: (pid) =>
    Effect.sync(() => {
      const ends = [socketOf(`/proc/${pid}/fd/1`), socketOf(`/proc/${pid}/fd/2`)]
      return new Set(ends.filter((end) => end !== undefined && end.startsWith("socket:"))) as ReadonlySet<string>
    }),
  holders: (entries, pipes) =>
    Effect.sync(() => new Set(entries.filter(({ pid }) => holdsOneOf(pid, pipes)).map(({ pid }) => pid))),
}
