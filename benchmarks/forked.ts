/** Processes of the benchmarks that answer each message with one. */
import { type ChildProcess, fork } from "node:child_process"
import * as path from "node:path"
import { plainEnv } from "./fakes.ts"

const hosts = path.join(import.meta.dirname, "hosts")

/** A program of `hosts` that is spoken to. */
export const forked = (file: string, args: ReadonlyArray<string>, execArgv: ReadonlyArray<string> = []): ChildProcess =>
  fork(path.join(hosts, file), args, {
    env: plainEnv,
    execArgv: ["--conditions=@runyard/source", ...execArgv],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })

/** The next message of a child. */
export const replyOf = <A>(child: ChildProcess): Promise<A> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process of the benchmark ended with ${code}`))
    if (child.exitCode !== null) return onExit(child.exitCode)
    child.once("exit", onExit)
    child.once("message", (message) => {
      child.off("exit", onExit)
      resolve(message as A)
    })
  })

export const ask = <A>(child: ChildProcess, request: object): Promise<A> => {
  const reply = replyOf<A>(child)
  child.send(request)
  return reply
}
