/** Where the database lies, who may read it, and how its connections are set up. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import { retryBusy, storeError } from "./storeError.ts"

/**
 * How long SQLite itself waits for a lock, in milliseconds. The event loop stands still meanwhile, so it is short;
 * `retryBusy` waits longer without blocking.
 */
const busyTimeoutMillis = 20

/**
 * `secure_delete` overwrites what is deleted. `synchronous = NORMAL` in WAL mode keeps every commit through a crash of
 * the process; a power cut may take the last commits, never the consistency.
 */
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = ON;
  PRAGMA secure_delete = ON;
  PRAGMA journal_size_limit = 67108864;
`

/** Creates the file, and its directories where missing, for this user only. SQLite gives `-wal` and `-shm` its mode. */
export const create = (filename: string, ownDirectory: boolean): Effect.Effect<void, RunyardError> =>
  Effect.try({
    try: () => {
      const directory = Path.dirname(filename)
      Fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      if (ownDirectory) Fs.chmodSync(directory, 0o700)
      Fs.closeSync(Fs.openSync(filename, "a", 0o600))
      Fs.chmodSync(filename, 0o600)
    },
    catch: (cause) =>
      runyardError("STORE_UNAVAILABLE", {
        message: `The store ${filename} cannot be created: ${cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"}`,
        detail: { path: filename },
        cause,
      }),
  })

/** A connection that is closed with the scope. */
export const connect = (filename: string): Effect.Effect<DatabaseSync, RunyardError, Scope.Scope> =>
  Effect.acquireRelease(retryBusy(Effect.try({ try: () => open(filename), catch: storeError(filename) })), (database) =>
    Effect.sync(() => database.close()),
  )

const open = (filename: string): DatabaseSync => {
  const database = new DatabaseSync(filename, { timeout: busyTimeoutMillis })
  try {
    database.exec(pragmas)
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}
