/**
 * Four hosts on one store, each killed as it stands again and again and started anew: every run is executed once or is
 * `interrupted`, no limit is ever exceeded, nobody is starved, and nothing is left.
 * `RUNYARD_QUEUE_RUNS` sets how many runs (300), `RUNYARD_QUEUE_SEED` which ones and when who is killed.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { processesNaming } from "../support/processes.ts"
import { dice, lanes, limitsIn } from "./fixtures/workload.ts"
import { type Host, startHost } from "./Host.ts"
import { type Account, accountOf, openRuns } from "./Ledger.ts"

const total = Number(process.env["RUNYARD_QUEUE_RUNS"] ?? 300)
const seed = process.env["RUNYARD_QUEUE_SEED"] ?? "hosts"
const hosts = 4
/** Longest time in which everything has to be over, in milliseconds: for a machine that is busy with ten others. */
const patience = 120_000 + total * 100

const quantile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0

/** Four hosts that queue everything between them, while one after the other is killed. Gives how often. */
const work = async (directory: string, acknowledged: Set<string>): Promise<number> => {
  const roll = dice(`${seed} kills`)
  const left = Array.from({ length: hosts }, () => Math.ceil(total / hosts))
  let life = 0
  const begin = (place: number) => startHost({ directory, runs: left[place] ?? 0, seed: `${seed} ${place} ${++life}` })
  const living: Array<Host> = left.map((_, place) => begin(place))
  const count = (host: Host, place: number) => {
    for (const id of host.queued) acknowledged.add(id)
    left[place] = Math.max(0, (left[place] ?? 0) - host.queued.size)
  }
  const deadline = performance.now() + patience
  await Promise.race(living.map((host) => host.said(/^queued/)))
  let kills = 0
  while (left.some((runs, place) => runs > (living[place]?.queued.size ?? 0)) || openRuns(directory) > 0) {
    assert.isBelow(performance.now(), deadline, `${openRuns(directory)} runs are left`)
    await pause(500 + roll(2_500))
    const place = roll(hosts)
    const victim = living[place]
    // One that does not stand yet is not killed: it would never queue anything.
    if (victim === undefined || (victim.queued.size === 0 && (left[place] ?? 0) > 0)) continue
    await victim.kill()
    kills++
    count(victim, place)
    living[place] = begin(place)
  }
  living.forEach(count)
  assert.deepStrictEqual(await Promise.all(living.map((host) => host.close())), [0, 0, 0, 0])
  return kills
}

/** What part each lane has had of the first half of all starts of one class and provider, while all of them had runs waiting. */
const sharesOf = ({ runs }: Account): ReadonlyArray<number> => {
  const alike = [...runs.values()]
    .filter(({ priority, provider, session }) => priority === "normal" && provider === "first" && session === undefined)
    .toSorted((a, b) => (a.claimedAt ?? Infinity) - (b.claimedAt ?? Infinity))
  const half = alike.slice(0, Math.ceil(alike.length / 2))
  const units = (some: typeof half) => some.reduce((sum, { weight }) => sum + weight, 0)
  const byLane = Object.values(Object.groupBy(half, ({ lane }) => lane))
  return byLane.map((some = []) => units(some) / units(half))
}

const report = (account: Account, kills: number, millis: number): string => {
  const { runs } = account
  const all = [...runs.values()]
  const waits = all.flatMap(({ claimedAt, queuedAt }) => (claimedAt === undefined ? [] : [claimedAt - queuedAt]))
  const interrupted = all.filter(({ state }) => state === "interrupted").length
  return [
    `${runs.size} runs by ${hosts} hosts in ${(millis / 1000).toFixed(1)} s, ${kills} kills, ${interrupted} interrupted;`,
    `waited p50 ${quantile(waits, 0.5)} ms, longest ${Math.max(...waits)} ms,`,
    `lanes had ${sharesOf(account)
      .map((share) => share.toFixed(2))
      .join(", ")},`,
    `passed by at most ${Math.max(...all.map(({ passedBy }) => passedBy))} others`,
  ].join(" ")
}

describe("four hosts on one store, that are killed at random", () => {
  it("execute every run once, within all limits", { timeout: patience + 60_000 }, async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "runyard-queue-")))
    try {
      const acknowledged = new Set<string>()
      const begun = performance.now()
      const kills = await work(directory, acknowledged)
      const account = accountOf(directory)
      console.log(report(account, kills, performance.now() - begun))
      const { peaks, runs, started } = account

      for (const id of acknowledged) assert.isTrue(runs.has(id), `${id} was acknowledged and is lost`)
      assert.isAtLeast(runs.size, total)
      for (const { claims, id, state } of runs.values()) {
        const times = started.get(id) ?? 0
        if (state === "succeeded") assert.deepStrictEqual([claims, times], [1, 1], id)
        else {
          assert.strictEqual(state, "interrupted", id)
          assert.isTrue(claims === 1 && times <= 1, `${id}: ${claims} claims, ${times} starts`)
        }
      }
      for (const id of started.keys()) assert.isTrue(runs.has(id), `${id} was executed and is nowhere`)

      const limits = limitsIn(directory)
      assert.isAtMost(peaks.global, limits.global)
      // Else the test says nothing about the limits.
      assert.isAtLeast(peaks.global, limits.global - 2)
      for (const [provider, peak] of peaks.provider) assert.isAtMost(peak, limits.perProvider, provider)
      assert.isAtMost(peaks.lane.get(join(directory, "lane-1")) ?? 0, 3)
      for (const [session, peak] of peaks.session) assert.isAtMost(peak, 1, session)
      const shares = sharesOf(account)
      assert.strictEqual(shares.length, lanes)
      for (const share of shares) assert.isAtLeast(share, 0.6 / lanes, `the lanes got ${shares.join(", ")}`)
      assert.deepStrictEqual(await processesNaming(directory), [])
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
