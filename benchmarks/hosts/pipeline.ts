/**
 * One round of the pipeline benchmark, in a process of its own so that its memory can be measured. Prints JSON.
 *
 * node pipeline.ts <raw|bare|runyard> <executable> <directory>
 */
import { spawn } from "node:child_process"
import * as path from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { DatabaseSync } from "node:sqlite"
import { plainEnv } from "../fakes.ts"

export interface PipelineRound {
  readonly events: number
  readonly seconds: number
  /** Peak RSS over that before the first byte, in MiB. */
  readonly growth: number
  /** Longest block of the event loop, in ms. */
  readonly block: number
}

type Work = () => Promise<number>

/** Splits what a child prints into lines. Looks at each chunk once. */
const eachChunkOfLines = (executable: string, use: (lines: ReadonlyArray<string>) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(executable, ["exec", "--json", "-"], { env: plainEnv, stdio: ["pipe", "pipe", "ignore"] })
    child.on("error", reject)
    child.stdin.on("error", () => {})
    child.stdin.end("go\n")
    child.stdout.setEncoding("utf8")
    let rest = ""
    child.stdout.on("data", (chunk: string) => {
      const lines: Array<string> = []
      let start = 0
      for (let end = chunk.indexOf("\n"); end !== -1; end = chunk.indexOf("\n", start)) {
        lines.push(start === 0 ? rest + chunk.slice(0, end) : chunk.slice(start, end))
        start = end + 1
      }
      rest = start === 0 ? rest + chunk : chunk.slice(start)
      use(lines)
    })
    child.on("close", () => resolve())
  })

/** The floor: spawn, split, `JSON.parse`. */
const raw =
  (executable: string): Work =>
  async () => {
    let events = 0
    await eachChunkOfLines(executable, (lines) => {
      for (const line of lines) if (typeof JSON.parse(line).type === "string") events++
    })
    return events
  }

const tokenRule = /\b(?:sk|ghp|gho|ghs|xox[abp])[-_][A-Za-z0-9_-]{16,}/g
const assignmentRule = /\b(api[_-]?key|token|secret|password)(["']?\s*[:=]\s*["']?)[^\s"',;]{8,}/gi

/** What a careful script would do: also two redaction patterns, and SQLite, with one transaction for each chunk. */
const bare = (executable: string, directory: string): Work => {
  const database = new DatabaseSync(path.join(directory, "bare.db"))
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE events (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL,
      type TEXT NOT NULL, payload TEXT NOT NULL, UNIQUE (run_id, seq))`)
  const insert = database.prepare("INSERT INTO events (run_id, seq, ts, type, payload) VALUES (?, ?, ?, ?, ?)")
  return async () => {
    let events = 0
    await eachChunkOfLines(executable, (lines) => {
      database.exec("BEGIN IMMEDIATE")
      for (const line of lines) {
        const { type } = JSON.parse(line)
        const text = line.replace(tokenRule, "***").replace(assignmentRule, "$1$2***")
        insert.run("run_0001", ++events, Date.now(), type, text)
      }
      database.exec("COMMIT")
    })
    database.close()
    return events
  }
}

/**
 * Start to result, with a subscriber that counts the events it sees: each was stored before. A short run goes first: what
 * any run leaves loaded is not what a long one costs.
 */
const runyard = async (executable: string, directory: string): Promise<Work> => {
  const { open } = await import("runyard")
  const yard = await open({
    directory: path.join(directory, "store"),
    workspaces: [directory],
    env: plainEnv,
    executables: { codex: executable },
  })
  await yard.diagnose()
  const execute = async (prompt: string) => {
    const run = await yard.start({ provider: "codex", prompt, cwd: directory, options: { skipGitRepoCheck: true } })
    let events = 0
    for await (const event of run.events()) if (event.type.startsWith("agent.")) events++
    const { state, error } = await run.result()
    if (state !== "succeeded") throw new Error(`The run ended as ${state}: ${error?.message}`)
    return events
  }
  await execute("warm")
  return async () => {
    const events = await execute("go")
    await yard.close()
    return events
  }
}

const [mode = "", executable = "", directory = ""] = process.argv.slice(2)
const work =
  mode === "raw"
    ? raw(executable)
    : mode === "bare"
      ? bare(executable, directory)
      : await runyard(executable, directory)
const before = process.memoryUsage.rss()
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
const start = performance.now()
const events = await work()
const seconds = (performance.now() - start) / 1000
delay.disable()
const growth = process.resourceUsage().maxRSS / 1024 - before / 1024 / 1024
console.log(JSON.stringify({ events, seconds, growth, block: delay.max / 1e6 } satisfies PipelineRound))
