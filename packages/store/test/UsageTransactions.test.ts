/** The ledger and the log in one file: both have an event, or neither, whatever fails and whoever writes. */
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { EventLog } from "@runyard/core/EventLog"
import { defaultPriceTable } from "@runyard/core/PriceTable"
import type { EventDraft } from "@runyard/core/RunEvent"
import { EventDrafts } from "@runyard/core/testing"
import { UsageLedger } from "@runyard/core/UsageLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqliteStore } from "../src/index.ts"
import { connect } from "../src/internal/databaseFile.ts"
import * as SqliteEventLog from "../src/SqliteEventLog.ts"
import { temporaryDirectory } from "./temporary.ts"

const { chunk, draft, opening, testRunId } = EventDrafts
const id = testRunId(1)

const told = (nano: number): EventDraft =>
  draft("run.usage", { cost: { usd: nano / 1e9, source: "reported", basis: "run" } })

const open = (directory: string) =>
  Effect.map(Layer.build(Layer.fresh(SqliteStore.layer({ directory }))), (context) => ({
    log: Context.get(context, EventLog),
    ledger: Context.get(context, UsageLedger),
  }))

const spent = (ledger: UsageLedger["Service"]) =>
  Effect.map(ledger.entries({}), (entries) => entries.map(({ charge }) => Number(charge.money)))

describe("the ledger in SQLite", () => {
  it.effect("has nothing of a commit that failed, and goes on from what is stored", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.scoped(
        Effect.flatMap(open(directory), ({ log }) => log.append(id, [...opening(), told(100), chunk("before")])),
      )
      const filename = Path.join(directory, "runyard.db")
      const database = yield* connect(filename)
      const { ledger, log } = yield* SqliteEventLog.make(database, filename, defaultPriceTable)
      assert.deepStrictEqual(yield* spent(ledger), [100])
      const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"])
      database.exec(`PRAGMA max_page_count = ${pages + 2}`)
      const error = yield* Effect.flip(log.append(id, [told(500), chunk("x".repeat(100_000))]))
      assert.strictEqual(error.code, "STORE_FULL")
      assert.deepStrictEqual(yield* spent(ledger), [100])
      database.exec("PRAGMA max_page_count = 1000000")
      yield* log.append(id, [draft("agent.turn_started", {})])
      assert.deepStrictEqual(
        yield* spent(ledger),
        [100],
        "the highest reading is not of an event that was never stored",
      )
      yield* log.append(id, [told(300)])
      assert.deepStrictEqual(yield* spent(ledger), [300])
    }),
  )

  it.effect("is gone on with by another program, from what the first one has stored", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const one = yield* open(directory)
      const two = yield* open(directory)
      yield* one.log.append(id, [...opening(), told(100)])
      yield* two.log.append(id, [told(400)])
      // Of both programs the first has the older row in mind.
      yield* one.log.append(id, [draft("agent.turn_started", {})])
      assert.deepStrictEqual(yield* spent(two.ledger), [400])
      assert.deepStrictEqual(yield* spent(one.ledger), [400])
    }),
  )
})
