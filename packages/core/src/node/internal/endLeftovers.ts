/** Ends what dead hosts left behind: all of it in one search, so that a hundred runs cost little more than one. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Leftover } from "../../ProcessHost.ts"
import type { EndEvidence } from "../../RunEvent.ts"
import { LeftoverTree, type Snapshot } from "./leftoverTree.ts"
import { type ProcessEntry, type ProcessTable, sendSignal } from "./processTable.ts"
import { killBoundMillis, killGroup, lineage, quietSweeps } from "./processTree.ts"

/** How long the CLIs that are still alive have to save their sessions and go, in milliseconds: all of them together. */
const politeMillis = 300

/** How long a supervisor of ours that has nothing left to end has to notice and go, in milliseconds. */
const aloneMillis = 100

/** Everything that may be of a run, once. Never this program or what it descends from. */
const search = Effect.fnUntraced(function* (table: ProcessTable, boot: string, wanted: ReadonlySet<string>) {
  const all = yield* table.list
  const untouchable = lineage(new Map(all.map((entry) => [entry.pid, entry])), process.pid)
  const entries = all.filter(({ pid }) => !untouchable.has(pid))
  const { byPid } = yield* table.markers(entries, wanted)
  const snapshot: Snapshot = {
    boot,
    byPid: new Map(entries.map((entry) => [entry.pid, entry])),
    byParent: Map.groupBy(entries, ({ parent }) => parent),
    bySession: Map.groupBy(entries, ({ session }) => session),
    byGroup: Map.groupBy(entries, ({ group }) => group),
    byMarker: Map.groupBy(entries, ({ pid }) => byPid.get(pid)),
  }
  return snapshot
})

/** Asks the CLIs that are still alive to end, and waits until they have, or the time is over. */
const askPolitely = Effect.fnUntraced(function* (table: ProcessTable, trees: ReadonlyArray<LeftoverTree>) {
  const alive = trees.flatMap(({ root }) => (root === undefined ? [] : [root]))
  const isThere = (entry: ProcessEntry) => Effect.map(table.running(entry.pid), (now) => now === entry.startTime)
  let waiting = yield* Effect.filter(alive, isThere)
  for (const { pid } of waiting) sendSignal(pid, "SIGTERM")
  const deadline = (yield* Clock.currentTimeMillis) + politeMillis
  for (let pause = 2; waiting.length > 0; pause = Math.min(pause * 2, 20)) {
    if ((yield* Clock.currentTimeMillis) + pause > deadline) return
    yield* Effect.sleep(pause)
    waiting = yield* Effect.filter(waiting, isThere)
  }
})

/** Kills what the latest search found of a tree: first all that is of the run, and our own supervisor only when it stays. */
const kill = Effect.fnUntraced(function* (table: ProcessTable, tree: LeftoverTree, withSupervisor: boolean) {
  const { members, root, supervisor } = tree
  tree.kill(members)
  // The group gets it at once, so that its members cannot fork between two kills.
  if (root !== undefined && root.group === root.pid && (yield* table.running(root.pid)) === root.startTime) {
    killGroup(root.pid)
  }
  for (const entry of members) yield* table.kill(entry)
  if (supervisor !== undefined && withSupervisor) yield* table.kill(supervisor)
})

const evidenceOf = (tree: LeftoverTree, durationMillis: number): EndEvidence => {
  const { found, killed, leftover, members, root, supervisor } = tree
  const survivors = [...members, ...(supervisor === undefined ? [] : [supervisor])].map(({ pid }) => pid)
  const gentle = root === undefined ? "exited" : "SIGTERM"
  const forced = root === undefined ? "swept" : "kill-tree"
  return {
    step: killed.size === 0 ? gentle : forced,
    durationMillis,
    descendants: tree.descendants(),
    survivors,
    killed: killed.size,
    ...(leftover.process === undefined ? {} : { containment: leftover.process.containment }),
    ...(survivors.length === 0 ? { proof: "sweep" as const } : {}),
    ...(found === undefined ? {} : { found }),
  }
}

/**
 * Searches until nothing was found three times in a row, for at most `killBoundMillis` after the polite step. Every
 * signal goes to a process whose start time was just compared.
 */
export const endLeftovers = Effect.fnUntraced(function* (table: ProcessTable, leftovers: ReadonlyArray<Leftover>) {
  const started = yield* Clock.currentTimeMillis
  const trees = leftovers.map((leftover) => new LeftoverTree(leftover))
  // An empty marker names no run.
  const real = trees.filter(({ leftover }) => leftover.marker !== "")
  const wanted = new Set(real.map(({ leftover }) => leftover.marker))
  const endedAt = new Map<LeftoverTree, number>()
  const boot = yield* table.boot
  const sweep = Effect.gen(function* () {
    const snapshot = yield* search(table, boot, wanted)
    const now = yield* Clock.currentTimeMillis
    for (const tree of real) {
      tree.look(snapshot)
      if (!tree.isGone()) endedAt.delete(tree)
      else if (!endedAt.has(tree)) endedAt.set(tree, now)
    }
    return now
  })

  if (real.length > 0) {
    yield* sweep
    yield* askPolitely(table, real)
  }
  const begun = yield* Clock.currentTimeMillis
  const alone = new Map<LeftoverTree, number>()
  let before = -1
  for (let quiet = 0, pause = 1; real.length > 0 && quiet < quietSweeps; pause = Math.min(pause * 2, 16)) {
    const now = yield* sweep
    const left = real.filter((tree) => !tree.isGone())
    quiet = left.length === 0 ? quiet + 1 : 0
    if (quiet === quietSweeps || (left.length > 0 && now > begun + killBoundMillis)) break
    for (const tree of left) {
      if (tree.members.length > 0) alone.delete(tree)
      else if (!alone.has(tree)) alone.set(tree, now)
      const isLate = now > begun + killBoundMillis / 2 || now > (alone.get(tree) ?? now) + aloneMillis
      yield* kill(table, tree, isLate)
    }
    // What was just killed dies within a millisecond; only what resists is asked less and less often.
    const seen = real.reduce((sum, tree) => sum + tree.size(), 0)
    if (seen > before) pause = 1
    before = seen
    yield* Effect.sleep(pause)
  }
  const ended = yield* Clock.currentTimeMillis
  return trees.map((tree) => evidenceOf(tree, (endedAt.get(tree) ?? ended) - started))
})
