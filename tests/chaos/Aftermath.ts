/**
 * What is there after a run, found by three means that have nothing of Runyard in them: the beats that processes write,
 * the marker in environments, and the paths in arguments. Beats count most: a listing of /proc misses the very young.
 */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { processesOf } from "../support/processes.ts"

export interface Remnant {
  readonly pid: number
  /** By its arguments; empty where they do not tell. */
  readonly tree: string
  readonly command: string
}

export interface Aftermath {
  readonly alive: ReadonlyArray<Remnant>
  /** Trees whose beats go on. */
  readonly beating: ReadonlyArray<string>
  /** Children of this program that nobody has reaped. */
  readonly zombies: ReadonlyArray<number>
}

/** Ten beats of a process that is scheduled at all. */
const watchMillis = 100

const pids = (): ReadonlyArray<string> => readdirSync("/proc").filter((name) => /^\d+$/.test(name))

const read = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1")
  } catch {
    return ""
  }
}

/** Processes that have a path below the directory as one of their arguments, but this one and its parents. */
export const mentioning = (directory: string): ReadonlyArray<Remnant> =>
  pids().flatMap((pid) => {
    const words = read(pid, "cmdline").split("\0")
    const word = words.find((each) => each.includes(`${directory}/`))
    if (word === undefined || Number(pid) === process.pid || Number(pid) === process.ppid) return []
    const tree = /^\w*/.exec(word.slice(word.indexOf(`${directory}/`) + directory.length + 1))?.[0] ?? ""
    return [{ pid: Number(pid), tree, command: words.join(" ").trim().slice(0, 200) }]
  })

const zombies = (): ReadonlyArray<number> =>
  pids()
    .filter((pid) => {
      const fields = read(pid, "stat").split(") ").at(-1)?.split(" ") ?? []
      return fields[0] === "Z" && Number(fields[1]) === process.pid
    })
    .map(Number)

const beats = (directory: string): ReadonlyMap<string, number> =>
  new Map(
    readdirSync(directory).map((name) => [name, statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0]),
  )

const alive = async (marker: string, directory: string): Promise<ReadonlyArray<Remnant>> => {
  const found = mentioning(directory)
  const marked = (await processesOf(marker)).filter(({ pid }) => !found.some((remnant) => remnant.pid === pid))
  return [...found, ...marked.map((each) => ({ ...each, tree: "" }))]
}

/** Looks at once, watches for beats, and looks again. A zombie counts when it stays one. */
export const aftermath = async (marker: string, directory: string): Promise<Aftermath> => {
  const [first, before, dead] = [await alive(marker, directory), beats(directory), zombies()]
  // A heartbeat can only be seen to stop by waiting for one that does not come.
  await setTimeout(watchMillis)
  const after = beats(directory)
  const second = await alive(marker, directory)
  const known = new Set(first.map(({ pid }) => pid))
  const unreaped = new Set(zombies())
  return {
    alive: [...first, ...second.filter(({ pid }) => !known.has(pid))],
    beating: [...after].filter(([name, size]) => size !== (before.get(name) ?? 0)).map(([name]) => name),
    zombies: dead.filter((pid) => unreaped.has(pid)),
  }
}

/** Ends what a test has left: those that beat end without their directory, the others are killed by pid. */
export const clearAway = async (directory: string): Promise<void> => {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
  for (let tries = 0; tries < 200; tries++) {
    const left = mentioning(directory)
    if (left.length === 0) return
    for (const { pid } of left) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // It ended meanwhile.
      }
    }
    await setTimeout(10)
  }
}
