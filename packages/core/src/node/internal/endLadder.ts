/** Walks a ladder until a process and everything that it started is gone: politely first, then without asking. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Ladder } from "../../Adapter.ts"
import type { EndEvidence } from "../../RunEvent.ts"
import { type Asking, askPolitely, followMillis, stepName } from "./askPolitely.ts"
import type { Listing, ProcessEntry, ProcessTable } from "./processTable.ts"
import { killBoundMillis, type ProcessTree } from "./processTree.ts"

/** Seen twice with this pause between, in milliseconds: a fork of ours that has not yet executed is no holder. */
const holderPauseMillis = 10

export interface Ending extends Asking {
  readonly table: ProcessTable
  readonly tree: ProcessTree
  /** What may be of the run: see `ProcessTable.since`. */
  readonly list: Effect.Effect<Listing>
  readonly startTime: number
  /** Names of the far ends of the output pipes, and whether ours are still open. */
  readonly pipes: ReadonlySet<string>
  readonly arePipesOpen: () => boolean
  readonly abandonPipes: () => void
}

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
  if (worked !== undefined) yield* follow(ending, Math.min(worked.waitMillis, followMillis))
  const bound = ladder.find((step) => step.do === "kill-tree")?.waitMillis ?? 0
  const options = { boundMillis: Math.max(bound, killBoundMillis), rootReaped: hasExited }
  let { killed, survivors } = yield* tree.kill(options)
  if (ending.arePipesOpen() && (yield* adoptHolders(ending))) {
    const again = yield* tree.kill(options)
    killed += again.killed
    survivors = again.survivors
  }
  // Whoever holds a pipe now is not of the run, or cannot be ended: do not let it keep the run open. What the pipe holds is
  // read all the same.
  if (ending.arePipesOpen()) ending.abandonPipes()
  const politely = wasExited ? "exited" : worked === undefined ? undefined : stepName(worked)
  const step = killed === 0 && politely !== undefined ? politely : wasExited ? "swept" : "kill-tree"
  const durationMillis = (yield* Clock.currentTimeMillis) - started
  const evidence: EndEvidence = {
    step,
    durationMillis,
    descendants: tree.found(),
    killed,
    survivors,
    containment: "portable",
    ...(survivors.length === 0 ? { proof: "sweep" } : {}),
  }
  return evidence
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
