/** The program with a run in it, to be stopped from outside. */
import { fileURLToPath } from "node:url"
import { jsonLines, type Program, type Started } from "../cli/program.ts"

export const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
export const hostile = { RUNYARD_CLAUDE_PATH: fixture("hostile.mjs") }

/** Plants a piece of JavaScript in the program. */
export const planted = (code: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
})

/** Ends a started program and says how long that took. */
export const timed = async (started: Started, signal: NodeJS.Signals) => {
  const from = performance.now()
  started.child.kill(signal)
  return { ...(await started.finished), millis: performance.now() - from }
}

export const stoppable = ({ run, start }: Program) => {
  const idOf = async (started: Started): Promise<string> => {
    await started.until(/run_[0-9a-z]{16,40}/)
    const [latest] = jsonLines((await run(["ls", "--json", "-n", "1"])).stdout)
    return String(latest?.["id"])
  }
  return {
    /** The latest run of a program that has started one. */
    idOf,
    /** Starts an agent that ignores signals, and whose child in another session does too. */
    startHostile: async (env: Readonly<Record<string, string>> = {}) => {
      const started = start(["exec", "claude", "hello"], { env: { ...hostile, ...env } })
      await started.until("● model none")
      return { ...started, id: await idOf(started) }
    },
    shown: async (id: string): Promise<Record<string, unknown>> =>
      JSON.parse((await run(["show", id, "--json"])).stdout) as Record<string, unknown>,
    logOf: async (id: string) => jsonLines((await run(["logs", id, "--json"])).stdout),
  }
}
