/** Finds a program by its name on PATH, or by its path. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { runyardError, type RunyardError } from "../../RunyardError.ts"

const isExecutable = (file: string): boolean => {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/** Where a name may be: Windows adds the endings that it takes for programs. */
const candidates = (nameOrPath: string, env: Readonly<Record<string, string>>): ReadonlyArray<string> => {
  const windows = process.platform === "win32"
  const isPath = nameOrPath.includes("/") || (windows && nameOrPath.includes("\\"))
  const variable = env["PATH"] ?? (windows ? env["Path"] : undefined) ?? ""
  // An empty entry would mean the current directory: a name must never find a program of the workspace.
  const directories = variable.split(path.delimiter).filter((directory) => path.isAbsolute(directory))
  const files = isPath ? [path.resolve(nameOrPath)] : directories.map((directory) => path.join(directory, nameOrPath))
  const endings = windows && path.extname(nameOrPath) === "" ? (env["PATHEXT"] ?? ".EXE").split(";") : [""]
  return files.flatMap((file) => endings.map((ending) => file + ending))
}

/** The absolute path. Fails with `CLI_NOT_FOUND`. */
export const resolveProgram = (
  nameOrPath: string,
  env: Readonly<Record<string, string>>,
): Effect.Effect<string, RunyardError> =>
  Effect.suspend(() => {
    const usable = nameOrPath !== "" && !nameOrPath.includes("\0")
    const files = usable ? candidates(nameOrPath, env) : []
    const found = files.find(isExecutable)
    if (found !== undefined) return Effect.succeed(found)
    const shown = JSON.stringify(nameOrPath)
    const blocked = files.find((file) => fs.existsSync(file))
    const message =
      blocked === undefined
        ? `The program ${shown} was not found ${files.length === 1 ? "there" : "on PATH"}`
        : `The program ${shown} is there, but it is not an executable file`
    return Effect.fail(runyardError("CLI_NOT_FOUND", { message, detail: { program: nameOrPath } }))
  })
