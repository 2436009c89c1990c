/** Brings the schema up to date, forward only; refuses files of a newer version and files that are not ours. */
import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import { applicationId, init } from "../migrations/0001_init.ts"
import { ledger } from "../migrations/0002_ledger.ts"
import { sealedRequests } from "../migrations/0004_sealed_requests.ts"
import { grants } from "../migrations/0005_grants.ts"
import { runQueue } from "../migrations/0006_run_queue.ts"
import { retries } from "../migrations/0007_retries.ts"
import { usageLedger } from "../migrations/0008_usage_ledger.ts"
import { queueOperations } from "../migrations/0009_queue_operations.ts"
import { schedules } from "../migrations/0010_schedules.ts"
import { waitingCounts } from "../migrations/0011_waiting_counts.ts"
import { forgetting } from "../migrations/0012_forgetting.ts"
import { fairClock } from "../migrations/0013_fair_clock.ts"
import { runPlaces } from "../migrations/0014_run_places.ts"
import { fewerIndexes } from "../migrations/0015_fewer_indexes.ts"
import { scheduleOverlap } from "../migrations/0016_schedule_overlap.ts"
import { usageSums } from "../migrations/0017_usage_sums.ts"
import { runTexts } from "../migrations/0018_run_texts.ts"
import { retryBusy, storeError } from "./storeError.ts"

const migrations = {
  "0001_init": init,
  "0002_ledger": ledger,
  "0004_sealed_requests": sealedRequests,
  "0005_grants": grants,
  "0006_run_queue": runQueue,
  "0007_retries": retries,
  "0008_usage_ledger": usageLedger,
  "0009_queue_operations": queueOperations,
  "0010_schedules": schedules,
  "0011_waiting_counts": waitingCounts,
  "0012_forgetting": forgetting,
  "0013_fair_clock": fairClock,
  "0014_run_places": runPlaces,
  "0015_fewer_indexes": fewerIndexes,
  "0016_schedule_overlap": scheduleOverlap,
  "0017_usage_sums": usageSums,
  "0018_run_texts": runTexts,
}
const newest = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))
const table = "runyard_migrations"

/** Fails unless the file is empty or a store. Returns whether migrations have run in it. */
const refuseForeign = Effect.fnUntraced(function* (filename: string) {
  const sql = yield* SqlClient.SqlClient
  // In one statement: another program may make the store at this very moment.
  const [found] = yield* sql<{ application_id: number; mine: number; others: number }>`
    SELECT (SELECT application_id FROM pragma_application_id) AS application_id,
      count(*) FILTER (WHERE name = ${table}) AS mine,
      count(*) FILTER (WHERE name <> ${table} AND name NOT LIKE 'sqlite_%') AS others
    FROM sqlite_master`
  const ours = found?.application_id === applicationId || (found?.application_id === 0 && found?.others === 0)
  if (!ours) {
    return yield* runyardError("STORE_CORRUPT", {
      message: `${filename} is a database of another program`,
      detail: { path: filename },
    })
  }
  return found?.mine === 1
})

/** Gives the version of the schema. */
const refuseNewer = Effect.fnUntraced(function* (filename: string) {
  const sql = yield* SqlClient.SqlClient
  const [version] = yield* sql<{ id: number | null }>`SELECT max(migration_id) AS id FROM ${sql(table)}`
  const schema = version?.id ?? 0
  return schema > newest ? yield* tooNew(filename, schema) : schema
})

const tooNew = (filename: string, schema: number): RunyardError =>
  runyardError("UPDATE_REQUIRED", {
    message: `The store ${filename} was written by a newer version of Runyard`,
    detail: { path: filename, schema, supported: newest },
  })

/** For a file that cannot be written: fails unless its schema is this version's own. */
export const check = (filename: string): Effect.Effect<void, RunyardError, SqlClient.SqlClient> =>
  refuseForeign(filename).pipe(
    Effect.flatMap((migrated) => (migrated ? refuseNewer(filename) : Effect.succeed(0))),
    Effect.flatMap((schema) => (schema < newest ? Effect.fail(tooOld(filename, schema)) : Effect.void)),
    Effect.catchTag("SqlError", (error) => Effect.fail(storeError(filename)(error))),
    retryBusy,
  )

const tooOld = (filename: string, schema: number): RunyardError =>
  runyardError("STORE_UNAVAILABLE", {
    message: `The store ${filename} was written by an older version of Runyard, and cannot be brought up to date because it cannot be written`,
    remedy: "Make its directory writable, or read it with the version that wrote it.",
    detail: { path: filename, schema, supported: newest },
  })

export const migrate = (filename: string): Effect.Effect<void, RunyardError, SqlClient.SqlClient> =>
  refuseForeign(filename).pipe(
    Effect.flatMap((migrated) => (migrated ? refuseNewer(filename) : Effect.void)),
    Effect.andThen(Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })),
    Effect.asVoid,
    Effect.catchTags({
      // A second program that opens the same new file loses this race; the winner's schema is there when it tries again.
      MigrationError: (error) =>
        error.kind === "Locked"
          ? Effect.fail(runyardError("STORE_BUSY", { detail: { path: filename }, cause: error }))
          : Effect.fail(storeError(filename)(error)),
      SqlError: (error) => Effect.fail(storeError(filename)(error)),
    }),
    retryBusy,
  )
