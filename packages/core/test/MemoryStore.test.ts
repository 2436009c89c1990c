import * as Effect from "effect/Effect"
import * as MemoryStore from "../src/MemoryStore.ts"
import * as AuditLogTest from "../src/testing/AuditLogTest.ts"
import * as BreakersTest from "../src/testing/BreakersTest.ts"
import * as EventLogTest from "../src/testing/EventLogTest.ts"
import * as GrantsTest from "../src/testing/GrantsTest.ts"
import * as PromptSealTest from "../src/testing/PromptSealTest.ts"
import * as QueueRoomTest from "../src/testing/QueueRoomTest.ts"
import * as RunQueueTest from "../src/testing/RunQueueTest.ts"
import * as RunStoreTest from "../src/testing/RunStoreTest.ts"
import * as SchedulesTest from "../src/testing/SchedulesTest.ts"
import * as UsageLedgerTest from "../src/testing/UsageLedgerTest.ts"

const place = Effect.succeed(MemoryStore.layer)

EventLogTest.suite("memory", place, { durable: false })
RunStoreTest.suite("memory", place)
QueueRoomTest.suite("memory", place)
RunQueueTest.suite("memory", place)
BreakersTest.suite("memory", place)
PromptSealTest.suite("memory", place)
UsageLedgerTest.suite("memory", place)
SchedulesTest.suite("memory", place, { durable: false })
AuditLogTest.suite("memory", place)
GrantsTest.suite("memory", place, { durable: false })
