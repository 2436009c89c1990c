/**
 * The process table of macOS and the BSDs, read by `ps`.
 * Not exercised by the test suite: it runs on Linux. `ps` shows start times to the second, and the environment of
 * processes of the same user only; a process that hid its environment and its parentage is not found.
 */
import { execFile } from "node:child_process"
import * as Effect from "effect/Effect"
import { killVerified, markerVariable, type ProcessEntry, type ProcessTable, unproven } from "./processTable.ts"

const run = (args: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.callback((resume) => {
    const env = { LC_ALL: "C", PATH: "/bin:/usr/bin:/sbin:/usr/sbin", TZ: "UTC" }
    execFile("ps", args, { env, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => {
      // `ps -p` exits 1 when no process matches: what it printed is the answer either way.
      resume(Effect.succeed(stdout.split("\n").filter((line) => line.trim() !== "")))
    })
  })

const columns = ["-o", "pid=,ppid=,pgid=,stat=,lstart="]

/** Reads `pid ppid pgid stat lstart`. There is no dependable session id: the group stands for it. */
export const parsePsLine = (line: string): (ProcessEntry & { readonly zombie: boolean }) | undefined => {
  const [pid, parent, group, state, ...started] = line.trim().split(/\s+/)
  const startTime = Date.parse(`${started.join(" ")} UTC`)
  if (Number.isNaN(startTime)) return undefined
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    session: Number(group),
    startTime,
    zombie: state?.startsWith("Z") ?? false,
  }
}

const one = (pid: number) => Effect.map(run(["-p", String(pid), ...columns]), (lines) => parsePsLine(lines[0] ?? ""))

const running: ProcessTable["running"] = (pid) =>
  Effect.map(one(pid), (entry) => (entry === undefined || entry.zombie ? undefined : entry.startTime))

const list: ProcessTable["list"] = Effect.map(run(["-ax", ...columns]), (lines) =>
  lines.flatMap((line) => {
    const entry = parsePsLine(line)
    return entry === undefined || entry.zombie ? [] : [entry]
  }),
)

const environments = run(["-axEww", "-o", "pid=,command="])

export const ps: ProcessTable = {
  list,
  since: () => Effect.succeed(unproven(list)),
  marked: (entries, marker) =>
    Effect.map(environments, (lines) => {
      const wanted = new Set(entries.map(({ pid }) => pid))
      const variable = ` ${markerVariable}=${marker}`
      const marked = lines.filter((line) => line.includes(`${variable} `) || line.endsWith(variable))
      const pids = new Set(marked.map((line) => Number.parseInt(line, 10)).filter((pid) => wanted.has(pid)))
      return { pids, unclear: pids.size < wanted.size }
    }),
  markers: (entries, wanted) =>
    Effect.map(environments, (lines) => {
      const pids = new Set(entries.map(({ pid }) => pid))
      const byPid = new Map<number, string>()
      for (const line of lines) {
        const pid = Number.parseInt(line, 10)
        const words = pids.has(pid) ? line.split(" ") : []
        const values = words.flatMap((word) =>
          word.startsWith(`${markerVariable}=`) ? [word.split("=")[1] ?? ""] : [],
        )
        const marker = values.find((value) => wanted.has(value))
        if (marker !== undefined) byPid.set(pid, marker)
      }
      return { byPid }
    }),
  startTime: (pid) => Effect.map(one(pid), (entry) => entry?.startTime),
  running,
  // lstart is an instant, which no other boot repeats.
  boot: Effect.succeed(""),
  elsewhere: () => Effect.succeed(false),
  kill: killVerified(running),
  pipes: () => Effect.succeed(new Set()),
  holders: () => Effect.succeed(new Set()),
}
