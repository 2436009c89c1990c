/** What a spawn that failed means, and what is refused before it. */
import * as fs from "node:fs"
import { runyardError, type RunyardError } from "../../RunyardError.ts"
import type { ProcessCommand } from "../../ProcessHost.ts"

/** Why this command can never be started; undefined when it can be tried. Names the part, never its text. */
export const refuse = (command: ProcessCommand): RunyardError | undefined => {
  const parts: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["program", [command.program]],
    ["working directory", [command.cwd]],
    ["arguments", command.args],
    ["environment", [...Object.entries(command.env).flat(), command.marker]],
  ]
  const part = parts.find(([, values]) => values.some((value) => value.includes("\0")))
  if (part !== undefined) return invalid(`The ${part[0]} of the command must not hold a NUL character`)
  if (Object.keys(command.env).some((name) => name === "" || name.includes("="))) {
    return invalid("A name in the environment of the command is empty or holds an equals sign")
  }
  return command.marker === "" ? invalid("The marker of the command is empty") : undefined
}

/** What stands for a directory that is no longer the one that is held; no system says it. */
export const directoryMoved = "ERUNYARD_MOVED"
export const moved = (): NodeJS.ErrnoException => Object.assign(new Error(directoryMoved), { code: directoryMoved })

/** The coded error for what Node's `spawn` threw or emitted. */
export const spawnError = (error: NodeJS.ErrnoException, command: ProcessCommand): RunyardError => {
  const detail = { error: error.code ?? "unknown" }
  switch (error.code) {
    case "E2BIG":
    case "ENAMETOOLONG":
      return invalid("The command is longer than the system takes", detail, error)
    case "ERR_INVALID_ARG_VALUE":
    case "ERR_INVALID_ARG_TYPE":
      return invalid("The system does not take this command", detail, error)
    case directoryMoved:
      return runyardError("POLICY_DIRECTORY_CHANGED", { detail: { path: command.cwd } })
    case "ENOENT":
    case "ENOTDIR":
    case "EACCES":
      break
    default:
      return failed(`The system refused to start the program (${detail.error})`, detail, error)
  }
  // The kernel says the same of the program and of the directory.
  if (!isUsable(command.cwd, "directory")) return runyardError("IO_DIRECTORY_UNREADABLE", { detail, cause: error })
  if (error.code === "EACCES") return failed("The program is not executable for this user", detail, error)
  if (isUsable(command.program, "file")) {
    return failed("The program is there, but the interpreter that its first line names is not", detail, error)
  }
  return runyardError("CLI_NOT_FOUND", { detail: { ...detail, program: command.program }, cause: error })
}

const invalid = (message: string, detail: Readonly<Record<string, string>> = {}, cause?: unknown) =>
  runyardError("QUEUE_REQUEST_INVALID", { message, detail, ...(cause === undefined ? {} : { cause }) })

const failed = (message: string, detail: Readonly<Record<string, string>>, cause: unknown) =>
  runyardError("CLI_SPAWN_FAILED", { message, detail, cause })

const isUsable = (path: string, kind: "directory" | "file"): boolean => {
  try {
    const stat = fs.statSync(path)
    if (kind === "file") return stat.isFile()
    fs.accessSync(path, fs.constants.X_OK)
    return stat.isDirectory()
  } catch {
    return false
  }
}
