/** How a host stops: nothing new begins, what waits is let go of, what is executed may finish and is then ended. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type { RunId } from "../Run.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"

export interface ShutdownReport {
  /** Runs whose end, or whose release, could not be stored in time. The next start ends and records them. */
  readonly left: ReadonlyArray<RunId>
}

/** The report as the error of a host that has to say something about it. */
export const runsLeft = ({ left }: ShutdownReport): RunyardError =>
  runyardError("QUEUE_RUNS_LEFT", {
    message: `The end of ${left.length === 1 ? "a run" : `${left.length} runs`} could not be stored: ${left.slice(0, 20).join(", ")}`,
    detail: { runs: left },
  })

/**
 * How long runs may take to be ended and recorded, all at once. A ladder takes about two seconds, the rest is for a store
 * that is busy. In all it is less than the ten seconds after which Docker and others kill a program.
 */
const endBound = "8 seconds"

/** Others find out by themselves, too. */
const leaveBound = "1 second"

interface Host {
  /** How long runs that are executed may go on, in milliseconds. */
  readonly finishMillis: number
  /** Every run that this host executes. Interrupting its fiber ends it. */
  readonly fibers: Iterable<readonly [RunId, Fiber.Fiber<unknown, unknown>]>
  /** Takes away the turns of those that wait, so that none of them begins; gives them. */
  readonly takeWaiting: () => ReadonlySet<RunId>
  /** Stores that this host no longer has the run. */
  readonly release: (id: RunId) => Effect.Effect<void, RunyardError>
  /** Says that this host is no longer there. */
  readonly leave: Effect.Effect<void>
  /** Waits until no submit is being stored any more. */
  readonly submitsDone: Effect.Effect<void>
  /** Kills what is being ended. */
  readonly hurry: Effect.Effect<void>
  /** Whether the end of the run could not be stored. */
  readonly isLost: (id: RunId) => boolean
}

export interface HostShutdown {
  readonly hasBegun: () => boolean
  /** Asking twice is asking once. Uninterruptible for the one who asks first. */
  readonly run: (force: boolean) => Effect.Effect<ShutdownReport>
}

const atOnce = { concurrency: "unbounded", discard: true } as const

export const hostShutdown = (host: Host): HostShutdown => {
  const hurried = Latch.makeUnsafe(false)
  const hurry = Effect.andThen(hurried.open, host.hurry)
  let report: Deferred.Deferred<ShutdownReport> | undefined

  const stop = Effect.gen(function* () {
    const waiting = host.takeWaiting()
    const executed = [...host.fibers]
    const left = new Set([...waiting, ...executed.map(([id]) => id)])

    const released = Effect.forEach(
      waiting,
      (id) =>
        host.release(id).pipe(
          Effect.tap(() => Effect.sync(() => left.delete(id))),
          // It is still queued, so that whoever finds this program gone takes it over.
          Effect.ignore,
        ),
      atOnce,
    )
    const finished = Effect.forEach(executed, ([, fiber]) => Fiber.await(fiber), atOnce)
    const patience =
      host.finishMillis > 0
        ? Effect.timeoutOption(Effect.raceFirst(finished, hurried.await), host.finishMillis)
        : Effect.void
    const ended = Effect.forEach(
      executed,
      ([id, fiber]) =>
        Effect.tap(Fiber.interrupt(fiber), () =>
          Effect.sync(() => {
            if (!host.isLost(id)) left.delete(id)
          }),
        ),
      atOnce,
    )
    const bounded = (effect: Effect.Effect<void>) => Effect.timeoutOption(effect, endBound)
    yield* Effect.all([bounded(released), bounded(host.submitsDone), Effect.andThen(patience, bounded(ended))], atOnce)
    // A store that has not taken the ends of runs does not take this either.
    if (left.size === 0) yield* Effect.timeoutOption(host.leave, leaveBound)
    return { left: [...left] }
  })

  return {
    hasBegun: () => report !== undefined,
    run: (force) =>
      Effect.suspend(() => {
        const asked = force ? hurry : Effect.void
        if (report !== undefined) return Effect.andThen(asked, Deferred.await(report))
        const made = Deferred.makeUnsafe<ShutdownReport>()
        report = made
        return Effect.uninterruptible(
          asked.pipe(Effect.andThen(Deferred.into(stop, made)), Effect.andThen(Deferred.await(made))),
        )
      }),
  }
}
