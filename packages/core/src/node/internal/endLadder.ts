/** Walks a ladder until a process and everything that it started is gone: politely first, then without asking. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Ladder, LadderStep } from "../../Adapter.ts"
import type { EndEvidence } from "../../RunEvent.ts"
import type { Listing, ProcessEntry, ProcessTable } from "./processTable.ts"
import { killBoundMillis, type ProcessTree } from "./processTree.ts"

/** How long descendants get to follow a CLI that ended when it was asked to, in milliseconds. */
const followMillis = 100

/** Seen twice with this pause between, in milliseconds: a fork of ours that has not yet executed is no holder. */
const holderPauseMillis = 10

export interface Ending {
  readonly table: ProcessTable
  readonly tree: ProcessTree
  /** What may be of the run: see `ProcessTable.since`. */
  readonly list: Effect.Effect<Listing>
  readonly startTime: number
  readonly hasExited: () => boolean
  readonly exited: Effect.Effect<unknown>
  /** Completes when somebody wants the tree gone without further asking. */
  readonly hurry: Effect.Effect<void>
  readonly isHurried: () => boolean
  readonly closeStdin: Effect.Effect<void>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Names of the far ends of the output pipes, and whether ours are still open. */
  readonly pipes: ReadonlySet<string>
  readonly arePipesOpen: () => boolean
  readonly abandonPipes: () => void
}

type PoliteStep = Exclude<LadderStep, { readonly do: "kill-tree" }>

/** The name of a step in the evidence. */
const stepName = (step: PoliteStep) => (step.do === "signal" ? step.signal : step.do)

/** @param interrupt what the `interrupt` step does; the step is left out without it. */
export const endLadder = Effect.fnUntraced(function* (
  ending: Ending,
  ladder: Ladder,
  interrupt: Effect.Effect<void> | undefined,
) {
  const { tree, hasExited } = ending
  const started = yield* Clock.currentTimeMillis
  const wasExited = hasExited()
  // Before any signal: parentage is lost as soon as a parent dies.
  yield* tree.scan
  const worked = wasExited ? undefined : yield* askPolitely(ending, ladder, interrupt)
  const bound = ladder.find((step) => step.do === "kill-tree")?.waitMillis ?? 0
  const options = { boundMillis: Math.max(bound, killBoundMillis), rootReaped: hasExited }
  let { killed, survivors } = yield* tree.kill(options)
  if (ending.arePipesOpen() && (yield* adoptHolders(ending))) {
    const again = yield* tree.kill(options)
    killed += again.killed
    survivors = again.survivors
  }
  // Whoever holds a pipe now is not of the run, or cannot be ended: do not let it keep the run open.
  if (ending.arePipesOpen() && (survivors.length > 0 || (yield* arePipesHeld(ending)))) ending.abandonPipes()
  const politely = wasExited ? "exited" : worked
  const step = killed === 0 && politely !== undefined ? politely : wasExited ? "swept" : "kill-tree"
  const durationMillis = (yield* Clock.currentTimeMillis) - started
  const evidence: EndEvidence = { step, durationMillis, descendants: tree.found(), survivors }
  return evidence
})

/** Takes the steps until the process has exited; gives the name of the one after which it had. */
const askPolitely = Effect.fnUntraced(function* (
  ending: Ending,
  ladder: Ladder,
  interrupt: Effect.Effect<void> | undefined,
) {
  for (const step of ladder) {
    if (step.do === "kill-tree" || ending.isHurried()) return undefined
    if (step.do === "interrupt" && interrupt === undefined) continue
    const ask =
      step.do === "signal"
        ? Effect.sync(() => ending.signal(step.signal))
        : step.do === "close-stdin"
          ? ending.closeStdin
          : (interrupt ?? Effect.void)
    // A protocol that does not answer must not hold up the next step.
    yield* Effect.exit(ask).pipe(
      Effect.andThen(Effect.never),
      Effect.raceFirst(Effect.raceFirst(ending.exited, ending.hurry)),
      Effect.timeoutOption(step.waitMillis),
    )
    if (!ending.hasExited()) continue
    yield* follow(ending, Math.min(step.waitMillis, followMillis))
    return stepName(step)
  }
  return undefined
})

/** Gives the descendants of a process that has just exited a moment to end too. */
const follow = Effect.fnUntraced(function* (ending: Ending, boundMillis: number) {
  const deadline = (yield* Clock.currentTimeMillis) + boundMillis
  for (let pause = 2; !ending.isHurried(); pause *= 2) {
    if ((yield* ending.tree.scan).length === 0) return
    if ((yield* Clock.currentTimeMillis) + pause > deadline) return
    yield* Effect.sleep(pause)
  }
})

const holders = Effect.fnUntraced(function* ({ pipes, table }: Ending, entries: ReadonlyArray<ProcessEntry>) {
  if (pipes.size === 0) return []
  const others = entries.filter(({ pid }) => pid !== process.pid)
  const held = yield* table.holders(others, pipes)
  return others.filter(({ pid }) => held.has(pid))
})

/** What the platform cannot tell counts as held. Whoever holds one may be older than the run. */
const arePipesHeld = Effect.fnUntraced(function* (ending: Ending) {
  return ending.pipes.size === 0 || (yield* holders(ending, yield* ending.table.list)).length > 0
})

/** Holders that are no older than the run. */
const youngHolders = Effect.fnUntraced(function* (ending: Ending) {
  const { entries } = yield* ending.list
  const young = entries.filter((entry) => entry.startTime >= ending.startTime)
  return yield* holders(ending, young)
})

/**
 * Finds processes that no longer show where they come from, by the pipes that they inherited. One that started before
 * the run got the pipe in some other way, such as a service manager, and is none of ours.
 */
const adoptHolders = Effect.fnUntraced(function* (ending: Ending) {
  const first = yield* youngHolders(ending)
  if (first.length === 0) return false
  yield* Effect.sleep(holderPauseMillis)
  const second = yield* youngHolders(ending)
  const ours = second.filter((entry) =>
    first.some(({ pid, startTime }) => pid === entry.pid && startTime === entry.startTime),
  )
  for (const entry of ours) ending.tree.adopt(entry)
  return ours.length > 0
})
