/** The runs that this host executes, each in a fiber of its own: from the lease until nothing of it is left to be done here. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { TimelessDraft } from "../EventDraft.ts"
import { waitsForTurn } from "../Recovery.ts"
import { isTerminal, type Run, type RunId } from "../Run.ts"
import type { Runner } from "../Runner.ts"
import type { RunQueue } from "../RunQueue.ts"
import type { RunStore } from "../RunStore.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { BreakerGate } from "./breakerGate.ts"
import * as RunEnd from "./runEnd.ts"
import type { Turns } from "./turns.ts"

/** How long a run that could not begin is not tried again, in milliseconds. */
const pauseMillis = 150
/** Remembered failures of recording; older ones are forgotten. */
const maxLost = 1_000

const isOver = ({ state }: Run): boolean => isTerminal(state) || state === "action_needed"

interface Options {
  /** This host, by id. */
  readonly self: string
  readonly store: Pick<RunStore["Service"], "get">
  readonly queue: Pick<RunQueue["Service"], "release">
  readonly runner: Pick<Runner["Service"], "execute">
  readonly gate: BreakerGate
  /** Asked when a run begins, and not before. */
  readonly turn: () => Pick<Turns, "add" | "again" | "giveBack" | "poke">
  /** Stores events of a run unless somebody else was faster. */
  readonly settle: (
    id: RunId,
    items: ReadonlyArray<TimelessDraft>,
    attempt: number,
  ) => Effect.Effect<void, RunyardError>
  /** Stores that this host no longer has the run. */
  readonly release: (id: RunId) => Effect.Effect<void, RunyardError>
  /** Whether nothing may begin here any more. */
  readonly hasStopped: () => boolean
}

export interface Executions {
  /** Executes a run that is leased to this host, and does not wait for it. What does not begin goes back to the others. */
  readonly begin: (id: RunId) => Effect.Effect<void>
  /** Interrupting a fiber ends its run. */
  readonly fibers: Iterable<readonly [RunId, Fiber.Fiber<unknown, unknown>]>
  readonly has: (id: RunId) => boolean
  /** Ends all of them; returns when they have ended. */
  readonly endAll: Effect.Effect<void>
  /** Why a run could not begin, or its last event not be stored, when that was tried last. */
  readonly lost: (id: RunId) => RunyardError | undefined
  /** Gives the runs whose last events could not be stored to somebody who may give them an end. */
  readonly buryLost: (bury: (run: Run) => Effect.Effect<void, RunyardError>) => Effect.Effect<void>
}

/** What kept a run from its beginning may be there still. */
const pause = Effect.exit(Effect.interruptible(Effect.sleep(pauseMillis)))

/** They outlive the scope: who shuts down ends them, and waits for them within a bound. */
export const executions = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Executions> {
  const { gate, hasStopped, queue, release, runner, self, settle, store, turn } = options
  const fibers = yield* Scope.provide(FiberMap.make<RunId, void, RunyardError>(), Scope.makeUnsafe())
  const lost = new Map<RunId, RunyardError>()

  /** The run's own log cannot be written, so the host's is all there is; `cancel` and recovery find the run. */
  const remember = (id: RunId, error: RunyardError) =>
    Effect.suspend(() => {
      // It has the end that another host has given it.
      if (error.code === "STORE_CONFLICT") {
        return Effect.annotateLogs(Effect.logWarning("Another host has taken over a run of this one"), { runId: id })
      }
      const isSaid = lost.get(id)?.code === error.code
      lost.set(id, error)
      for (const oldest of lost.keys()) if (lost.size > maxLost) lost.delete(oldest)
      // One that cannot begin is tried again and again.
      if (isSaid) return Effect.void
      return Effect.annotateLogs(Effect.logError("A run could not be recorded"), {
        runId: id,
        code: error.code,
        problem: error.message,
      })
    })

  /** Of a host that stops: it would wait for this one, which does nothing any more. */
  const letGo = (id: RunId) =>
    Effect.gen(function* () {
      yield* Effect.ignore(queue.release(self, [id]))
      const { host } = yield* store.get(id)
      if (host.id === self) yield* release(id)
    })

  /** Does not begin here and now. */
  const giveBack = (id: RunId) =>
    Effect.suspend(() => (hasStopped() ? letGo(id) : Effect.sync(() => turn().giveBack(id))))

  const goOn = Effect.fnUntraced(function* (run: Run, id: RunId) {
    const attempt = run.attempts.length + 1
    const passage = yield* gate.enter(run, attempt)
    if (passage.kind === "blocked") {
      yield* settle(id, [RunEnd.keptBack(run, passage)], run.attempts.length)
      return yield* giveBack(id)
    }
    // A probe that came to nothing, without a word about the provider, is not waited for.
    const leave = passage.kind === "probe" ? Effect.asVoid(gate.tell(run, attempt, { kind: "neutral" })) : Effect.void
    const became = yield* Effect.ensuring(
      runner.execute(run),
      Effect.andThen(
        leave,
        Effect.sync(() => turn().poke()),
      ),
    )
    if (became === "again") yield* hasStopped() ? release(id) : Effect.sync(() => turn().again(id))
    // Somebody holds it: it waits here again.
    if (became === "refused" && (yield* store.get(id)).queue?.held === true) yield* turn().add(id)
  })

  /** Interruptible where `execute` is, and while the attempt before it puts away its things. */
  const execute = (id: RunId, before: Fiber.Fiber<unknown, unknown> | undefined) =>
    Effect.gen(function* () {
      if (before !== undefined) yield* Effect.interruptible(Fiber.await(before))
      const run = yield* store.get(id)
      yield* hasStopped() ? letGo(id) : goOn(run, id)
      lost.delete(id)
    }).pipe(
      Effect.onExit((exit) => {
        if (Exit.isSuccess(exit)) return Effect.void
        const problem = Cause.hasInterruptsOnly(exit.cause)
          ? Effect.void
          : Effect.andThen(remember(id, RunEnd.problemOf(exit.cause)), pause)
        return Effect.andThen(problem, Effect.ignore(giveBack(id)))
      }),
      Effect.uninterruptible,
    )

  return {
    begin: (id) =>
      Effect.suspend(() => {
        const before = Option.getOrUndefined(FiberMap.getUnsafe(fibers, id))
        return Effect.asVoid(FiberMap.run(fibers, id, execute(id, before), { startImmediately: true }))
      }),
    fibers,
    has: (id) => FiberMap.hasUnsafe(fibers, id),
    endAll: FiberMap.clear(fibers),
    lost: (id) => lost.get(id),
    buryLost: (bury) =>
      Effect.forEach(
        [...lost.keys()].filter((id) => !FiberMap.hasUnsafe(fibers, id)),
        (id) =>
          Effect.ignore(
            Effect.flatMap(store.get(id), (run) =>
              // One that waits is tried again by itself.
              waitsForTurn(run)
                ? Effect.void
                : Effect.tap(
                    isOver(run) ? Effect.void : bury(run),
                    Effect.sync(() => lost.delete(id)),
                  ),
            ),
          ),
        { discard: true },
      ),
  }
})
