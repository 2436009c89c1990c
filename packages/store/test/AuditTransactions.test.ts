/** An act and its row in the audit log are one transaction: where the row cannot be written, nothing is done. */
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { AuditLog } from "@runyard/core/AuditLog"
import { entryOfPlace, entryOfSchedule } from "@runyard/core/AuditTrail"
import { EventLog } from "@runyard/core/EventLog"
import { Grants } from "@runyard/core/Grants"
import { localScope } from "@runyard/core/Run"
import { paused } from "@runyard/core/RunSchedule"
import { RunQueue } from "@runyard/core/RunQueue"
import { RunStore } from "@runyard/core/RunStore"
import { Schedules } from "@runyard/core/Schedules"
import type { StoreServices } from "@runyard/core/StoreServices"
import { EventDrafts, SchedulesTest } from "@runyard/core/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { SqliteStore } from "../src/index.ts"
import { connect } from "../src/internal/databaseFile.ts"
import { temporaryDirectory } from "./temporary.ts"

const { draft, queued, testRunId } = EventDrafts
const run = testRunId(1)
const kept = SchedulesTest.everyMinute(1)
const grant = { scope: localScope, mode: "write", remote: false, by: "ann" } as const
const held = draft("queue.changed", { by: "ann", held: true }, { attempt: 0 })
const ann = { at: 1_000, by: "ann" }

/** Everything that an act may have changed. */
const stateOf = Effect.fnUntraced(function* (store: Context.Context<StoreServices>) {
  return {
    audit: yield* Context.get(store, AuditLog).list(),
    control: yield* Context.get(store, RunQueue).control,
    decisions: yield* Context.get(store, RunQueue).decisions(10),
    run: yield* Context.get(store, RunStore).get(run),
    schedules: yield* Context.get(store, Schedules).list,
    grants: yield* Context.get(store, Grants).list({ scope: localScope, ended: true }),
  }
})

describe("an act whose row the audit log cannot take", () => {
  it.effect("fails, and has changed nothing", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const store = yield* Layer.build(SqliteStore.layer({ directory }))
      const queue = Context.get(store, RunQueue)
      const schedules = Context.get(store, Schedules)
      const grants = Context.get(store, Grants)
      const log = Context.get(store, EventLog)
      yield* log.append(run, [queued()])
      yield* schedules.add(kept)
      yield* grants.add({ ...grant, path: "/projects/kept" })
      yield* grants.add({ ...grant, path: "/projects/once" }, { lasting: false })
      const database = yield* connect(Path.join(directory, "runyard.db"))
      database.exec(
        "CREATE TRIGGER mute BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is mute'); END",
      )
      const before = yield* stateOf(store)
      const newOne = SchedulesTest.everyMinute(2)
      const acts: Readonly<Record<string, Effect.Effect<unknown, { readonly code: string }>>> = {
        pause: queue.decide({ ...ann, change: { kind: "pause" } }),
        budget: queue.decide({ ...ann, change: { kind: "noBudget", id: "daily" } }),
        hold: log.append(run, [held], undefined, entryOfPlace({ id: run, scope: localScope }, { held: true }, ann)),
        create: schedules.add(newOne, entryOfSchedule("schedule.created", newOne, ann)),
        change: schedules.change(
          kept.id,
          (schedule) => Result.succeed(paused(schedule)),
          (schedule) => entryOfSchedule("schedule.paused", schedule, ann),
        ),
        remove: schedules.remove(kept.id, (schedule) => entryOfSchedule("schedule.removed", schedule, ann)),
        grant: grants.add({ ...grant, path: "/projects/new" }),
        "grant for this program": grants.add({ ...grant, path: "/projects/new" }, { lasting: false }),
        revoke: grants.revoke({ scope: localScope, target: { path: "/projects/kept" }, by: "ann" }),
        "revoke for this program": grants.revoke({ scope: localScope, target: { path: "/projects/once" }, by: "ann" }),
      }
      for (const [name, act] of Object.entries(acts)) {
        assert.strictEqual((yield* Effect.flip(act)).code, "STORE_FAILED", name)
        assert.deepStrictEqual(yield* stateOf(store), before, name)
      }
      database.exec("DROP TRIGGER mute")
      for (const act of Object.values(acts)) yield* act
      assert.lengthOf(yield* Context.get(store, AuditLog).list(), before.audit.length + Object.keys(acts).length)
    }),
  )
})
