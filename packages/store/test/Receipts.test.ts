/** Receipts of requests with keys: how many of them stay. */
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { defaultRetention, RequestFingerprint } from "@runyard/core/Idempotency"
import { IdempotencyKey } from "@runyard/core/IdempotencyKey"
import { localScope } from "@runyard/core/Run"
import { EventDrafts } from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqliteStore } from "../src/index.ts"
import { ReceiptTable } from "../src/internal/receiptTable.ts"
import { temporaryDirectory } from "./temporary.ts"

const begun = 1_700_000_000_000
const receipt = (n: number, createdAt = begun) => ({
  key: IdempotencyKey.make(`k-${n}`),
  fingerprint: RequestFingerprint.make("0".repeat(16)),
  runId: EventDrafts.testRunId(n),
  createdAt,
})

/** The table of a new store, and how many rows it has. */
const table = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  yield* Effect.scoped(Layer.build(Layer.fresh(SqliteStore.layer({ directory }))))
  const database = yield* Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(Path.join(directory, "runyard.db"))),
    (open) => Effect.sync(() => open.close()),
  )
  const receipts = new ReceiptTable(database)
  return {
    find: (n: number, now = begun) => receipts.find(localScope, receipt(n).key, now),
    put: (numbers: Iterable<number>, at?: number) => {
      database.exec("BEGIN")
      for (const n of numbers) receipts.put(localScope, receipt(n, at))
      database.exec("COMMIT")
    },
    rows: () => Number(database.prepare("SELECT count(*) AS rows FROM run_receipts").get()?.["rows"]),
  }
})

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

describe("receipts", () => {
  it.effect("that are too old go faster than new ones come", () =>
    Effect.gen(function* () {
      const { find, put, rows } = yield* table
      put(numbers(0, 40))
      assert.strictEqual(rows(), 40)
      const later = begun + defaultRetention.ageMillis
      put([40], later)
      assert.strictEqual(rows(), 25)
      put([41, 42], later)
      assert.strictEqual(rows(), 3)
      assert.isUndefined(find(0, later))
      assert.strictEqual(find(42, later)?.runId, EventDrafts.testRunId(42))
    }),
  )

  it.effect(
    "stay in a bounded number, the newest of them",
    () =>
      Effect.gen(function* () {
        const { find, put, rows } = yield* table
        const all = defaultRetention.count + 3 * 1_024
        put(numbers(0, all))
        assert.isAtLeast(rows(), defaultRetention.count)
        assert.isBelow(rows(), defaultRetention.count + 1_024)
        assert.isUndefined(find(0))
        assert.isDefined(find(all - 1))
        assert.isDefined(find(all - defaultRetention.count))
      }),
    60_000,
  )
})
