/** Submits the runs of schedules when they are due, on whichever host takes a time first. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Run } from "../Run.ts"
import { answered, firingKey, type Outcome, type RunSchedule } from "../RunSchedule.ts"
import type { RunyardError } from "../RunyardError.ts"
import type { Schedules, Taken } from "../Schedules.ts"

/** How often it is looked for times that are due, in milliseconds. */
const pollMillis = 1_000
/** Schedules whose runs are checked and submitted at once. */
const atOnce = 4

interface Options {
  readonly schedules: Schedules["Service"]
  /** This host, by id. */
  readonly host: string
  readonly leaseMillis: number
  readonly submit: (request: unknown, actor: string) => Effect.Effect<Run, RunyardError>
  readonly hasStopped: () => boolean
  /** Sleeps without keeping the program alive. */
  readonly idle: (millis: number) => Effect.Effect<void>
}

/** Another try may come to something else, without anybody doing anything: the time stays taken, and is taken over. */
const mayPass = ({ code }: RunyardError): boolean => code.startsWith("STORE_") || code === "QUEUE_SHUTTING_DOWN"

/** Goes on for ever. A store that cannot tell now is asked again. */
export const scheduleWatch = (options: Options): Effect.Effect<never> => {
  const { hasStopped, host, idle, leaseMillis, schedules, submit } = options

  const answer = (schedule: RunSchedule, due: number, outcome: Outcome) =>
    Effect.catchIf(
      Effect.asVoid(schedules.change(schedule.id, (now) => Result.succeed(answered(now, due, outcome)))),
      // Somebody has removed it meanwhile.
      ({ code }: RunyardError) => code === "QUEUE_SCHEDULE_NOT_FOUND",
      () => Effect.void,
    )

  const fire = Effect.fnUntraced(function* (schedule: RunSchedule, due: number) {
    const request = { ...schedule.request, idempotencyKey: firingKey(schedule, due) }
    const result = yield* Effect.result(submit(request, schedule.by))
    if (Result.isSuccess(result)) return yield* answer(schedule, due, { runId: result.success.id })
    const { failure } = result
    const told = Effect.annotateLogs({ schedule: schedule.id, code: failure.code, problem: failure.message })
    if (mayPass(failure)) return yield* told(Effect.logDebug("A run of a schedule could not be submitted yet"))
    yield* told(Effect.logWarning("A run of a schedule was refused"))
    yield* answer(schedule, due, { error: failure.info })
  })

  /** One after the other, so that the runs of one schedule are queued in the order of their times. */
  const fireAll = ({ due, schedule }: Taken) =>
    Effect.forEach(due, (time) => Effect.ignoreCause(fire(schedule, time), { log: "Warn" }), { discard: true })

  const look = Effect.gen(function* () {
    yield* idle(pollMillis)
    if (hasStopped()) return
    const now = yield* Clock.currentTimeMillis
    const taken = yield* schedules.claim({ host, now, leaseMillis })
    yield* Effect.forEach(taken, fireAll, { concurrency: atOnce, discard: true })
  })
  return Effect.forever(Effect.ignoreCause(look, { log: "Debug", message: "Schedules could not be looked at" }))
}
