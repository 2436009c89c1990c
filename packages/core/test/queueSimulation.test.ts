/**
 * Random workloads on several hosts with real turns, that crash and come back. `RUNYARD_QUEUE_WORKLOADS` sets how many (30),
 * `RUNYARD_QUEUE_SEED` which ones.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { defaultFairSettings, type FairSettings } from "../src/FairSettings.ts"
import { defaultPrioritySettings, priorities, type Priority } from "../src/Priority.ts"
import type { RunId } from "../src/Run.ts"
import { draft } from "../src/testing/EventDrafts.ts"
import { Dice } from "./fair/workload.ts"
import { makeFleet, type Member, type Submit } from "./queue/Fleet.ts"

const workloads = Number(process.env["RUNYARD_QUEUE_WORKLOADS"] ?? 30)
const seed = Number(process.env["RUNYARD_QUEUE_SEED"] ?? 1)
const patience = 120_000 + workloads * 1_000

const settingsOf = (dice: Dice): FairSettings => ({
  ...defaultFairSettings,
  limits: {
    global: 1 + dice.below(5),
    provider: { default: 1 + dice.below(3), of: dice.chance(0.3) ? { p0: 1 } : {} },
    account: dice.chance(0.3) ? { default: 1 } : {},
    model: dice.chance(0.3) ? { default: 1 } : {},
    tenant: dice.chance(0.3) ? { default: 1 + dice.below(2) } : {},
    workspace: dice.chance(0.3) ? { default: 1 } : {},
  },
  // Shorter, so that a workload that lasts for minutes sees room being kept.
  reserveAfterMillis: dice.pick([0, 20_000]),
})

const submitOf = (dice: Dice, now: number): Submit => ({
  request: {
    provider: `p${dice.below(3)}`,
    cwd: `/w${dice.below(3)}`,
    ...(dice.chance(0.3) ? { account: `a${dice.below(2)}` } : {}),
    ...(dice.chance(0.3) ? { model: `m${dice.below(2)}` } : {}),
    ...(dice.chance(0.25) ? { session: { kind: "resume", id: `s${dice.below(3)}` } as const } : {}),
  },
  scope: { tenant: `t${dice.below(2)}` },
  place: {
    priority: dice.pick(priorities),
    shared: dice.chance(0.6),
    ...(dice.chance(0.2) ? { weight: 1 + dice.below(4) } : {}),
    ...(dice.chance(0.2) ? { notBefore: now + dice.below(30_000) } : {}),
    ...(dice.chance(0.1) ? { expiresAt: now + 10_000 + dice.below(120_000) } : {}),
  },
  ...(dice.chance(0.1) ? { retryAfter: dice.below(10_000) } : {}),
  lasts: 50 + dice.below(dice.chance(0.1) ? 20_000 : 2_000),
})

/** Whether every run is where it may be, and where that is. */
const oneWorkload = (dice: Dice) =>
  Effect.gen(function* () {
    const fleet = yield* makeFleet({ settings: settingsOf(dice), shared: false })
    let names = 0
    const open = () => fleet.open(`host-${++names}`)
    const living: Array<Member> = []
    for (let index = 0; index <= 1 + dice.below(3); index++) living.push(yield* open())
    const ids: Array<RunId> = []
    const interrupted = new Set<RunId>()
    const someone = () => living[dice.below(living.length)] ?? assert.fail("nobody lives")
    for (let step = 0; step < 40; step++) {
      const now = yield* Clock.currentTimeMillis
      const what = dice.next()
      if (what < 0.55) {
        const by = someone()
        for (let burst = dice.below(6); burst >= 0; burst--) ids.push(yield* fleet.submit(by, submitOf(dice, now)))
        // Somebody thinks better of it.
        const changed = ids[dice.below(ids.length)]
        if (changed !== undefined && dice.chance(0.3)) {
          const change = { by: "ann", priority: dice.pick(priorities), ...(dice.chance(0.3) ? { notBefore: now } : {}) }
          yield* Effect.ignore(fleet.put(changed, [draft("queue.changed", change, { attempt: 0 })]))
        }
      } else if (what < 0.65) {
        const victim = someone()
        yield* victim.crash
        living.splice(living.indexOf(victim), 1, yield* open())
        yield* TestClock.adjust(dice.below(3_000))
        const gone = yield* fleet.recover(someone())
        for (const id of gone) interrupted.add(id)
      } else if (what < 0.72) someone().trouble(true)
      else for (const member of living) member.trouble(false)
      yield* TestClock.adjust(dice.below(3_000))
    }
    for (const member of living) member.trouble(false)
    for (let minute = 0; !(yield* fleet.ended); minute++) {
      assert.isBelow(minute, 60, "some runs never end")
      yield* TestClock.adjust(60_000)
    }
    yield* fleet.checkLimits
    let worst = 0
    for (const id of ids) {
      const executions = fleet.executions.get(id) ?? []
      const state = yield* fleet.stateOf(id)
      if (state === "timed_out") assert.isAtMost(executions.length, fleet.retries.has(id) ? 1 : 0, id)
      else {
        const attempts = fleet.retries.has(id) && (!interrupted.has(id) || executions.length > 1) ? 2 : 1
        assert.strictEqual(executions.length, attempts, id)
        assert.strictEqual(state, interrupted.has(id) ? "interrupted" : "succeeded", id)
        const from = Math.max(fleet.queuedAt.get(id) ?? 0, fleet.jobs.get(id)?.notBefore ?? 0)
        worst = Math.max(worst, (executions[0]?.claimedAt ?? 0) - from)
      }
    }
    assert.deepStrictEqual((yield* fleet.queue.changes(0)).entries, [])
    for (const member of living) assert.strictEqual(member.turn.waiting(), 0)
    return { runs: ids.length, interrupted: interrupted.size, worst }
  }).pipe(Effect.scoped)

/** Endless overload by every lane and class, on hosts that share all of it: nobody waits longer than is proven. */
const overload = (dice: Dice, hosts: number, classes: ReadonlyArray<Priority>) =>
  Effect.gen(function* () {
    const lastsAtMost = 2_000
    const settings: FairSettings = {
      ...defaultFairSettings,
      limits: { ...defaultFairSettings.limits, global: 3, provider: { default: 2 } },
      priorities: {
        ...defaultPrioritySettings,
        ...Object.fromEntries(
          priorities.map((name, index) => [
            name,
            { ...defaultPrioritySettings[name], headStartMillis: (4 - index) * 2_000 },
          ]),
        ),
      },
    }
    const fleet = yield* makeFleet({ settings })
    const members: Array<Member> = []
    for (let index = 0; index < hosts; index++) members.push(yield* fleet.open(`host-${index}`))
    // With one class at one provider the bound is near to what happens.
    const lanes = classes.flatMap((priority) =>
      (classes.length === 1 ? ["p0"] : ["p0", "p1"]).flatMap((provider) =>
        ["/w0", "/w1", "/w2"].map((cwd) => ({ priority, provider, cwd })),
      ),
    )
    const bounds = new Map<RunId, number>()
    const add = Effect.fnUntraced(function* (lane: (typeof lanes)[number]) {
      const by = members[dice.below(hosts)] ?? assert.fail("nobody lives")
      const { cwd, priority, provider } = lane
      const lasts = classes.length === 1 ? lastsAtMost : 200 + dice.below(lastsAtMost - 200)
      const id = yield* fleet.submit(by, { request: { provider, cwd }, place: { priority }, lasts })
      return id
    })
    const waiting = new Map(lanes.map((lane) => [lane, new Set<RunId>()]))
    for (let ahead = 0; ahead < 4; ahead++) for (const [lane, ids] of waiting) ids.add(yield* add(lane))
    for (let step = 0; step < 1_500; step++) {
      yield* TestClock.adjust(500)
      const now = yield* Clock.currentTimeMillis
      for (const id of [...waiting.values()].flatMap((ids) => [...ids])) {
        if (bounds.has(id) || fleet.executions.has(id)) continue
        // One host sees at its next look what another has ended.
        const explained = members[dice.below(hosts)]?.turn.index().explain(id, now, lastsAtMost + 150)
        if (explained?.latestStart !== undefined) bounds.set(id, explained.latestStart)
      }
      // As many as have begun are queued again, so that each lane always has some that wait.
      for (const [lane, ids] of waiting) {
        for (const id of ids) {
          if (!fleet.executions.has(id)) continue
          ids.delete(id)
          ids.add(yield* add(lane))
        }
      }
    }
    yield* fleet.checkLimits
    const now = yield* Clock.currentTimeMillis
    const waits = [...bounds].map(([id, latest]) => {
      const from = fleet.queuedAt.get(id) ?? 0
      const at = fleet.executions.get(id)?.[0]?.claimedAt ?? now
      assert.isAtMost(at, latest, `${id} waited from ${from}`)
      return { waited: at - from, bound: latest - from }
    })
    const longest = waits.reduce((a, b) => (b.waited > a.waited ? b : a))
    const nearest = waits.reduce((a, b) => (b.waited / b.bound > a.waited / a.bound ? b : a))
    return { checked: bounds.size, longest, nearest }
  }).pipe(Effect.scoped)

describe("random workloads on several hosts", () => {
  it.effect(
    "are executed once each or accounted for, within all limits, whatever crashes",
    () =>
      Effect.gen(function* () {
        const all = { runs: 0, interrupted: 0, worst: 0 }
        for (let index = 0; index < workloads; index++) {
          const { interrupted, runs, worst } = yield* oneWorkload(new Dice(seed * 1_000_003 + index)).pipe(
            Effect.provide(TestClock.layer(), { local: true }),
          )
          all.runs += runs
          all.interrupted += interrupted
          all.worst = Math.max(all.worst, worst)
        }
        assert.isAbove(all.interrupted, 0)
        yield* Effect.sync(() =>
          console.log(
            `${workloads} workloads, ${all.runs} runs, ${all.interrupted} interrupted by crashes; longest wait ${all.worst} ms`,
          ),
        )
      }),
    { timeout: patience },
  )

  it.effect.each([
    { hosts: 1, of: "all classes", classes: priorities },
    { hosts: 4, of: "all classes", classes: priorities },
    { hosts: 1, of: "one class", classes: ["normal"] as const },
    { hosts: 2, of: "one class", classes: ["normal"] as const },
    { hosts: 4, of: "one class", classes: ["normal"] as const },
  ])(
    "wait no longer than is proven in endless overload by $of, on $hosts hosts",
    ({ classes, hosts, of }) =>
      Effect.gen(function* () {
        const { checked, longest, nearest } = yield* overload(new Dice(seed * 7 + hosts), hosts, classes)
        assert.isAbove(checked, 100)
        const said = ({ bound, waited }: typeof longest) => `${waited} ms, bound ${Math.round(bound)} ms`
        console.log(
          `${hosts} hosts, ${of}, ${checked} runs: longest wait ${said(longest)}; nearest to its bound ${said(nearest)}`,
        )
      }),
    { timeout: patience },
  )
})
