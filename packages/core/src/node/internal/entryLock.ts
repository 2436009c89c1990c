/** One writer at a time for a name, among all programs of this machine. */
import { closeSync, openSync } from "node:fs"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type RunyardError, runyardError } from "../../RunyardError.ts"
import type { SecretName } from "../../SecretReference.ts"
import { onDisk, unavailable } from "./secretError.ts"
import { privateDirectory } from "./wholeFile.ts"

export type EntryLock = (
  name: SecretName,
) => <A>(effect: Effect.Effect<A, RunyardError>) => Effect.Effect<A, RunyardError>

/** A write takes milliseconds; a keychain may ask its user first. Twenty seconds in all. */
const pause = "10 millis"
const defaultPauses = 2_000
const sqliteBusy = 5

/** Makes the file that is locked. Whoever makes it, made it; it is never removed, or two could hold two of that name. */
const makeLockFile = (file: string): void => {
  try {
    // In one step: closing another descriptor of a file drops the locks that a process has on it.
    closeSync(openSync(file, "wx", 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  }
}

/**
 * Locks by an empty SQLite database for each name: the kernel lets go of its lock when its holder dies, however it does,
 * so that no lock is ever stale and none has to be broken.
 */
export const entryLock = (directory: string, maxPauses = defaultPauses): EntryLock => {
  const locks = path.join(directory, "locks")

  const tryLock = (name: SecretName) =>
    Effect.tryPromise({
      try: async () => {
        const { DatabaseSync } = await import("node:sqlite")
        await privateDirectory(locks)
        const file = path.join(locks, `${name}.lock`)
        makeLockFile(file)
        const database = new DatabaseSync(file, { timeout: 0 })
        try {
          database.exec("BEGIN EXCLUSIVE")
        } catch (error) {
          database.close()
          throw error
        }
        return database
      },
      catch: (cause) => {
        const { code, errcode } = cause as { readonly code?: string; readonly errcode?: number }
        return errcode === sqliteBusy
          ? runyardError("SECRET_BUSY", { message: `Another program writes ${name}`, detail: { name } })
          : unavailable(`The directory of the secrets cannot be used: ${code ?? "unknown"}`, {
              error: code ?? "unknown",
            })
      },
    })

  // Only the waits can be interrupted: a lock that was got must reach the one who closes it.
  const take = Effect.fnUntraced(function* (name: SecretName) {
    yield* onDisk(() => privateDirectory(directory))
    for (let pauses = 0; ; pauses++) {
      const tried = yield* Effect.result(tryLock(name))
      if (Result.isSuccess(tried)) return tried.success
      if (tried.failure.code !== "SECRET_BUSY" || pauses === maxPauses) return yield* tried.failure
      yield* Effect.interruptible(Effect.sleep(pause))
    }
  })

  return (name) => (effect) =>
    Effect.acquireUseRelease(
      take(name),
      () => effect,
      (database) => Effect.sync(() => database.close()),
    )
}
