/** The saved requests of a store, and who has taken which of their times. Shared by all hosts on it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Claimant, claimDue, isDue, type RunSchedule, type ScheduleId } from "./RunSchedule.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

/** Schedules on one store. */
export const maxSchedules = 1_000

/** What a host has taken of one schedule. */
export interface Taken {
  readonly schedule: RunSchedule
  /** Oldest first. */
  readonly due: ReadonlyArray<number>
}

export class Schedules extends Context.Service<
  Schedules,
  {
    /** Fails with `QUEUE_SCHEDULES_FULL` where there are 1,000. */
    readonly add: (schedule: RunSchedule) => Effect.Effect<void, RunyardError>
    /** All of them, oldest first. */
    readonly list: Effect.Effect<ReadonlyArray<RunSchedule>, RunyardError>
    /** Fails with `QUEUE_SCHEDULE_NOT_FOUND`. */
    readonly get: (id: ScheduleId) => Effect.Effect<RunSchedule, RunyardError>
    /**
     * Changes one, in one transaction with what decides about it; gives it as it is then. `change` may be called again when
     * a store is busy. Fails with `QUEUE_SCHEDULE_NOT_FOUND`.
     */
    readonly change: (
      id: ScheduleId,
      change: (schedule: RunSchedule) => RunSchedule,
    ) => Effect.Effect<RunSchedule, RunyardError>
    /** Gives what is gone. Fails with `QUEUE_SCHEDULE_NOT_FOUND`. */
    readonly remove: (id: ScheduleId) => Effect.Effect<RunSchedule, RunyardError>
    /** Takes for a host what is due, by `claimDue`, in one transaction. Costs one look where nothing is. */
    readonly claim: (claimant: Claimant) => Effect.Effect<ReadonlyArray<Taken>, RunyardError>
  }
>()("@runyard/core/Schedules") {
  /** Keeps them in memory. Nothing outlives the scope. */
  static readonly layerMemory = Layer.sync(Schedules, () => {
    const schedules = new Map<ScheduleId, RunSchedule>()
    const using = <A>(id: ScheduleId, use: (schedule: RunSchedule) => A): Effect.Effect<A, RunyardError> =>
      Effect.suspend(() => {
        const found = schedules.get(id)
        return found === undefined ? Effect.fail(scheduleNotFound(id)) : Effect.succeed(use(found))
      })
    return Schedules.of({
      add: (schedule) =>
        Effect.suspend(() => {
          if (schedules.size >= maxSchedules) return Effect.fail(schedulesFull())
          schedules.set(schedule.id, schedule)
          return Effect.void
        }),
      list: Effect.sync(() => [...schedules.values()]),
      get: (id) => using(id, (schedule) => schedule),
      change: (id, change) =>
        using(id, (before) => {
          const after = change(before)
          schedules.set(id, after)
          return after
        }),
      remove: (id) =>
        using(id, (schedule) => {
          schedules.delete(id)
          return schedule
        }),
      claim: (claimant) =>
        Effect.sync(() =>
          [...schedules.values()].flatMap((before) => {
            const taken = isDue(before, claimant.now) ? claimDue(before, claimant) : undefined
            if (taken === undefined) return []
            schedules.set(before.id, taken.schedule)
            return [taken]
          }),
        ),
    })
  })
}

export const scheduleNotFound = (id: ScheduleId): RunyardError =>
  runyardError("QUEUE_SCHEDULE_NOT_FOUND", { message: `No schedule is ${id}`, detail: { id } })

export const schedulesFull = (): RunyardError =>
  runyardError("QUEUE_SCHEDULES_FULL", {
    message: `There are ${maxSchedules} schedules on this store already`,
    detail: { bound: maxSchedules },
  })
