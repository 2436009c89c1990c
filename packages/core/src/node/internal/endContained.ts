/** Ends a tree that a supervisor holds together; falls back to a search when the supervisor is lost. */
import * as fs from "node:fs"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Ladder } from "../../Adapter.ts"
import type { EndEvidence } from "../../RunEvent.ts"
import { askPolitely, followMillis, stepName } from "./askPolitely.ts"
import { endLadder, type Ending } from "./endLadder.ts"
import { killBoundMillis } from "./processTree.ts"
import type { Supervisor } from "./supervisor.ts"
import { containmentOf, type Tier } from "./supervisorProgram.ts"

const proofs: Readonly<Record<Tier, NonNullable<EndEvidence["proof"]>>> = {
  "pid-namespace": "namespace",
  "user-namespace": "namespace",
  cgroup: "cgroup",
  subreaper: "no-children",
}

/** @param interrupt what the `interrupt` step does; the step is left out without it. */
export const endContained = Effect.fnUntraced(function* (
  ending: Ending,
  supervisor: Supervisor,
  ladder: Ladder,
  interrupt: Effect.Effect<void> | undefined,
) {
  const started = yield* Clock.currentTimeMillis
  const wasExited = ending.hasExited()
  const worked = wasExited ? undefined : yield* askPolitely(ending, ladder, interrupt)
  const wasKilled = !ending.hasExited()
  const grace = worked === undefined || ending.isHurried() ? 0 : Math.min(worked.waitMillis, followMillis)
  supervisor.end(grace)
  const bound = ladder.find((step) => step.do === "kill-tree")?.waitMillis ?? 0
  const gone = yield* Deferred.await(supervisor.gone).pipe(
    Effect.raceFirst(
      Effect.andThen(
        ending.hurry,
        Effect.andThen(
          Effect.sync(() => supervisor.end(0)),
          Effect.never,
        ),
      ),
    ),
    Effect.timeoutOption(grace + Math.max(bound, killBoundMillis)),
    Effect.map(Option.getOrUndefined),
  )
  const containment = containmentOf(supervisor.tier)
  const step = (killed: number) => {
    if (wasExited) return killed === 0 ? "exited" : "swept"
    return killed === 0 && worked !== undefined ? stepName(worked) : "kill-tree"
  }
  if (gone !== undefined) {
    if (ending.arePipesOpen()) ending.abandonPipes()
    const killed = gone.killed + (wasKilled ? 1 : 0)
    const durationMillis = (yield* Clock.currentTimeMillis) - started
    return {
      step: step(killed),
      durationMillis,
      descendants: gone.seen,
      killed,
      survivors: [],
      containment,
      proof: proofs[supervisor.tier],
    } satisfies EndEvidence
  }
  // Somebody has ended or stopped the supervisor, or the kernel does not let go of a process.
  // While it is there, what hides from the search is its child.
  if (supervisor.isAlive()) {
    const { entries } = yield* ending.list
    for (const entry of entries) if (entry.parent === supervisor.pid) ending.tree.adopt(entry)
  }
  supervisor.destroy()
  if (supervisor.group !== undefined) killGroup(supervisor.group)
  const found = yield* endLadder(ending, [], undefined)
  if (supervisor.group !== undefined) removeGroup(supervisor.group)
  const durationMillis = (yield* Clock.currentTimeMillis) - started
  return { ...found, step: step(found.killed ?? 0), durationMillis, containment } satisfies EndEvidence
})

const killGroup = (group: string) => {
  try {
    fs.writeFileSync(`${group}/cgroup.kill`, "1")
  } catch {
    // It is gone with its last process.
  }
}

const removeGroup = (group: string) => {
  try {
    fs.rmdirSync(group)
  } catch {
    // The supervisor has done it, or a survivor is in it: the evidence names that one.
  }
}
