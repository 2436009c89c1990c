/** What a running server leaves in a file, so that other programs of its user find it: where it is and what it is called. */
import * as fs from "node:fs/promises"
import { connect } from "node:net"
import * as path from "node:path"

/** Holds no secret. */
export interface ServerNote {
  /** As codes for its links name it. */
  readonly server: string
  /** Where it listens. */
  readonly host: string
  readonly port: number
  /** What links to it begin with, such as `http://127.0.0.1:4577`. */
  readonly base: string
  readonly pid: number
  /** In milliseconds since 1970. */
  readonly startedAt: number
  readonly tokenFile: string
}

const name = /^http\.server-(\d{1,10})\.json$/
const maxBytes = 16_384
const connectMillis = 1_000

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

const answers = ({ host, port }: ServerNote): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectMillis })
    const tell = (is: boolean) => () => {
      socket.destroy()
      resolve(is)
    }
    socket.once("connect", tell(true)).once("error", tell(false)).once("timeout", tell(false))
  })

const isNote = (value: unknown): value is ServerNote => {
  if (typeof value !== "object" || value === null) return false
  const { base, host, pid, port, server, startedAt, tokenFile } = value as Partial<Record<keyof ServerNote, unknown>>
  return (
    [server, host, base, tokenFile].every((text) => typeof text === "string") &&
    [port, pid, startedAt].every((number) => typeof number === "number")
  )
}

const read = async (file: string): Promise<ServerNote | undefined> => {
  try {
    if ((await fs.stat(file)).size > maxBytes) return undefined
    const value: unknown = JSON.parse(await fs.readFile(file, "utf8"))
    return isNote(value) ? value : undefined
  } catch {
    return undefined
  }
}

const filesIn = async (directory: string): Promise<ReadonlyArray<string>> =>
  (await fs.readdir(directory).catch(() => []))
    .filter((file) => name.test(file))
    .map((file) => path.join(directory, file))

/**
 * Leaves the note in a directory, and takes away those of servers that are gone. Gives what takes it away again. A
 * directory that cannot be written has none: others do not find the server then.
 */
export const leaveNote = async (directory: string, note: ServerNote): Promise<() => Promise<void>> => {
  for (const file of await filesIn(directory)) {
    const [, pid] = name.exec(path.basename(file)) ?? []
    if (!isAlive(Number(pid))) await fs.rm(file, { force: true }).catch(() => undefined)
  }
  const file = path.join(directory, `http.server-${note.pid}.json`)
  await fs.rm(file, { force: true }).catch(() => undefined)
  await fs.writeFile(file, `${JSON.stringify(note)}\n`, { flag: "wx", mode: 0o600 }).catch(() => undefined)
  return () => fs.rm(file, { force: true }).catch(() => undefined)
}

/** The servers that have left a note there and live, the newest first. */
export const runningServers = async (directory: string): Promise<ReadonlyArray<ServerNote>> => {
  const notes = await Promise.all((await filesIn(directory)).map(read))
  const found = await Promise.all(
    notes.map(async (note) => (note !== undefined && isAlive(note.pid) && (await answers(note)) ? [note] : [])),
  )
  return found.flat().toSorted((one, other) => other.startedAt - one.startedAt)
}
