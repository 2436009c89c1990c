/**
 * Trees of processes as nasty as tools build them, ended in every way there is: afterwards nothing of them is alive, and
 * the evidence says so. `RUNYARD_CHAOS_ROUNDS` sets how many (15; 500 for the whole proof), `RUNYARD_CHAOS_SEED` which,
 * `RUNYARD_CHAOS_TIERS` in which containments.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { table } from "../../benchmarks/report.ts"
import { clearAway } from "./Aftermath.ts"
import { judge, type Outcome, summary } from "./Outcome.ts"
import { playProcess } from "./processRound.ts"
import { describeRound, planRounds, type Round, roundCount } from "./Round.ts"
import { makePlace, playRun } from "./runRound.ts"
import { availableTiers } from "./Tier.ts"
import { missing } from "./Tree.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "runyard-chaos-"))
const place = makePlace(root)
const tiers = await availableTiers()
const outcomes: Array<Outcome> = []

afterAll(async () => {
  await place.close()
  rmSync(root, { recursive: true, force: true })
  table(summary(outcomes))
})

const directoryOf = ({ tier, number }: Round): string => join(root, `trees-${tier.containment}-${number}`)

/** Gives what went wrong; undefined when nothing did. */
const play = async (round: Round): Promise<string | undefined> => {
  const directory = directoryOf(round)
  mkdirSync(directory)
  try {
    const { evidence, left } =
      round.level === "run"
        ? await playRun(round, place, directory)
        : await Effect.runPromise(playProcess(round, directory))
    outcomes.push(judge(round, directory, left, evidence))
    return undefined
  } catch (error) {
    return `${describeRound(round)}: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    await clearAway(directory)
  }
}

/** A run that does not end is a failure like others. Without its tree, it may yet. */
const bounded = (round: Round): Effect.Effect<string | undefined> =>
  Effect.promise(() => play(round)).pipe(
    Effect.timeoutOrElse({
      duration: "30 seconds",
      orElse: () =>
        Effect.as(
          Effect.promise(() => clearAway(directoryOf(round))),
          `${describeRound(round)}: it did not end`,
        ),
    }),
  )

/** Two at once: one run's end must not be another's. */
const playAll = (rounds: ReadonlyArray<Round>): Promise<ReadonlyArray<string>> =>
  Effect.runPromise(
    Effect.forEach(rounds, bounded, { concurrency: 2 }).pipe(
      Effect.map((failures) => failures.filter((failure) => failure !== undefined)),
    ),
  )

// Elsewhere there is no /proc to look into.
describe.skipIf(process.platform !== "linux")("a tree of processes", () => {
  it(
    `is gone after every kind of end, in ${roundCount} rounds by chance`,
    { timeout: 60_000 + roundCount * 10_000 },
    async () => {
      assert.deepStrictEqual(await playAll(planRounds(tiers, roundCount)), [])
    },
  )

  const lacking = missing("refork1")
  it.skipIf(lacking !== undefined).each(tiers)(
    `that forks anew every millisecond is gone, or gets away as the tier says (${lacking ?? "with perl"}): $containment`,
    { timeout: 60_000 },
    async (tier) => {
      const common = { tier, trees: ["refork1"], manner: "deaf", early: false } as const
      const rounds: ReadonlyArray<Round> = [
        { ...common, number: 10_000, level: "process", ending: "forced" },
        { ...common, number: 10_001, level: "run", ending: "cancel" },
      ]
      assert.deepStrictEqual(await playAll(rounds), [])
    },
  )
})
