/** One round of chaos: which tier, which trees, which end, at which moment. Planned from a seed, so that it can be played again. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import {
  mannerOf,
  type Manner,
  type ProcessEnding,
  processEndings,
  type RunEnding,
  runEndings,
  waitingManners,
} from "./Ending.ts"
import type { Tier } from "./Tier.ts"
import { missing, sevenTrees, type TreeName, treeNames } from "./Tree.ts"

interface Common {
  readonly number: number
  readonly tier: Tier
  readonly trees: ReadonlyArray<TreeName>
  readonly manner: Manner
  /** Ended while its trees are still being built, where somebody else than the agent ends it. */
  readonly early: boolean
}

export interface ProcessRound extends Common {
  readonly level: "process"
  readonly ending: ProcessEnding
}

export interface RunRound extends Common {
  readonly level: "run"
  readonly ending: RunEnding
}

export type Round = ProcessRound | RunRound

/** How many rounds in all; 500 for the whole proof. */
export const roundCount = Number(process.env["RUNYARD_CHAOS_ROUNDS"] ?? 15)

export const seed = process.env["RUNYARD_CHAOS_SEED"] ?? "chaos"

const usual = treeNames.filter((name) => name !== "refork1" && missing(name) === undefined)

const chosenTrees = Effect.gen(function* () {
  if ((yield* Random.nextIntBetween(0, 4)) === 0) return sevenTrees
  const count = yield* Random.nextIntBetween(1, 5)
  return (yield* Random.shuffle(usual)).slice(0, count)
})

/** Every end in turn, on every tier in turn; the trees and the moment by chance. */
export const planRounds = (tiers: ReadonlyArray<Tier>, count: number): ReadonlyArray<Round> => {
  const endings = [
    ...runEndings.map((ending) => ({ level: "run" as const, ending })),
    ...processEndings.map((ending) => ({ level: "process" as const, ending })),
  ]
  const plan = Effect.forEach(
    Array.from({ length: count }, (_, number) => number),
    (number) =>
      Effect.gen(function* () {
        const tier = tiers[number % tiers.length]
        const ending = endings[Math.floor(number / tiers.length) % endings.length]
        if (tier === undefined || ending === undefined) return yield* Effect.die(new Error("There are no tiers"))
        const manner = mannerOf(ending.ending, yield* Random.choice(waitingManners))
        const early = manner !== "succeeds" && manner !== "fails" && (yield* Random.nextIntBetween(0, 4)) === 0
        return { number, tier, trees: yield* chosenTrees, manner, early, ...ending }
      }),
  )
  return Effect.runSync(Random.withSeed(plan, seed))
}

/** What a failure has to say so that the round can be played again. */
export const describeRound = ({ number, tier, level, ending, trees, manner, early }: Round): string =>
  `round ${number} of seed "${seed}" (${tier.containment}, ${level}, ${ending}, ${manner}${early ? ", early" : ""}): ${trees.join(" ")}`
