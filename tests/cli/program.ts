/** Runs the `runyard` program as a user would: a real process, a store of its own, nothing of this machine's environment. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runyard } from "../support/programs.ts"

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Program {
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  readonly start: (args: ReadonlyArray<string>, options?: StartOptions) => Started
  readonly run: (args: ReadonlyArray<string>, options?: StartOptions) => Promise<Finished>
  readonly remove: () => void
}

export interface StartOptions {
  /** What is piped in. Default: nothing. Null: nothing either, and the pipe stays open. */
  readonly stdin?: string | null
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A file in place of the pipe that is read here. */
  readonly stdout?: number
}

export interface Started {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** Waits until stdout or stderr has a text. */
  readonly until: (text: string | RegExp) => Promise<void>
}

/** @param options `granted: false`: agents may not work in its directory yet. */
export const makeProgram = (options: { readonly granted: boolean } = { granted: true }): Program => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "runyard-cli-")))
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: directory,
    RUNYARD_HOME: join(directory, "store"),
    RUNYARD_SCRIPT_DELAY_MS: "0",
    // The keychain of whoever runs the tests is not ours.
    RUNYARD_SECRETS_STORE: "file",
    NO_COLOR: "1",
  }
  const start: Program["start"] = (args, options = {}) => {
    const child = spawn(process.execPath, [...runyard, ...args], {
      env: { ...env, ...options.env },
      cwd: options.cwd ?? directory,
      stdio: ["pipe", options.stdout ?? "pipe", "pipe"],
    })
    let stdout = ""
    let stderr = ""
    const waiting = new Set<() => void>()
    const note = () => waiting.forEach((check) => check())
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      note()
    })
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      note()
    })
    child.stdin?.on("error", () => undefined)
    if (options.stdin !== null) child.stdin?.end(options.stdin ?? "")
    const finished = new Promise<Finished>((resolve, reject) => {
      child.on("error", reject)
      child.on("close", (code) => resolve({ code, stdout, stderr }))
    })
    const until = (text: string | RegExp) =>
      new Promise<void>((resolve, reject) => {
        const check = () => {
          const all = stdout + stderr
          if (!(typeof text === "string" ? all.includes(text) : text.test(all))) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
        void finished.then(() => reject(new Error(`ended without ${String(text)}:\n${stdout}\n${stderr}`)), reject)
      })
    return { child, finished, until }
  }
  if (options.granted) {
    const args = [...runyard, "grant", "add", directory]
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" })
    if (status !== 0) throw new Error(stderr)
  }
  return {
    directory,
    env,
    start,
    run: (args, options) => start(args, options).finished,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** A program for one test, removed after it. */
export const withProgram = async (use: (program: Program) => Promise<void>): Promise<void> => {
  const program = makeProgram()
  try {
    await use(program)
  } finally {
    program.remove()
  }
}

export const jsonLines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
