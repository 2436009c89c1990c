/** Where Runyard keeps things on this machine. */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { runyardError, type RunyardError } from "../RunyardError.ts"
import { privateDirectory, publishFile, readIfThere } from "./internal/wholeFile.ts"

/** What the place of the data directory depends on. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /** The user's home directory. */
  readonly home: string
}

/**
 * The data directory: `RUNYARD_HOME` where it is set, else where the platform wants application data. Relative paths in
 * `XDG_DATA_HOME` and `LOCALAPPDATA` are ignored; a relative `RUNYARD_HOME` is taken from the current directory.
 */
export const dataDirectory = ({ env, home, platform }: Surroundings): string => {
  const windows = platform === "win32"
  const { isAbsolute, join, resolve } = windows ? path.win32 : path.posix
  const chosen = env["RUNYARD_HOME"]
  if (chosen !== undefined && chosen !== "") return resolve(chosen)
  const absolute = (value: string | undefined, fallback: string) =>
    value !== undefined && isAbsolute(value) ? value : fallback
  if (windows) return join(absolute(env["LOCALAPPDATA"], join(home, "AppData", "Local")), "Runyard")
  if (platform === "darwin") return join(home, "Library", "Application Support", "Runyard")
  return join(absolute(env["XDG_DATA_HOME"], join(home, ".local", "share")), "runyard")
}

const keyBytes = 32
const keyName = "install.key"

const readKey = (file: string): Effect.Effect<Uint8Array | undefined, RunyardError> =>
  Effect.tryPromise({ try: () => readIfThere(file), catch: unusable }).pipe(
    Effect.flatMap((key) =>
      key === undefined || key.length === keyBytes
        ? Effect.succeed(key === undefined ? undefined : new Uint8Array(key))
        : Effect.fail(unusable(new Error(`it holds ${key.length} bytes instead of ${keyBytes}`))),
    ),
  )

const unusable = (cause: unknown): RunyardError =>
  runyardError("STORE_UNAVAILABLE", {
    message: "The key of this installation can be neither read nor made",
    remedy: `Check the permissions of the data directory; if ${keyName} in it is damaged, remove it: fingerprints of masked secrets then start anew.`,
    cause,
  })

/**
 * The secret of this installation, 32 random bytes that key the fingerprints of masked secrets. Made on first use, in
 * a private file of the data directory; of two programs that start at once, both get the same. Fails with
 * `STORE_UNAVAILABLE`.
 */
export const installKey = Effect.fn("NodePaths.installKey")(function* (directory: string) {
  const file = path.join(directory, keyName)
  const existing = yield* readKey(file)
  if (existing !== undefined) return existing
  yield* Effect.tryPromise({
    try: async () => {
      await privateDirectory(directory)
      await publishFile(file, randomBytes(keyBytes))
    },
    catch: unusable,
  })
  const key = yield* readKey(file)
  return key ?? (yield* unusable(new Error("the key is gone again")))
})
