/** Submits the runs of schedules when they are due, on whichever host takes a time first. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Claimant, type Firing, type RunSchedule, takeWaiting } from "../RunSchedule.ts"
import type { Schedules, Taken } from "../Schedules.ts"
import type { ScheduleFire } from "./scheduleFire.ts"

/** How often it is looked for times that are due, in milliseconds. */
const pollMillis = 1_000
/** Schedules whose runs are checked and submitted at once. */
const atOnce = 4

interface Options {
  readonly schedules: Schedules["Service"]
  /** This host, by id. */
  readonly host: string
  readonly leaseMillis: number
  readonly fires: ScheduleFire
  readonly hasStopped: () => boolean
  /** Sleeps without keeping the program alive. */
  readonly idle: (millis: number) => Effect.Effect<void>
}

/** Goes on for ever. A store that cannot tell now is asked again. */
export const scheduleWatch = (options: Options): Effect.Effect<never> => {
  const { fires, hasStopped, host, idle, leaseMillis, schedules } = options

  const fire = Effect.fnUntraced(function* (schedule: RunSchedule, firing: Firing) {
    const fired = yield* fires.fire(schedule, firing)
    if (fired.kind === "run" || fired.kind === "held") return
    const { code, message } = fired.error
    const told = Effect.annotateLogs({ schedule: schedule.id, code, problem: message })
    yield* fired.kind === "later"
      ? told(Effect.logDebug("A run of a schedule could not be submitted yet"))
      : told(Effect.logWarning("A run of a schedule was refused"))
  })

  /** One after the other, so that the runs of one schedule are queued in the order of their times. */
  const fireAll = ({ due, schedule }: Taken) =>
    Effect.forEach(
      schedule.firings.filter((firing) => due.includes(firing.due)),
      (firing) =>
        Effect.ignoreCause(
          Effect.flatMap(latest(schedule), (now) => fire(now, firing)),
          { log: "Warn" },
        ),
      { discard: true },
    )

  /** With the runs that its times before have become, and the time that waits. */
  const latest = (schedule: RunSchedule) =>
    schedule.overlap === "allow"
      ? Effect.succeed(schedule)
      : Effect.map(schedules.get(schedule.id), ({ open, waiting }) => ({
          ...schedule,
          open,
          ...(waiting === undefined ? {} : { waiting }),
        }))

  /** A time that waits, once what it waits for has ended. */
  const letGo = Effect.fnUntraced(function* (waiting: RunSchedule, claimant: Claimant) {
    if ((yield* fires.openOf(waiting)).open.length > 0) return
    let taken: RunSchedule | undefined
    // Of two hosts one takes it.
    yield* schedules.change(waiting.id, (schedule) => {
      taken = schedule.enabled ? takeWaiting(schedule, claimant) : undefined
      return Result.succeed(taken ?? schedule)
    })
    if (taken !== undefined) yield* fireAll({ schedule: taken, due: taken.firings.map(({ due }) => due) })
  })

  const look = Effect.gen(function* () {
    yield* idle(pollMillis)
    if (hasStopped()) return
    const now = yield* Clock.currentTimeMillis
    const claimant = { host, now, leaseMillis }
    // First what waits: what is due now came later.
    const waiting = yield* schedules.waiting
    const go = (schedule: RunSchedule) => Effect.ignoreCause(letGo(schedule, claimant), { log: "Warn" })
    yield* Effect.forEach(waiting, go, { concurrency: atOnce, discard: true })
    const taken = yield* schedules.claim(claimant)
    yield* Effect.forEach(taken, fireAll, { concurrency: atOnce, discard: true })
  })
  return Effect.forever(Effect.ignoreCause(look, { log: "Debug", message: "Schedules could not be looked at" }))
}
