/** Whether runs on this host may take away an agent's limits: said by whoever owns it, never by a request or a project. */
import * as fs from "node:fs"
import * as path from "node:path"
import { type RunyardError, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"

const fileIn = (directory: string): string => path.join(directory, "advanced")

/** A file counts when it is this user's or root's, and nobody else could have written or linked it there. */
export const isPrivate = (file: string): boolean => {
  try {
    const stat = fs.lstatSync(file)
    const uid = process.getuid?.()
    return stat.isFile() && (uid === undefined || ((stat.uid === uid || stat.uid === 0) && (stat.mode & 0o077) === 0))
  } catch {
    return false
  }
}

/** Whether the switch of this data directory is on. */
export const isSwitchedOn = (directory: string): boolean => isPrivate(fileIn(directory))

/** What a file system may refuse. Fails with `STORE_UNAVAILABLE`. */
export const keeping = <A>(change: () => A): Effect.Effect<A, RunyardError> =>
  Effect.try({
    try: change,
    catch: (cause) => runyardError("STORE_UNAVAILABLE", { message: "The data directory cannot be written", cause }),
  })

/** Takes effect for programs that start after it. Fails with `STORE_UNAVAILABLE`. */
export const turnSwitch = (directory: string, { at, on }: { readonly at: number; readonly on: boolean }) =>
  keeping(() => {
    fs.rmSync(fileIn(directory), { force: true })
    if (!on) return
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    fs.writeFileSync(fileIn(directory), `${new Date(at).toISOString()}\n`, { flag: "wx", mode: 0o600 })
  })
