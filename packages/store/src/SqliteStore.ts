/** The store in one SQLite file: every service of it as one layer. */
import { randomBytes } from "node:crypto"
import * as Path from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { AuditLog } from "@runyard/core/AuditLog"
import { Breakers } from "@runyard/core/Breakers"
import { EventLog } from "@runyard/core/EventLog"
import { HostSettings } from "@runyard/core/HostSettings"
import { Grants } from "@runyard/core/Grants"
import { defaultPriceTable, withPrices } from "@runyard/core/PriceTable"
import { PromptSeal } from "@runyard/core/PromptSeal"
import { RunQueue } from "@runyard/core/RunQueue"
import { RunStore } from "@runyard/core/RunStore"
import type { RunyardError } from "@runyard/core/RunyardError"
import { Schedules } from "@runyard/core/Schedules"
import type { StoreServices } from "@runyard/core/StoreServices"
import { UsageLedger } from "@runyard/core/UsageLedger"
import * as DatabaseFile from "./internal/databaseFile.ts"
import { check, migrate } from "./internal/migrate.ts"
import * as RunText from "./internal/runText.ts"
import { RunTextIndex } from "./internal/runTextIndex.ts"
import * as SqliteClient from "./internal/sqliteClient.ts"
import { storeError } from "./internal/storeError.ts"
import * as SqliteAuditLog from "./SqliteAuditLog.ts"
import * as SqlitePromptSeal from "./SqlitePromptSeal.ts"
import * as SqliteEventLog from "./SqliteEventLog.ts"
import * as SqliteGrants from "./SqliteGrants.ts"
import * as SqliteRunStore from "./SqliteRunStore.ts"

export type SqliteStoreOptions = SqliteStorePlace & {
  /**
   * The secret of this installation, for requests that are sealed until their run has ended. It is read when the file
   * and its directory are there, and never written into the store. Default: a random one that ends with the program, so
   * that no other one can open what it has sealed.
   */
  readonly sealKey?: Effect.Effect<Uint8Array, RunyardError>
}

export type SqliteStorePlace =
  /** Runyard's own directory: made private (0700); the file in it is `runyard.db`. */
  | { readonly directory: string }
  /** The file itself. Directories that are missing are made, 0700; the mode of one that is there stays. */
  | { readonly filename: string }

const open = Effect.fnUntraced(function* (options: SqliteStoreOptions) {
  const filename =
    "directory" in options ? Path.resolve(options.directory, "runyard.db") : Path.resolve(options.filename)
  const access = yield* DatabaseFile.create(filename, "directory" in options)
  // Two connections: a transaction of a query must neither hold up the append path nor show it uncommitted rows.
  const database = yield* DatabaseFile.connect(filename, access)
  RunText.define(database)
  const client = yield* SqliteClient.make(database)
  const schema = access === "read-only" ? check(filename) : migrate(filename)
  yield* Effect.provideService(schema, SqlClient.SqlClient, client)
  const prices = withPrices(defaultPriceTable, (yield* HostSettings).prices)
  const appending = yield* DatabaseFile.connect(filename, access)
  const made = SqliteEventLog.make(appending, filename, prices)
  const { breakers, ledger, log, queue, schedules } = yield* made
  const texts = yield* Effect.try({ try: () => new RunTextIndex(appending), catch: storeError(filename) })
  const runs = yield* Effect.provideService(SqliteRunStore.make(filename, access, texts), SqlClient.SqlClient, client)
  const key = yield* options.sealKey ?? Effect.sync(() => new Uint8Array(randomBytes(32)))
  const seal = yield* Effect.provideService(SqlitePromptSeal.make(filename, key, access), SqlClient.SqlClient, client)
  const audit = yield* Effect.provideService(SqliteAuditLog.make(filename), SqlClient.SqlClient, client)
  const grants = yield* Effect.provideService(SqliteGrants.make(filename, audit.record), SqlClient.SqlClient, client)
  return Context.make(EventLog, log).pipe(
    Context.add(Breakers, breakers),
    Context.add(RunQueue, queue),
    Context.add(Schedules, schedules),
    Context.add(RunStore, runs),
    Context.add(UsageLedger, ledger),
    Context.add(PromptSeal, seal),
    Context.add(Grants, grants),
    Context.add(AuditLog, audit),
  )
})

/**
 * Opens the store, and creates or migrates it where needed. Several programs may have one file open. A store that is there
 * and must not be written is opened to be read; what writes fails with `STORE_UNAVAILABLE` then. Fails with
 * `STORE_UNAVAILABLE`, `STORE_BUSY`, `STORE_CORRUPT` or `UPDATE_REQUIRED`. Bind it to a `const` once.
 */
export const layer = (options: SqliteStoreOptions): Layer.Layer<StoreServices, RunyardError> =>
  Layer.effectContext(open(options))
