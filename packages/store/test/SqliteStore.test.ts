import {
  AuditLogTest,
  BreakersTest,
  EventLogTest,
  GrantsTest,
  PromptSealTest,
  QueueRoomTest,
  RunQueueTest,
  RunStoreTest,
  SchedulesTest,
  UsageLedgerTest,
} from "@runyard/core/testing"
import * as Effect from "effect/Effect"
import { SqliteStore } from "../src/index.ts"
import { temporaryDirectory } from "./temporary.ts"

const place = Effect.map(temporaryDirectory, (directory) => SqliteStore.layer({ directory }))

EventLogTest.suite("SQLite", place, { durable: true })
RunStoreTest.suite("SQLite", place)
QueueRoomTest.suite("SQLite", place)
RunQueueTest.suite("SQLite", place)
BreakersTest.suite("SQLite", place)
PromptSealTest.suite("SQLite", place)
UsageLedgerTest.suite("SQLite", place)
SchedulesTest.suite("SQLite", place, { durable: true })
AuditLogTest.suite("SQLite", place)
GrantsTest.suite("SQLite", place, { durable: true })
