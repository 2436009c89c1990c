/** Places for secrets in tests, and what lies in them. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"

/** A directory that goes with the scope. The store makes its own below it. */
export const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "runyard-secrets-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true })),
)

/** Every file and directory below, with its mode. */
export const modesBelow = (directory: string): ReadonlyArray<readonly [name: string, mode: string]> =>
  fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => [name, (fs.statSync(path.join(directory, name)).mode & 0o777).toString(8)] as const)

/** All bytes below, with the names of the files. */
export const bytesBelow = (directory: string): string =>
  fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => {
      const file = path.join(directory, name)
      return `${name}\n${fs.statSync(file).isFile() ? fs.readFileSync(file, "latin1") : ""}`
    })
    .join("\n")
