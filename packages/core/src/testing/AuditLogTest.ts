/** What every `AuditLog` must do, and that each act on its store is written down in it, with the act. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Struct from "effect/Struct"
import { TestClock } from "effect/testing"
import { audit, type AuditEntry, AuditLog } from "../AuditLog.ts"
import { entryOfPlace, entryOfSchedule } from "../AuditTrail.ts"
import { EventLog } from "../EventLog.ts"
import type { NewGrant } from "../Grant.ts"
import { Grants } from "../Grants.ts"
import { localScope } from "../Run.ts"
import { paused, type RunSchedule } from "../RunSchedule.ts"
import { runyardError } from "../RunyardError.ts"
import { RunQueue } from "../RunQueue.ts"
import { Schedules } from "../Schedules.ts"
import { draft, queued, testRunId } from "./EventDrafts.ts"
import { everyMinute } from "./SchedulesTest.ts"
import type { StorePlace } from "./StorePlace.ts"

type Services = AuditLog | EventLog | Grants | RunQueue | Schedules
type Test = (name: string, body: Effect.Effect<void, unknown, Services>) => void

const grant = (path: string): NewGrant => ({ scope: localScope, path, mode: "write", remote: false, by: "ann" })

export const suite = (backend: string, place: StorePlace): void => {
  describe(`AuditLog (${backend})`, () => {
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )

    test(
      "gives back what was written, newest first, by kinds of actions too",
      Effect.gen(function* () {
        const log = yield* AuditLog
        yield* TestClock.setTime(1_000)
        const scope = { platform: "web", tenant: "acme", workspace: "site" }
        yield* audit(log, { actor: "ann", action: "queue.pause", subject: "codex", detail: { reason: "it is down" } })
        yield* TestClock.setTime(2_000)
        yield* audit(log, { scope, actor: "bob", action: "budget.set", subject: "daily", detail: { limit: 3 } })
        const first = { scope: localScope, at: 1_000, actor: "ann", action: "queue.pause", subject: "codex" } as const
        const second = { scope, at: 2_000, actor: "bob", action: "budget.set", subject: "daily" } as const
        const found = yield* log.list()
        assert.deepStrictEqual(found.map(Struct.omit(["id"])), [
          { ...second, detail: { limit: 3 } },
          { ...first, detail: { reason: "it is down" } },
        ])
        assert.deepStrictEqual(
          (yield* log.list({ action: "queue" })).map(({ actor }) => actor),
          ["ann"],
        )
        assert.deepStrictEqual(yield* log.list({ action: "grant" }), [])
        const actorsOf = (platform: string, tenant: string) =>
          Effect.map(log.list({ tenant: { platform, tenant } }), (of) => of.map(({ actor }) => actor))
        assert.deepStrictEqual(yield* actorsOf("web", "acme"), ["bob"])
        assert.deepStrictEqual(yield* actorsOf("local", "local"), ["ann"])
        assert.deepStrictEqual(yield* actorsOf("local", "acme"), [])
        assert.lengthOf(yield* log.list({ limit: 1 }), 1)
      }),
    )

    test(
      "is read in pages, each entry once, also while others are written",
      Effect.gen(function* () {
        const log = yield* AuditLog
        const write = (subject: string) =>
          audit(log, { actor: "ann", action: subject < "5" ? "queue.pause" : "budget.set", subject, detail: {} })
        for (const subject of "0123456789") yield* write(subject)
        const pages = Effect.fnUntraced(function* (action?: string) {
          const subjects: Array<string> = []
          for (let before: number | undefined; ;) {
            const filter = { limit: 3, ...(action === undefined ? {} : { action }) }
            const page = yield* log.list(before === undefined ? filter : { ...filter, before })
            subjects.push(...page.map((entry) => entry.subject))
            const last = page.at(-1)
            if (last === undefined) return subjects.join("")
            before = last.id
            yield* write("x")
          }
        })
        assert.strictEqual(yield* pages(), "9876543210")
        assert.strictEqual(yield* pages("queue"), "43210")
      }),
    )

    test(
      "writes once what was done once, however often it is told so, and as often as it is told otherwise",
      Effect.gen(function* () {
        const log = yield* AuditLog
        const entry: AuditEntry = {
          scope: localScope,
          at: 1_000,
          actor: "ann",
          action: "policy.advanced_on",
          subject: "this host",
          detail: {},
        }
        const count = Effect.map(log.list(), ({ length }) => length)
        for (let time = 0; time < 3; time++) yield* log.record(entry, { once: true })
        assert.strictEqual(yield* count, 1)
        yield* log.record({ ...entry, at: 1_001 }, { once: true })
        yield* log.record({ ...entry, actor: "bob" }, { once: true })
        yield* log.record({ ...entry, action: "policy.advanced_off" }, { once: true })
        assert.strictEqual(yield* count, 4)
        yield* log.record(entry)
        assert.strictEqual(yield* count, 5)
      }),
    )

    test(
      "has each act on the queue, on a run that waits and on schedules, and nothing of those that failed",
      Effect.gen(function* () {
        const log = yield* AuditLog
        const schedules = yield* Schedules
        const events = yield* EventLog
        const queue = yield* RunQueue
        const seen = Effect.map(log.list(), (entries) => entries.map(({ action, actor }) => [action, actor]))
        yield* queue.decide({ at: 1_000, by: "ann", reason: "night", change: { kind: "pause" } })
        const { id, ...entry } = (yield* log.list())[0] ?? { id: 0 }
        assert.isAbove(id, 0)
        assert.deepStrictEqual(entry, {
          scope: localScope,
          at: 1_000,
          actor: "ann",
          action: "queue.pause",
          subject: "queue",
          detail: { reason: "night" },
        })

        const run = testRunId(1)
        const place = (by: string) => entryOfPlace({ id: run, scope: localScope }, { held: true }, { at: 2_000, by })
        yield* events.append(run, [queued()])
        const held = draft("queue.changed", { by: "bob", held: true }, { attempt: 0 })
        yield* events.append(run, [held], undefined, place("bob"))
        // It does not wait any more.
        yield* events.append(run, [draft("run.canceled", { by: "ann" }, { attempt: 0 })])
        yield* Effect.flip(events.append(run, [held], undefined, place("eve")))

        const told =
          (action: Parameters<typeof entryOfSchedule>[0], by: string) =>
          (schedule: RunSchedule): AuditEntry =>
            entryOfSchedule(action, schedule, { at: 3_000, by })
        const schedule = everyMinute(1)
        yield* schedules.add(schedule, told("schedule.created", "cy")(schedule))
        const stop = (each: RunSchedule) => Result.succeed(paused(each))
        yield* schedules.change(schedule.id, stop, told("schedule.paused", "dan"))
        yield* Effect.flip(
          schedules.change(
            schedule.id,
            () => Result.fail(runyardError("QUEUE_SCHEDULE_INVALID")),
            told("schedule.paused", "eve"),
          ),
        )
        yield* Effect.flip(schedules.remove(everyMinute(2).id, told("schedule.removed", "eve")))
        yield* schedules.remove(schedule.id, told("schedule.removed", "fay"))
        assert.deepStrictEqual(yield* seen, [
          ["schedule.removed", "fay"],
          ["schedule.paused", "dan"],
          ["schedule.created", "cy"],
          ["queue.run_changed", "bob"],
          ["queue.pause", "ann"],
        ])
      }),
    )

    test(
      "has each grant that was given and revoked, once, and by whom",
      Effect.gen(function* () {
        const log = yield* AuditLog
        const grants = yield* Grants
        yield* TestClock.setTime(1_000)
        const { id } = yield* grants.add(grant("/work/app"))
        yield* TestClock.setTime(2_000)
        yield* grants.add(grant("/work/app"))
        yield* grants.add(grant("/projects/once"), { lasting: false })
        yield* TestClock.setTime(3_000)
        yield* grants.revoke({ scope: localScope, target: id, by: "bob" })
        yield* Effect.flip(grants.revoke({ scope: localScope, target: id, by: "bob" }))
        assert.deepStrictEqual(
          (yield* log.list()).map(({ action, actor, at, subject }) => [action, actor, at, subject]),
          [
            ["grant.revoked", "bob", 3_000, "/work/app"],
            ["grant.given", "ann", 2_000, "/projects/once"],
            ["grant.given", "ann", 1_000, "/work/app"],
          ],
        )
      }),
    )
  })
}
