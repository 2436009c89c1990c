/** A host as a program of its own, that can be killed, stopped and started again. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { programAt } from "../support/programs.ts"

const fixture = fileURLToPath(new URL("fixtures/host.ts", import.meta.url))

export interface HostOptions {
  readonly directory: string
  /** How many runs it queues as it starts. */
  readonly runs?: number
  readonly seed?: string
  readonly leaseMillis?: number
  /** Whether it says what becomes of all runs. */
  readonly tells?: boolean
  /** A program that runs it, with its arguments. */
  readonly around?: ReadonlyArray<string>
}

export interface Host {
  readonly process: ChildProcess
  /** The runs whose submits it has acknowledged. */
  readonly queued: ReadonlySet<string>
  /** Waits until it has said this; rejects when it ends before. */
  readonly said: (line: string | RegExp) => Promise<string>
  /** Queues one more run. */
  readonly submit: (prompt: string) => void
  readonly kill: () => Promise<void>
  /** Asks it to close, and waits until it is gone. Gives its exit code. */
  readonly close: () => Promise<number | null>
}

export const startHost = (options: HostOptions): Host => {
  const { around = [], directory, leaseMillis = 20_000, runs = 0, seed = "", tells = false } = options
  const words = [...programAt(fixture), directory, String(runs), seed, String(leaseMillis), ...(tells ? ["tell"] : [])]
  const [program = "", ...args] = [...around, process.execPath, ...words]
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] })
  const queued = new Set<string>()
  const lines: Array<string> = []
  const listeners = new Set<() => void>()
  const reader = createInterface({ input: child.stdout })
  const gone = Promise.all([once(child, "exit"), once(reader, "close")])
  reader.on("line", (line) => {
    lines.push(line)
    if (line.startsWith("queued ")) queued.add(line.slice(7))
    for (const listener of listeners) listener()
  })
  child.stdin.on("error", () => {})
  const said = (wanted: string | RegExp): Promise<string> => {
    const { promise, reject, resolve } = Promise.withResolvers<string>()
    const look = () => {
      const found = lines.find((line) => (typeof wanted === "string" ? line === wanted : wanted.test(line)))
      if (found !== undefined) resolve(found)
    }
    listeners.add(look)
    look()
    void gone.then(() => reject(new Error(`the host ended before it said ${wanted}`)))
    return promise.finally(() => listeners.delete(look))
  }
  return {
    process: child,
    queued,
    said,
    submit: (prompt) => void child.stdin.write(`${prompt}\n`),
    kill: async () => {
      child.kill("SIGKILL")
      await gone
    },
    close: async () => {
      child.stdin.end()
      await gone
      return child.exitCode
    },
  }
}
