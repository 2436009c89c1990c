/** Opens a link in the browser without showing it to other users of the machine. */
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { tell } from "./output.ts"

const openers: Readonly<Record<string, readonly [string, ...Array<string>]>> = {
  darwin: ["open"],
  win32: ["explorer.exe"],
}

/** The arguments of a program can be read by every user, so that the browser is given a private file which leads on. */
const leadingTo = (link: string): string =>
  `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=${link.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"><title>Runyard</title>`

/** Says so when there is no browser to be opened. The file is gone with the scope. */
export const openLink = (directory: string, link: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const file = join(directory, `open-${randomBytes(8).toString("hex")}.html`)
      await writeFile(file, leadingTo(link), { flag: "wx", mode: 0o600 })
      const [command, ...args] = openers[process.platform] ?? ["xdg-open"]
      const child = spawn(command, [...args, pathToFileURL(file).href], { stdio: "ignore", detached: true })
      child.on("error", () => tell(`No browser could be opened (${command}).`))
      child.unref()
      return file
    }),
    (file) => Effect.promise(() => rm(file, { force: true })),
  ).pipe(Effect.asVoid)
