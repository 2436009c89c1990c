/** Where the database lies, who may read it, and how its connections are set up. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
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

/** What this program may do with the file. */
export type Access = "read-write" | "read-only"

const errorCode = (cause: unknown): string =>
  cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"

const forbidden: ReadonlySet<string> = new Set(["EROFS", "EACCES", "EPERM"])

/** Whether there is a store that can at least be read. An empty file is none. */
const isReadable = (filename: string): boolean => {
  try {
    Fs.accessSync(filename, Fs.constants.R_OK)
    return Fs.statSync(filename).size > 0
  } catch {
    return false
  }
}

/**
 * Creates the file, and its directories where missing, for this user only. SQLite gives `-wal` and `-shm` its mode. A
 * store that is there and must not be written is `read-only`.
 */
export const create = (filename: string, ownDirectory: boolean): Effect.Effect<Access, RunyardError> =>
  Effect.suspend(() => {
    try {
      const directory = Path.dirname(filename)
      Fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      if (ownDirectory) Fs.chmodSync(directory, 0o700)
      Fs.closeSync(Fs.openSync(filename, "a", 0o600))
      Fs.chmodSync(filename, 0o600)
      Fs.accessSync(directory, Fs.constants.W_OK)
      return Effect.succeed<Access>("read-write")
    } catch (cause) {
      if (forbidden.has(errorCode(cause)) && isReadable(filename)) return Effect.succeed<Access>("read-only")
      return Effect.fail(
        runyardError("STORE_UNAVAILABLE", {
          message: `The store ${filename} cannot be created: ${errorCode(cause)}`,
          detail: { path: filename },
          cause,
        }),
      )
    }
  })

/** A connection that is closed with the scope. */
export const connect = (
  filename: string,
  access: Access = "read-write",
): Effect.Effect<DatabaseSync, RunyardError, Scope.Scope> =>
  Effect.acquireRelease(
    retryBusy(
      Effect.try({
        try: () => (access === "read-only" ? openToRead(filename) : open(filename)),
        catch: storeError(filename),
      }),
    ),
    (database) => Effect.sync(() => database.close()),
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

/**
 * SQLite wants to make a WAL index even for reading. Where it cannot, a file without a WAL is read as one that nobody
 * changes; what a WAL holds must not be passed over.
 */
const openToRead = (filename: string): DatabaseSync => {
  const options = { readOnly: true, timeout: busyTimeoutMillis }
  const shared = new DatabaseSync(filename, options)
  try {
    shared.prepare("SELECT count(*) FROM sqlite_master").get()
    return shared
  } catch (cause) {
    shared.close()
    if ((Fs.statSync(`${filename}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) throw cause
    return new DatabaseSync(new URL(`${pathToFileURL(filename).href}?immutable=1`), options)
  }
}
