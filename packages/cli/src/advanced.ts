/** Whether runs on this host may take away an agent's limits: said by whoever owns it, never by a request or a project. */
import * as fs from "node:fs"
import * as path from "node:path"
import { runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"

const fileIn = (directory: string): string => path.join(directory, "advanced")

/** The file counts when it is this user's or root's, and nobody else could have written or linked it there. */
const isSwitchedOn = (directory: string): boolean => {
  try {
    const stat = fs.lstatSync(fileIn(directory))
    const uid = process.getuid?.()
    return stat.isFile() && (uid === undefined || ((stat.uid === uid || stat.uid === 0) && (stat.mode & 0o077) === 0))
  } catch {
    return false
  }
}

/** By the environment of the program, or by `runyard policy advanced on` for this data directory. */
export const isAdvancedOn = (env: Readonly<Record<string, string | undefined>>, directory: string): boolean =>
  env["RUNYARD_ALLOW_DANGEROUS"] === "1" || isSwitchedOn(directory)

/** Takes effect for programs that start after it. Fails with `STORE_UNAVAILABLE`. */
export const switchAdvanced = (directory: string, on: boolean) =>
  Effect.try({
    try: () => {
      fs.rmSync(fileIn(directory), { force: true })
      if (!on) return
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      fs.writeFileSync(fileIn(directory), `${new Date().toISOString()}\n`, { flag: "wx", mode: 0o600 })
    },
    catch: (cause) => runyardError("STORE_UNAVAILABLE", { message: "The data directory cannot be written", cause }),
  })
