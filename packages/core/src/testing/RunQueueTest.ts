/** What every `RunQueue` must do, over the log of the same store. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { EventLog } from "../EventLog.ts"
import { type ControlChange, openControl } from "../QueueControl.ts"
import type { HostIdentity, RunId } from "../Run.ts"
import { errorInfo } from "../RunyardError.ts"
import { hostMemoryMillis, type QueueChanges, RunQueue } from "../RunQueue.ts"
import { claimedBy, completed, draft, queued, session, started, testHost, testRunId } from "./EventDrafts.ts"
import type { StorePlace } from "./StorePlace.ts"

type Services = EventLog | RunQueue
type Test = (name: string, body: Effect.Effect<void, unknown, Services>) => void

const [one, two, three] = [testRunId(1), testRunId(2), testRunId(3)]
const other: HostIdentity = { id: "host-2", pid: 2, startTime: "2" }
const idle: HostIdentity = { id: "host-3", pid: 3, startTime: "3" }
const idsOf = ({ entries }: QueueChanges) => entries.map(({ id }) => id)
const noon = 1_700_000_000_000

const submit = (...ids: ReadonlyArray<RunId>) =>
  Effect.flatMap(EventLog, (log) => Effect.forEach(ids, (id) => log.append(id, [queued()]), { discard: true }))

/** Leases all of them that are free. */
const lease = (host: HostIdentity, ...ids: ReadonlyArray<RunId>) =>
  Effect.flatMap(RunQueue, (queue) => queue.claim(host.id, 0, () => ids))

export const suite = (backend: string, place: StorePlace): void => {
  describe(`RunQueue (${backend})`, () => {
    const test: Test = (name, body) =>
      it.effect(name, () =>
        Effect.gen(function* () {
          yield* Effect.provide(body, yield* place, { local: true })
        }),
      )
    following(test)
    leasing(test)
    controlling(test)
    hosts(test)
  })
}

const following = (test: Test): void => {
  test(
    "has each run that waits, numbered in the order of the submits, with what decides about its turn",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      yield* submit(one)
      const placed = { priority: "high", weight: 2, notBefore: noon, expiresAt: noon + 1, shared: true } as const
      const request = { provider: "fake", prompt: "p", cwd: "/work", model: "m-1", account: "team" }
      const scope = { platform: "web", tenant: "acme", workspace: "site" }
      const resumed = { ...request, session: { kind: "resume", id: "s-1" } } as const
      yield* log.append(two, [
        draft("run.queued", { scope, host: testHost, request: resumed, queue: placed }, { attempt: 0 }),
      ])
      const { entries, gone, whole } = yield* queue.changes(0)
      assert.deepStrictEqual([entries.length, gone, whole], [2, [], true])
      const [first, second] = entries
      assert.isBelow(first?.order ?? Infinity, second?.order ?? 0)
      assert.deepStrictEqual(first, {
        id: one,
        order: first?.order ?? 0,
        state: "waiting",
        host: testHost.id,
        scope: { platform: "local", tenant: "local", workspace: "/work" },
        provider: "fake",
        enqueuedAt: noon,
        place: { priority: "normal" },
      })
      assert.deepStrictEqual(second, {
        id: two,
        order: second?.order ?? 0,
        state: "waiting",
        host: testHost.id,
        scope,
        provider: "fake",
        account: "team",
        model: "m-1",
        session: "s-1",
        enqueuedAt: noon,
        place: placed,
      })
    }),
  )

  test(
    "tells only what has changed since a version, runs that are over included",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      yield* submit(one, two, three)
      const before = yield* queue.changes(0)
      assert.deepStrictEqual((yield* queue.changes(before.version)).entries, [])
      yield* log.append(one, [claimedBy(other), started, session("s-9")])
      yield* log.append(two, [draft("run.canceled", { by: "ann" }, { attempt: 0 })])
      yield* log.append(three, [draft("queue.changed", { by: "ann", priority: "low", held: true }, { attempt: 0 })])
      const { entries, gone, version, whole } = yield* queue.changes(before.version)
      assert.isAbove(version, before.version)
      assert.deepStrictEqual([whole, gone], [false, [two]])
      assert.sameDeepMembers(
        entries.map(({ host, id, place, session: of, state }) => [id, state, host, of, place]),
        [
          [one, "live", "host-2", "s-9", { priority: "normal" }],
          [three, "waiting", "host-1", undefined, { priority: "low", held: true }],
        ],
      )
      yield* log.append(one, [completed])
      assert.deepStrictEqual((yield* queue.changes(version)).gone, [one])
      assert.deepStrictEqual(idsOf(yield* queue.changes(0)), [three])
    }),
  )

  test(
    "has a run again that waits for its next attempt, in its old place and not before it is due",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      yield* submit(one, two)
      yield* lease(other, one)
      yield* log.append(one, [
        claimedBy(other),
        started,
        draft("run.retry_scheduled", { at: noon + 5_000, error: errorInfo("CLI_CRASHED") }),
      ])
      const { entries } = yield* queue.changes(0)
      const [first] = entries.toSorted((a, b) => a.order - b.order)
      assert.deepStrictEqual(
        [first?.id, first?.state, first?.place.notBefore, first?.lease],
        [one, "waiting", noon + 5_000, undefined],
      )
    }),
  )

  test(
    "has a run again that has waited for a person, however much has happened meanwhile",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      yield* submit(one, two)
      const before = (yield* queue.changes(0)).entries.find(({ id }) => id === one)
      yield* log.append(one, [
        claimedBy(other),
        started,
        draft("run.action_needed", { error: errorInfo("AUTH_REQUIRED") }),
      ])
      assert.deepStrictEqual(idsOf(yield* queue.changes(0)), [two])
      yield* Effect.replicateEffect(queue.release(other.id, [two]), 5_200, { discard: true })
      const { version } = yield* queue.changes(0)
      yield* log.append(one, [draft("queue.requeued", { by: "ann" })])
      const { entries } = yield* queue.changes(version)
      assert.deepStrictEqual(
        entries.map(({ id, lease, order, state }) => ({ id, lease, order, state })),
        [{ id: one, lease: undefined, order: before?.order ?? 0, state: "waiting" }],
      )
      assert.deepStrictEqual((yield* lease(idle, one)).claimed, [one])
    }),
  )
}

const leasing = (test: Test): void => {
  test(
    "leases a run to one host at a time, and says so to all",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      yield* submit(one, two, three)
      const { version } = yield* queue.changes(0)
      const first = yield* queue.claim("host-1", version, (changes) => {
        assert.deepStrictEqual(changes.entries, [])
        return [one, two]
      })
      assert.deepStrictEqual(first.claimed, [one, two])
      const second = yield* queue.claim("host-2", version, (changes) => {
        assert.sameMembers(
          changes.entries.map(({ id, lease: by }) => `${id} ${by}`),
          [`${one} host-1`, `${two} host-1`],
        )
        return [one, three]
      })
      assert.deepStrictEqual(second.claimed, [three])
      const again = yield* queue.claim("host-1", second.version, ({ entries }) => entries.map(({ id }) => id))
      assert.deepStrictEqual(again, { version: second.version, claimed: [] })
    }),
  )

  test(
    "leases nothing that is executed, over or unknown",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* submit(one, two)
      yield* log.append(one, [claimedBy(other)])
      yield* log.append(two, [draft("run.canceled", { by: "ann" }, { attempt: 0 })])
      assert.deepStrictEqual((yield* lease(testHost, one, two, three)).claimed, [])
    }),
  )

  test(
    "keeps the lease while the run is executed, and gives up that of a run that has not begun",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      yield* submit(one, two, three)
      yield* lease(other, one, two, three)
      yield* log.append(one, [claimedBy(other), started])
      yield* queue.release("host-1", [one, two])
      yield* queue.release("host-2", [one, two])
      const leases = new Map((yield* queue.changes(0)).entries.map((entry) => [entry.id, entry.lease]))
      assert.deepStrictEqual([leases.get(one), leases.get(two), leases.get(three)], ["host-2", undefined, "host-2"])
      yield* queue.release("host-2")
      assert.deepStrictEqual((yield* lease(testHost, one, two, three)).claimed, [two, three])
    }),
  )

  test(
    "takes the lease from a run that is held before it has begun, and lets nobody begin it",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      yield* submit(one)
      yield* lease(other, one)
      const held = (yes: boolean) => draft("queue.changed", { by: "ann", held: yes }, { attempt: 0 })
      yield* log.append(one, [held(true)])
      assert.isUndefined((yield* queue.changes(0)).entries[0]?.lease)
      assert.strictEqual((yield* Effect.flip(log.append(one, [claimedBy(other)]))).code, "STORE_CONFLICT")
      yield* log.append(one, [held(false)])
      assert.deepStrictEqual((yield* lease(testHost, one)).claimed, [one])
      yield* log.append(one, [claimedBy(testHost)])
    }),
  )

  test(
    "leases nothing when what decides about it fails",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      yield* submit(one)
      yield* Effect.exit(
        queue.claim("host-1", 0, () => {
          throw new Error("a defect")
        }),
      )
      assert.deepStrictEqual((yield* lease(testHost, one)).claimed, [one])
    }),
  )
}

const controlling = (test: Test): void => {
  const decide = (...changes: ReadonlyArray<ControlChange>) =>
    Effect.flatMap(RunQueue, (queue) =>
      Effect.forEach(changes, (change, index) => queue.decide({ at: noon + index, by: "ann", change }), {
        discard: true,
      }),
    )

  test(
    "tells every host what holds for the whole queue, whatever it has heard before",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      yield* submit(one)
      const { control, version } = yield* queue.changes(0)
      assert.deepStrictEqual(control, openControl)
      yield* decide(
        { kind: "pause" },
        { kind: "pause", provider: "fake" },
        { kind: "limits", limits: { global: 5, provider: { fake: 3, other: 1 } } },
        { kind: "limits", limits: { provider: { other: null }, tenant: { acme: 0 } } },
        { kind: "resume" },
      )
      const held = {
        paused: false,
        pausedProviders: ["fake"],
        limits: { global: 5, provider: { fake: 3 }, tenant: { acme: 0 } },
      }
      assert.deepStrictEqual((yield* queue.changes(version)).control, held)
      yield* queue.claim("host-1", version, (changes) => {
        assert.deepStrictEqual(changes.control, held)
        return []
      })
      yield* decide({ kind: "resume", provider: "fake" }, { kind: "limits", limits: { global: null } })
      assert.deepStrictEqual((yield* queue.changes(0)).control, {
        paused: false,
        pausedProviders: [],
        limits: { provider: { fake: 3 }, tenant: { acme: 0 } },
      })
    }),
  )

  test(
    "remembers who decided what, and why, newest first",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      assert.deepStrictEqual(yield* queue.decisions(10), [])
      const pause = { kind: "pause", provider: "fake" } as const
      const control = yield* queue.decide({ at: noon, by: "ann", reason: "it is down", change: pause })
      yield* queue.decide({ at: noon + 1, by: "bob", change: { kind: "resume", provider: "fake" } })
      const [last, first, ...others] = yield* queue.decisions(10)
      assert.deepStrictEqual(first, { at: noon, by: "ann", reason: "it is down", change: pause, control })
      assert.deepStrictEqual([last?.by, last?.control, others], ["bob", openControl, []])
      assert.deepStrictEqual((yield* queue.decisions(1)).length, 1)
    }),
  )

  test(
    "counts the runs that wait",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      assert.strictEqual(yield* queue.waiting, 0)
      yield* submit(one, two, three)
      yield* log.append(one, [draft("queue.changed", { by: "ann", held: true }, { attempt: 0 })])
      assert.strictEqual(yield* queue.waiting, 3)
      yield* lease(other, two, three)
      assert.strictEqual(yield* queue.waiting, 3)
      yield* log.append(two, [claimedBy(other), started])
      yield* log.append(one, [draft("run.canceled", { by: "ann" }, { attempt: 0 })])
      assert.strictEqual(yield* queue.waiting, 1)
      yield* log.append(two, [draft("run.retry_scheduled", { at: noon + 5_000, error: errorInfo("CLI_CRASHED") })])
      assert.strictEqual(yield* queue.waiting, 2)
    }),
  )
}

const hosts = (test: Test): void => {
  test(
    "keeps one clock of the order, the last one",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      assert.isUndefined(yield* queue.clock)
      const entry = { path: [], tag: 0, time: 1.5, returns: 0, active: true }
      const lane = { ...entry, path: [["provider", "codex"] as const, ["tenant", "acme"] as const], passed: 7 }
      yield* queue.keepClock([entry])
      yield* queue.keepClock([entry, lane])
      assert.deepStrictEqual(yield* queue.clock, [entry, lane])
    }),
  )

  test(
    "forgets hosts that have said nothing for a month when another one comes, with their leases",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const idsNow = Effect.map(queue.hosts, (found) => found.map(({ host }) => host.id).toSorted())
      yield* submit(one)
      yield* queue.beat(testHost)
      yield* lease(testHost, one)
      yield* queue.beat(idle)
      assert.isTrue(yield* queue.putOut(idle.id, 1))
      yield* TestClock.adjust(hostMemoryMillis)
      yield* queue.beat(other)
      assert.deepStrictEqual(yield* idsNow, ["host-1", "host-2", "host-3"])
      yield* queue.putOut(other.id)
      yield* TestClock.adjust("1 second")
      yield* queue.beat(testHost)
      yield* queue.beat(other)
      assert.deepStrictEqual(yield* idsNow, ["host-1", "host-2"])
      assert.strictEqual((yield* queue.changes(0)).entries[0]?.lease, "host-1")
      yield* queue.putOut(other.id)
      yield* TestClock.adjust(hostMemoryMillis + 1)
      yield* queue.beat(other)
      assert.deepStrictEqual(yield* idsNow, ["host-2"])
      assert.isUndefined((yield* queue.changes(0)).entries[0]?.lease)
    }),
  )

  const seen = Effect.flatMap(RunQueue, (queue) =>
    Effect.map(queue.hosts, (beats) =>
      beats.map(({ beat, host, out }) => `${host.id} ${beat}${out ? " out" : ""}`).toSorted(),
    ),
  )

  test(
    "counts the beats of every host that is there",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      assert.deepStrictEqual(yield* seen, [])
      yield* queue.beat(testHost)
      yield* queue.beat(other)
      yield* queue.beat(testHost)
      assert.deepStrictEqual(yield* seen, ["host-1 2", "host-2 1"])
      assert.deepStrictEqual((yield* queue.hosts).find(({ host }) => host.id === "host-2")?.host, other)
      assert.isTrue(yield* queue.putOut("host-1"))
      assert.deepStrictEqual(yield* seen, ["host-2 1"])
    }),
  )

  test(
    "puts out a host whose beat stands still, until it says that it has stopped",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      const log = yield* EventLog
      yield* submit(one, two)
      yield* queue.beat(testHost)
      yield* lease(testHost, one)
      yield* queue.beat(testHost)
      assert.isFalse(yield* queue.putOut("host-1", 1))
      assert.deepStrictEqual((yield* lease(other, one)).claimed, [])
      assert.isTrue(yield* queue.putOut("host-1", 2))
      assert.isTrue(yield* queue.putOut("host-1", 2))
      assert.isTrue(yield* queue.putOut("host-1"))
      assert.deepStrictEqual(yield* seen, ["host-1 2 out"])
      assert.deepStrictEqual((yield* lease(other, one)).claimed, [one])
      assert.strictEqual((yield* Effect.flip(queue.beat(testHost))).code, "QUEUE_LEASE_LOST")
      assert.strictEqual((yield* Effect.flip(lease(testHost, two))).code, "QUEUE_LEASE_LOST")
      // It had leased both and was about to begin.
      assert.strictEqual((yield* Effect.flip(log.append(two, [claimedBy(testHost)]))).code, "STORE_CONFLICT")
      yield* queue.beat(testHost, true)
      assert.deepStrictEqual(yield* seen, ["host-1 3"])
      assert.deepStrictEqual((yield* lease(testHost, two)).claimed, [two])
      yield* log.append(two, [claimedBy(testHost)])
    }),
  )

  test(
    "takes a host that it has never seen for one that is out",
    Effect.gen(function* () {
      const queue = yield* RunQueue
      yield* submit(one)
      yield* lease(other, one)
      assert.isTrue(yield* queue.putOut("host-2", 7))
      assert.deepStrictEqual((yield* lease(testHost, one)).claimed, [one])
    }),
  )
}
