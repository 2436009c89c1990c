/** What of a run is alive, found independently of Runyard: by the marker in the environment of every process. */
import { readdir, readFile } from "node:fs/promises"

export interface LiveProcess {
  readonly pid: number
  readonly command: string
}

/** A process that ended while it was looked at has no files any more; those of others are not ours to read. */
const read = (pid: string, file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")

/** Every process that carries the marker of one of the run's attempts, tools and their children included. */
export const processesOf = async (marker: string): Promise<ReadonlyArray<LiveProcess>> => {
  const found: Array<LiveProcess> = []
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue
    const variables = (await read(pid, "environ")).split("\0")
    const mine = (variable: string) =>
      variable === `RUNYARD_RUN=${marker}` || variable.startsWith(`RUNYARD_RUN=${marker}.`)
    if (!variables.some(mine)) continue
    found.push({ pid: Number(pid), command: (await read(pid, "cmdline")).replaceAll("\0", " ").trim() })
  }
  return found
}

/** Every process whose command line has the text in it, but for this program. */
export const processesNaming = async (text: string): Promise<ReadonlyArray<LiveProcess>> => {
  const found: Array<LiveProcess> = []
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
    const command = (await read(pid, "cmdline")).replaceAll("\0", " ").trim()
    if (command.includes(text)) found.push({ pid: Number(pid), command })
  }
  return found
}
