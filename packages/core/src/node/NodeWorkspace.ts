/** Directories and files of this machine. */
import { readFileSync, statSync } from "node:fs"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ErrorCode } from "../ErrorCode.ts"
import { isWithin, selfAndAbove } from "../Grant.ts"
import { runyardError, type RunyardError } from "../RunyardError.ts"
import { type HeldDirectory, type Mount, Workspace } from "../Workspace.ts"
import { projectLayers } from "./NodePolicy.ts"
import { mountOf, readMounts } from "./internal/mounts.ts"

const attempt = <A>(code: ErrorCode, use: () => Promise<A>): Effect.Effect<A, RunyardError> =>
  Effect.tryPromise({
    try: use,
    catch: (cause) => {
      const error = (cause as NodeJS.ErrnoException).code ?? "unknown"
      return runyardError(code, { detail: { error }, cause })
    },
  })

const refuseIf = (wrong: boolean, code: string) => {
  if (wrong) throw Object.assign(new Error(code), { code })
}

const directory = async (name: string): Promise<string> => {
  const real = await fs.realpath(name)
  refuseIf(!(await fs.stat(real)).isDirectory(), "ENOTDIR")
  await fs.access(real, fs.constants.R_OK | fs.constants.X_OK)
  return real
}

const file = async (name: string): Promise<string> => {
  const real = await fs.realpath(name)
  // A pipe or device would block or never end.
  refuseIf(!(await fs.stat(real)).isFile(), "EISDIR")
  await fs.access(real, fs.constants.R_OK)
  return real
}

let known: { readonly text: Buffer; readonly mounts: ReadonlyArray<Mount> } | undefined

/** Read at once: the kernel has it in memory, and four trips to another thread would cost more than the rest of a check. */
const mount = (real: string): Mount | undefined => {
  if (process.platform !== "linux") return undefined
  const text = readFileSync("/proc/self/mountinfo")
  if (known?.text.equals(text) !== true) known = { text, mounts: readMounts(text) }
  return mountOf(known.mounts, real)
}

/** Device and inode; undefined for what is not there or cannot be reached. */
const identityOf = (name: string): string | undefined => {
  try {
    const { dev, ino } = statSync(name, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

/** At once, as `mount`: the path was made real just before, so that the kernel has all of it in memory. */
const isInside = (real: string, name: string): boolean => {
  const directory = path.resolve(name)
  if (isWithin(directory, real)) return true
  const identity = identityOf(directory)
  return identity !== undefined && selfAndAbove(real).some((above) => identityOf(above) === identity)
}

/** Opens for the name alone, without a right to read: the number is Linux's on every architecture that we run on. */
const pathOnly = process.platform === "linux" ? 0o10000000 : fs.constants.O_RDONLY
/** Windows has none of these. */
const directoryOnly = (fs.constants.O_DIRECTORY ?? 0) | (fs.constants.O_NOFOLLOW ?? 0)

/** The last part is no link because of `O_NOFOLLOW`; that none above it is tells the path that the kernel gives back. */
const hold = async (real: string): Promise<{ readonly held: HeldDirectory; readonly file: fs.FileHandle }> => {
  const linux = process.platform === "linux"
  const file = await fs.open(real, pathOnly | directoryOnly).catch((error: NodeJS.ErrnoException) => {
    // What was a directory when it was checked is a link by now, or a file.
    const changed = error.code === "ELOOP" || error.code === "ENOTDIR"
    throw changed ? Object.assign(error, { code: "ECHANGED" }) : error
  })
  try {
    const stat = await file.stat({ bigint: true })
    refuseIf(!stat.isDirectory(), "ECHANGED")
    const handle = `/proc/self/fd/${file.fd}`
    refuseIf((linux ? await fs.readlink(handle) : await fs.realpath(real)) !== real, "ECHANGED")
    const identity = `${stat.dev}:${stat.ino}`
    if (!linux) {
      const now = await fs.stat(real, { bigint: true })
      refuseIf(`${now.dev}:${now.ino}` !== identity, "ECHANGED")
    }
    return { file, held: { path: real, identity, ...(linux ? { handle } : {}) } }
  } catch (error) {
    await file.close()
    throw error
  }
}

const holdError = (path: string, cause: unknown): RunyardError => {
  const error = (cause as NodeJS.ErrnoException).code ?? "unknown"
  return error === "ECHANGED"
    ? runyardError("POLICY_DIRECTORY_CHANGED", {
        message: `${path} is no longer the directory that was checked`,
        detail: { path },
      })
    : runyardError("IO_DIRECTORY_UNREADABLE", { detail: { error }, cause })
}

/** A `.git` directory, or the file that a worktree or submodule has in its place, here or above. */
const isRepository = async (start: string): Promise<boolean> => {
  for (let at = path.resolve(start); ; at = path.dirname(at)) {
    const git = path.join(at, ".git")
    const stat = await fs.stat(git).catch(() => undefined)
    // A worktree or submodule has a file; an empty directory of that name is no repository for git either.
    if (stat?.isFile() === true) return true
    if (stat?.isDirectory() === true && (await fs.stat(path.join(git, "HEAD")).catch(() => undefined))) return true
    if (at === path.dirname(at)) return false
  }
}

const prefix = "runyard-"

/** 0700 whatever the umask: that is what `mkdtemp` makes. */
const makeScratch = async () => fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), prefix)))

/** Plain names only: letters, digits, dot, dash, underscore; so that no name leads out of its directory. */
const plainName = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/

const write = async (scratch: string, name: string, content: string): Promise<string> => {
  refuseIf(!plainName.test(name), "EINVAL")
  const target = path.join(scratch, name)
  // Exclusive: what is already there, a link included, is not written through.
  await fs.writeFile(target, content, { flag: "wx", mode: 0o600 })
  return target
}

/** The file system as it is. */
export const layer: Layer.Layer<Workspace> = Layer.succeed(
  Workspace,
  Workspace.of({
    directory: (name) => attempt("IO_DIRECTORY_UNREADABLE", () => directory(name)),
    file: (name) => attempt("IO_FILE_UNREADABLE", () => file(name)),
    policies: projectLayers,
    mount: (name) => Effect.sync(() => mount(name)),
    isInside: (name, above) => Effect.sync(() => isInside(name, above)),
    hold: (name) =>
      Effect.acquireRelease(
        Effect.tryPromise({ try: () => hold(name), catch: (cause) => holdError(name, cause) }),
        ({ file }) => Effect.promise(() => file.close()),
      ).pipe(Effect.map(({ held }) => held)),
    isRepository: (name) => Effect.promise(() => isRepository(name)),
    scratch: Effect.acquireRelease(attempt("IO_SCRATCH_FAILED", makeScratch), (made) =>
      Effect.ignore(attempt("IO_SCRATCH_FAILED", () => fs.rm(made, { recursive: true, force: true, maxRetries: 2 }))),
    ),
    write: (scratch, name, content) => attempt("IO_SCRATCH_FAILED", () => write(scratch, name, content)),
  }),
)
