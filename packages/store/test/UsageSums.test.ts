/** Sums of more entries than SQLite is asked for at once. */
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import { LedgerGrouping, summarize } from "@runyard/core/LedgerEntry"
import { maxMoney } from "@runyard/core/Money"
import { EventDrafts } from "@runyard/core/testing"
import { UsageLedger } from "@runyard/core/UsageLedger"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqliteStore } from "../src/index.ts"
import { temporaryDirectory } from "./temporary.ts"

/** A store with one entry, and so many copies of it that are changed in what the sums are of. */
const filled = Effect.fnUntraced(function* (copies: number, change: string) {
  const directory = yield* temporaryDirectory
  yield* Effect.flatMap(EventLog, (log) => log.append(EventDrafts.testRunId(1), EventDrafts.opening())).pipe(
    Effect.provide(Layer.fresh(SqliteStore.layer({ directory }))),
  )
  const database = new DatabaseSync(Path.join(directory, "runyard.db"))
  const columns = database
    .prepare(
      "SELECT group_concat(name, ', ') AS names FROM pragma_table_info('usage_ledger') WHERE name NOT IN ('id', 'attempt')",
    )
    .get()
  database.exec(`
    WITH RECURSIVE more (n) AS (VALUES (2) UNION ALL SELECT n + 1 FROM more WHERE n < ${copies})
    INSERT INTO usage_ledger (attempt, ${String(columns?.["names"])})
    SELECT n, ${String(columns?.["names"])} FROM usage_ledger, more;
    ${change}`)
  database.close()
  return Layer.fresh(SqliteStore.layer({ directory }))
})

describe("sums of a long ledger", () => {
  it.effect("are those of its entries, whatever falls together in time", () =>
    Effect.gen(function* () {
      const store = yield* filled(
        9_500,
        `UPDATE usage_ledger SET
          at = 1700000000000 + CASE WHEN id BETWEEN 300 AND 6000 THEN 77 ELSE id * 60000 END,
          provider = 'provider-' || (id % 3), model = CASE id % 4 WHEN 0 THEN NULL ELSE 'model-' || (id % 4) END,
          input_tokens = id * 31, output_tokens = id, unsplit_tokens = id % 2,
          tokens_are = CASE id % 6 WHEN 0 THEN 'at_least' ELSE 'exact' END,
          nano_usd = CASE id % 5 WHEN 0 THEN NULL ELSE id * 1000003 END,
          cost_source = CASE id % 5 WHEN 0 THEN 'unknown' WHEN 1 THEN 'price-table' ELSE 'vendor' END`,
      )
      yield* Effect.gen(function* () {
        const ledger = yield* UsageLedger
        for (const filter of [{}, { since: 1_700_000_000_077, until: 1_700_450_000_000 }]) {
          const entries = yield* ledger.entries(filter, 10_000)
          for (const by of LedgerGrouping.literals) {
            assert.deepStrictEqual(yield* ledger.sums(by, filter), summarize(entries, by), by)
          }
          const zone = "America/Los_Angeles"
          assert.deepStrictEqual(yield* ledger.sums("day", filter, zone), summarize(entries, "day", zone))
        }
      }).pipe(Effect.provide(store))
    }),
  )

  it.effect("stay at the largest that there is", () =>
    Effect.gen(function* () {
      const store = yield* filled(
        1_100,
        `UPDATE usage_ledger SET nano_usd = ${maxMoney}, cost_source = 'vendor', input_tokens = ${maxMoney}`,
      )
      yield* Effect.gen(function* () {
        const [sum, ...others] = yield* (yield* UsageLedger).sums("provider", {})
        assert.deepStrictEqual(others, [])
        assert.deepStrictEqual([sum?.attempts, sum?.vendor, sum?.tokens.input], [1_100, maxMoney, maxMoney])
      }).pipe(Effect.provide(store))
    }),
  )
})
