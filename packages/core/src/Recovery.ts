/** What a host does for those that died: ends what they left behind, and gives their runs an end or another attempt. */
import * as Effect from "effect/Effect"
import { type Reconciled, type Reconciler, reconcile } from "./internal/reconcile.ts"
import type { Run, RunId, RunState } from "./Run.ts"
import type { RunyardError } from "./RunyardError.ts"

/** What this host found of dead hosts, oldest runs first. What another one was faster to settle is not in it. */
export interface RecoveryReport {
  /** Runs of dead hosts that were being executed; now `interrupted`. */
  readonly interrupted: ReadonlyArray<RunId>
  /** The same, of those that are to be resumed: now `queued`, for whoever adopts them. */
  readonly resumed: ReadonlyArray<RunId>
  /** Runs of a dead host that wait for their turn: they never started, or are to be tried again. */
  readonly queued: ReadonlyArray<RunId>
  /** Hosts that are dead and still have runs that are not over, by id. */
  readonly dead: ReadonlyArray<string>
  /** Processes that could not be ended. Nothing of all other runs is alive. */
  readonly survivors: ReadonlyArray<{ readonly id: RunId; readonly pids: ReadonlyArray<number> }>
}

/** States in which a run of a dead host has something to be ended. */
export const liveStates = ["starting", "running"] as const
/** States in which it waits for its turn. */
const waitingStates: ReadonlyArray<RunState> = ["queued", "retry_wait"]
/** Whether the run waits for its turn, its first or another one. */
export const waitsForTurn = ({ state }: Run): boolean => waitingStates.includes(state)
/** States in which it needs somebody. */
export const openStates: ReadonlyArray<RunState> = [...waitingStates, ...liveStates]

/** Runs that are read from the store at once. */
const pageSize = 500

/** All runs of these hosts in these states, oldest first. */
const runsOf = Effect.fnUntraced(function* (
  { store }: Reconciler,
  hosts: ReadonlyArray<string>,
  states: ReadonlyArray<RunState>,
) {
  const found: Array<Run> = []
  for (let read = pageSize; read === pageSize;) {
    const before = found.at(-1)?.id
    const page = yield* store.list({ states, hosts, limit: pageSize, ...(before === undefined ? {} : { before }) })
    found.push(...page)
    read = page.length
  }
  return found.toReversed()
})

/**
 * Costs one small query while every host that has runs in these states is alive.
 * @param listed the states of the runs that are read. Default: all of them. Those that wait may be very many.
 */
export const recoverRuns = Effect.fn("Runyard.recover")(function* (
  reconciler: Reconciler,
  states: ReadonlyArray<RunState>,
  listed: ReadonlyArray<RunState> = states,
): Effect.fn.Return<RecoveryReport, RunyardError> {
  const { expireLate, isAlive, processes, queue, store } = reconciler
  const beats = yield* queue.hosts
  const known = [...(yield* store.hosts(states)), ...beats.map(({ host }) => host)]
  const others = [...new Map(known.map((host) => [host.id, host])).values()].filter(
    ({ id }) => id !== processes.self.id,
  )
  const dead = yield* Effect.filter(others, (host) => Effect.map(isAlive(host), (alive) => !alive))
  // What they had leased and not begun is free again. Who has no beat any more has been put out before.
  const there = new Set(beats.filter(({ out }) => !out).map(({ host }) => host.id))
  yield* Effect.forEach(
    dead.filter(({ id }) => there.has(id)),
    ({ id }) => queue.putOut(id),
    { discard: true },
  )
  const runs =
    dead.length === 0
      ? []
      : yield* runsOf(
          reconciler,
          dead.map(({ id }) => id),
          listed,
        )
  const live = runs.filter((run) => !waitsForTurn(run))
  const settled = live.length === 0 ? [] : yield* reconcile(reconciler, live)
  const queued = yield* Effect.filter(runs.filter(waitsForTurn), (run) => Effect.map(expireLate(run), (late) => !late))
  const became = (outcome: Reconciled["outcome"]) =>
    settled.flatMap((each) => (each.outcome === outcome ? [each.id] : []))
  return {
    interrupted: became("interrupted"),
    resumed: became("resumed"),
    queued: queued.map(({ id }) => id),
    dead: dead.map(({ id }) => id),
    survivors: settled.flatMap(({ id, survivors }) => (survivors.length === 0 ? [] : [{ id, pids: survivors }])),
  }
})
