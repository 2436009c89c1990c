/** Schedules over hosts: what becomes a run, once, and what does not. The decisions alone: RunSchedule.test.ts. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import { AuditLog } from "../src/AuditLog.ts"
import { askedNow, FiringKey } from "../src/RunSchedule.ts"
import { Schedules } from "../src/Schedules.ts"
import { RunStore } from "../src/RunStore.ts"
import type { Runyard } from "../src/Runyard.ts"
import { runyardError } from "../src/RunyardError.ts"
import type { StoreServices } from "../src/StoreServices.ts"
import { done, hang, idOf, oneHost, openHost, openStore, quick, request, tester, type World } from "./hosts.ts"

const minute = 60_000
const ann = { by: "ann" }

const dueOf = (key: string | undefined): number => Number(key?.split(":").at(-1))

/** The due times of the runs there are, oldest first. */
const firedIn = (store: Context.Context<StoreServices>) =>
  Effect.map(Context.get(store, RunStore).list({ limit: 1_000 }), (runs) =>
    runs.map(({ request: asked }) => dueOf(asked.idempotencyKey)).toSorted((a, b) => a - b),
  )

const fires: World = { script: quick, settings: { schedules: true } }
const named = (id: string, world: World = fires): World => ({ ...world, host: { ...world.host, self: idOf(id) } })
const minutely = { request, expression: "* * * * *" }
const times = (...minutes: ReadonlyArray<number>) => minutes.map((each) => each * minute)

describe("A schedule", () => {
  it.effect("becomes a run at each of its times, of whoever has made it", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost(fires)
      const made = yield* yard.schedules.create({ ...minutely, name: "every minute" }, ann)
      assert.strictEqual(made.nextAt, minute)
      assert.deepStrictEqual(yield* yard.schedules.next(made.id, 3), times(1, 2, 3))
      assert.deepStrictEqual(yield* yard.schedules.preview({ expression: "* * * * *" }, 3), times(1, 2, 3))
      assert.strictEqual(
        (yield* Effect.flip(yard.schedules.preview({ expression: "0 0 30 2 *" }))).code,
        "QUEUE_SCHEDULE_INVALID",
      )
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* firedIn(store), [])
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 3))
      const [run] = yield* yard.list()
      assert.deepStrictEqual([run?.actor, run?.state], ["ann", "succeeded"])
      const [kept] = yield* yard.schedules.list
      assert.deepStrictEqual(kept?.lastRun, { due: 3 * minute, runId: run?.id })
      assert.deepStrictEqual([kept?.nextAt, kept?.firings], [4 * minute, []])
    }),
  )

  it.effect("does nothing where no host is told to", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost({ script: quick })
      yield* yard.schedules.create(minutely, ann)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* firedIn(store), [])
    }),
  )

  for (const [missed, expected] of [
    ["skip", times(300)],
    ["once", times(300)],
    ["all", times(298, 299, 300)],
  ] as const) {
    it.effect(`makes up for what was missed while no host was there, as it says: ${missed}`, () =>
      Effect.gen(function* () {
        const store = yield* openStore
        const first = yield* openHost(store, named("one"))
        yield* first.yard.schedules.create({ ...minutely, missed, maxCatchUp: 3 }, ann)
        yield* first.close
        yield* TestClock.adjust("300 minutes")
        yield* openHost(store, named("other"))
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* firedIn(store), expected)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* firedIn(store), [...expected, 301 * minute])
      }),
    )
  }

  it.effect("that skips leaves out a time that nobody was there for", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const first = yield* openHost(store, named("one"))
      yield* first.yard.schedules.create({ request, expression: "0 3 * * *" }, ann)
      yield* first.close
      yield* TestClock.adjust("200 minutes")
      const { yard } = yield* openHost(store, named("other"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedIn(store), [])
      assert.strictEqual((yield* yard.schedules.list)[0]?.nextAt, (24 + 3) * 60 * minute)
    }),
  )

  it.effect("becomes one run for each time on three hosts", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const { yard } = yield* openHost(store, named("one"))
      yield* openHost(store, named("two"))
      yield* openHost(store, named("three"))
      yield* yard.schedules.create({ ...minutely, missed: "all" }, ann)
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(...Array.from({ length: 20 }, (_, index) => index + 1)))
    }),
  )

  it.effect("has a time taken over whose host cannot submit it", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const trouble = runyardError("STORE_FULL")
      const mute = { ...fires, log: () => ({ append: () => Effect.fail(trouble) }) }
      const { yard } = yield* openHost(store, named("one", mute))
      yield* yard.schedules.create({ ...minutely, missed: "all" }, ann)
      yield* TestClock.adjust("70 seconds")
      assert.deepStrictEqual(yield* firedIn(store), [])
      const [taken] = yield* yard.schedules.list
      assert.deepStrictEqual(
        taken?.firings.map(({ due, host }) => [due, host]),
        [[minute, "one"]],
      )
      yield* openHost(store, named("other"))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* firedIn(store), times(1))
      const [kept] = yield* yard.schedules.list
      assert.deepStrictEqual([kept?.lastRun?.due, kept?.firings], [minute, []])
    }),
  )

  it.effect("does not run twice when the clock is set back", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost(fires)
      yield* yard.schedules.create({ ...minutely, missed: "all" }, ann)
      yield* TestClock.adjust("5 minutes")
      yield* TestClock.setTime(2.5 * minute)
      yield* TestClock.adjust("150 seconds")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 3, 4, 5))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 3, 4, 5, 6))
    }),
  )

  it.effect("waits while it is paused, goes on with times to come, and is gone when it is removed", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost(fires)
      const { id } = yield* yard.schedules.create({ ...minutely, missed: "all" }, ann)
      yield* TestClock.adjust("61 seconds")
      const still = yield* yard.schedules.pause(id, ann)
      assert.deepStrictEqual([still.enabled, still.nextAt], [false, undefined])
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(1))
      yield* yard.schedules.resume(id, ann)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 12))
      yield* yard.schedules.remove(id, ann)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 12))
      assert.deepStrictEqual(yield* yard.schedules.list, [])
    }),
  )

  it.effect("says what its last time was refused with, and goes on", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost({ ...fires, script: hang, settings: { schedules: true, queueBound: 1 } })
      yield* yard.schedules.create(minutely, ann)
      yield* TestClock.adjust("3 minutes")
      const [full] = yield* yard.schedules.list
      assert.deepStrictEqual(full?.lastRefusal?.error.code, "QUEUE_FULL")
      assert.deepStrictEqual([full?.lastRefusal?.due, full?.lastRun?.due], [3 * minute, 2 * minute])
      const [second] = yield* yard.list()
      if (second !== undefined) yield* yard.cancel(second.id, tester)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 4))
      assert.isUndefined((yield* yard.schedules.list)[0]?.lastRefusal)
    }),
  )

  const slow: World = { ...fires, script: { steps: [{ waitMillis: 150_000 }, { stdout: done }] } }
  const firesOf = (yard: Runyard["Service"]) =>
    Effect.map(
      yard.schedules.list,
      ([kept]) => kept?.fires.map(({ due, outcome }) => `${due / minute} ${outcome}`) ?? [],
    )

  it.effect("that skips what overlaps has one run at a time, and remembers what it left out", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const { yard } = yield* openHost(store, named("one", slow))
      yield* openHost(store, named("other", slow))
      yield* yard.schedules.create({ ...minutely, overlap: "skip" }, ann)
      yield* TestClock.adjust("7 minutes")
      // Each takes two and a half minutes.
      assert.deepStrictEqual(yield* firedIn(store), times(1, 4, 7))
      assert.deepStrictEqual((yield* firesOf(yard)).toSorted(), [
        "1 run",
        "2 skipped",
        "3 skipped",
        "4 run",
        "5 skipped",
        "6 skipped",
        "7 run",
      ])
      const [kept] = yield* yard.schedules.list
      const [first] = (yield* yard.list()).toReversed()
      assert.deepStrictEqual(kept?.fires[1], {
        due: 2 * minute,
        outcome: "skipped",
        why: "overlap",
        ...(first === undefined ? {} : { runId: first.id }),
      })
    }),
  )

  it.effect("that queues what overlaps has the first such time wait for the run before it", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const { yard } = yield* openHost(store, named("one", slow))
      yield* openHost(store, named("other", slow))
      yield* yard.schedules.create({ ...minutely, overlap: "queue" }, ann)
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual((yield* yard.schedules.list)[0]?.waiting, 2 * minute)
      yield* TestClock.adjust("4 minutes")
      // 1 until 3:30, then 2 until 6:00, then 4, which came first after that one had begun, and 6 waits for it.
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 4))
      assert.deepStrictEqual((yield* firesOf(yard)).toSorted(), [
        "1 run",
        "2 run",
        "3 skipped",
        "4 run",
        "5 skipped",
        "7 skipped",
      ])
      const [waits] = yield* yard.schedules.list
      assert.strictEqual(waits?.waiting, 6 * minute)
      yield* yard.schedules.pause(waits?.id ?? "", ann)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 2, 4))
      assert.deepStrictEqual((yield* firesOf(yard)).at(-1), "6 skipped")
    }),
  )

  it.effect("is submitted now when somebody asks for it, which moves none of its times", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost({ ...slow, settings: { concurrency: { global: 2, perProvider: 2 } } })
      const { id } = yield* yard.schedules.create({ request, expression: "30 * * * *", overlap: "skip" }, ann)
      yield* yard.schedules.pause(id, ann)
      yield* TestClock.adjust("1 minute")
      const run = yield* yard.schedules.fire(id, { by: "bob", reason: "to see it" })
      assert.deepStrictEqual([run.actor, run.request.prompt], ["bob", request.prompt])
      // Another one, whatever is executed: a person wants it.
      const second = yield* yard.schedules.fire(id, ann)
      assert.notStrictEqual(second.id, run.id)
      const kept = yield* yard.schedules.get(id)
      assert.deepStrictEqual([kept.enabled, kept.nextAt, kept.firings, kept.revision], [false, undefined, [], 2])
      assert.deepStrictEqual(
        kept.fires.map(({ by, outcome }) => [by, outcome]),
        [
          ["bob", "run"],
          ["ann", "run"],
        ],
      )
      const [, entry] = yield* Context.get(store, AuditLog).list({ action: "schedule.fired" })
      assert.deepStrictEqual([entry?.actor, entry?.subject, entry?.detail["reason"]], ["bob", id, "to see it"])
      assert.strictEqual((yield* Effect.flip(yard.schedules.fire("sched_none", ann))).code, "QUEUE_SCHEDULE_NOT_FOUND")
    }),
  )

  it.effect("is one run however often it is asked for under a name, also when it was changed meanwhile", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost({ ...slow, settings: { concurrency: { global: 4, perProvider: 4 } } })
      const { id } = yield* yard.schedules.create({ request, expression: "30 * * * *" }, ann)
      const { id: other } = yield* yard.schedules.create({ request, expression: "30 * * * *" }, ann)
      const key = FiringKey.make("deploy-7")
      const runs = yield* Effect.all(
        [yard.schedules.fire(id, ann, key), yard.schedules.fire(id, ann, key), yard.schedules.fire(id, ann, key)],
        { concurrency: "unbounded" },
      )
      const [run] = runs
      assert.deepStrictEqual(new Set(runs.map((each) => each.id)), new Set([run.id]))
      const { revision } = yield* yard.schedules.get(id)
      yield* yard.schedules.edit(id, { revision, request: { ...request, prompt: "something else" } }, ann)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* yard.schedules.fire(id, { by: "bob" }, key)).id, run.id)
      assert.lengthOf(yield* yard.list(), 1)
      const second = yield* yard.schedules.fire(id, ann, FiringKey.make("deploy-8"))
      const third = yield* yard.schedules.fire(other, ann, key)
      const fourth = yield* yard.schedules.fire(id, ann)
      assert.strictEqual(new Set([run, second, third, fourth].map((each) => each.id)).size, 4)
      assert.deepStrictEqual((yield* yard.schedules.get(id)).firings, [])
      const said = (yield* Context.get(store, AuditLog).list({ action: "schedule.fired" })).map(({ actor }) => actor)
      assert.notInclude(said, "bob")
    }),
  )

  it.effect("says why what somebody asked for was refused, and does not submit it later", () =>
    Effect.gen(function* () {
      let isMute = false
      const trouble = runyardError("STORE_FULL")
      const { store, yard } = yield* oneHost({
        ...fires,
        log: (log) => ({
          append: (...asked) => Effect.suspend(() => (isMute ? Effect.fail(trouble) : log.append(...asked))),
        }),
      })
      const { id } = yield* yard.schedules.create({ request, expression: "30 * * * *" }, ann)
      isMute = true
      assert.strictEqual((yield* Effect.flip(yard.schedules.fire(id, ann))).code, "STORE_FULL")
      isMute = false
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* firedIn(store), [])
      assert.deepStrictEqual((yield* yard.schedules.get(id)).firings, [])
    }),
  )

  it.effect("gives the run that it has become also where that cannot be written down yet, and is that one run", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const schedules = Context.get(store, Schedules)
      let changes = 0
      const mute = Schedules.of({
        ...schedules,
        // The first says that it is asked for, the second what came of it.
        change: (...asked) =>
          Effect.suspend(() =>
            ++changes === 2 ? Effect.fail(runyardError("STORE_BUSY")) : schedules.change(...asked),
          ),
      })
      const { id } = yield* (yield* openHost(store, { script: hang })).yard.schedules.create(
        { request, expression: "30 * * * *" },
        ann,
      )
      const { yard } = yield* openHost(Context.add(store, Schedules, mute), named("one"))
      const run = yield* yard.schedules.fire(id, ann)
      assert.lengthOf((yield* yard.schedules.get(id)).firings, 1)
      yield* TestClock.adjust("1 minute")
      const kept = yield* yard.schedules.get(id)
      assert.deepStrictEqual([kept.firings, kept.lastRun?.runId], [[], run.id])
      assert.lengthOf(yield* yard.list(), 1)
    }),
  )

  it.effect("is submitted by another host when the one dies that was asked for it", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost(fires)
      const { id } = yield* yard.schedules.create({ request, expression: "30 * * * *" }, ann)
      const dead = { host: "dead", now: 0, leaseMillis: 20_000 }
      yield* Context.get(store, Schedules).change(id, (schedule) => Result.succeed(askedNow(schedule, dead, "ann")))
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual(yield* firedIn(store), [])
      yield* TestClock.adjust("3 seconds")
      const kept = yield* yard.schedules.get(id)
      assert.deepStrictEqual([kept.firings, kept.fires.map(({ by, outcome }) => [by, outcome])], [[], [["ann", "run"]]])
      assert.strictEqual((yield* yard.list())[0]?.actor, "ann")
      assert.deepStrictEqual(yield* firedIn(store), [0])
    }),
  )

  it.effect("is edited: from then on by its new times and request, of whoever changed that", () =>
    Effect.gen(function* () {
      const { store, yard } = yield* oneHost(fires)
      const made = yield* yard.schedules.create(minutely, ann)
      yield* TestClock.adjust("61 seconds")
      const edit = { revision: 1, expression: "*/5 * * * *", request: { ...request, prompt: "other" }, name: "five" }
      const changed = yield* yard.schedules.edit(made.id, edit, { by: "bob" })
      assert.deepStrictEqual(
        [changed.id, changed.revision, changed.nextAt, changed.by, changed.name],
        [made.id, 2, 5 * minute, "bob", "five"],
      )
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* firedIn(store), times(1, 5))
      const [last] = yield* yard.list()
      assert.deepStrictEqual([last?.actor, last?.request.prompt], ["bob", "other"])
      const seen = Effect.flip(yard.schedules.edit(made.id, { revision: 1, name: "late" }, ann))
      const conflict = yield* seen
      assert.deepStrictEqual([conflict.code, conflict.detail["revision"]], ["QUEUE_SCHEDULE_CHANGED", 2])
      // Pausing changes it, too.
      yield* yard.schedules.pause(made.id, ann)
      const after = yield* Effect.flip(yard.schedules.edit(made.id, { revision: 2, name: "late" }, ann))
      assert.strictEqual(after.code, "QUEUE_SCHEDULE_CHANGED")
      const [entry] = yield* Context.get(store, AuditLog).list({ action: "schedule.edited" })
      assert.deepStrictEqual(
        [entry?.actor, entry?.detail["changed"], entry?.detail["expression"]],
        ["bob", ["expression", "name", "request"], "*/5 * * * *"],
      )
      assert.notInclude(JSON.stringify(entry), "other")
      assert.lengthOf(yield* Context.get(store, AuditLog).list({ action: "schedule.edited" }), 1)
    }),
  )

  it.effect("is not edited into what would be refused as a new one", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost(fires)
      const made = yield* yard.schedules.create(minutely, ann)
      const refused = (more: object) =>
        Effect.map(Effect.flip(yard.schedules.edit(made.id, { revision: 1, ...more }, ann)), ({ code }) => code)
      const token = ["ghp", "_", "9mP2qLx7RtVb4WcNz8KdYf3HsJg6Ue1Xa5QZ"].join("")
      for (const more of [
        { revision: "1" },
        { expression: "61 * * * *" },
        { overlap: "replace" },
        { timeZone: "Atlantis/Poseidonis" },
        { id: "sched_other" },
        { request: { ...request, idempotencyKey: "k" } },
      ]) {
        assert.strictEqual(yield* refused(more), "QUEUE_SCHEDULE_INVALID", JSON.stringify(more))
      }
      assert.strictEqual(yield* refused({ request: { ...request, prompt: `use ${token}` } }), "POLICY_SECRET_IN_PROMPT")
      assert.strictEqual(yield* refused({ request: { ...request, provider: "nobody" } }), "QUEUE_PROVIDER_UNKNOWN")
      assert.deepStrictEqual(yield* yard.schedules.get(made.id), made)
      assert.strictEqual(
        (yield* Effect.flip(yard.schedules.edit("sched_none", { revision: 1 }, ann))).code,
        "QUEUE_SCHEDULE_NOT_FOUND",
      )
    }),
  )

  it.effect("is refused where its times, or its request, are of no use", () =>
    Effect.gen(function* () {
      const { yard } = yield* oneHost({ ...fires, settings: { schedules: true, promptSecrets: "allow" } })
      const token = ["ghp", "_", "9mP2qLx7RtVb4WcNz8KdYf3HsJg6Ue1Xa5QZ"].join("")
      const refused = (more: object) =>
        Effect.map(Effect.flip(yard.schedules.create({ ...minutely, ...more }, ann)), ({ code }) => code)
      for (const more of [
        { expression: "61 * * * *" },
        { expression: "0 0 30 2 *" },
        { timeZone: "Atlantis/Poseidonis" },
        { missed: "sometimes" },
        { maxCatchUp: 0 },
        { unknown: true },
        { request: { ...request, idempotencyKey: "k" } },
        { request: { ...request, notBefore: 5 } },
        { request: { ...request, session: { kind: "new", id: "c" } } },
      ]) {
        assert.strictEqual(yield* refused(more), "QUEUE_SCHEDULE_INVALID", JSON.stringify(more))
      }
      assert.strictEqual(yield* refused({ request: { ...request, unknown: 1 } }), "QUEUE_REQUEST_INVALID")
      assert.strictEqual(yield* refused({ request: { ...request, provider: "nobody" } }), "QUEUE_PROVIDER_UNKNOWN")
      assert.strictEqual(yield* refused({ request: { ...request, cwd: "/missing" } }), "IO_DIRECTORY_UNREADABLE")
      // Whatever the host allows for a run: a schedule is stored as it is.
      assert.strictEqual(yield* refused({ request: { ...request, prompt: `use ${token}` } }), "POLICY_SECRET_IN_PROMPT")
      assert.deepStrictEqual(yield* yard.schedules.list, [])
      for (const act of [yard.schedules.pause, yard.schedules.resume, yard.schedules.remove]) {
        assert.strictEqual((yield* Effect.flip(act("sched_none", ann))).code, "QUEUE_SCHEDULE_NOT_FOUND")
      }
    }),
  )
})
