/** The saved requests of a store, and who has taken which of their times. Shared by all hosts on it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { AuditEntry, MemoryAudit } from "./AuditLog.ts"
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
    /** Fails with `QUEUE_SCHEDULES_FULL` where there are 1,000. @param entry as in `change`. */
    readonly add: (schedule: RunSchedule, entry?: AuditEntry) => Effect.Effect<void, RunyardError>
    /** All of them, oldest first. */
    readonly list: Effect.Effect<ReadonlyArray<RunSchedule>, RunyardError>
    /** Fails with `QUEUE_SCHEDULE_NOT_FOUND`. */
    readonly get: (id: ScheduleId) => Effect.Effect<RunSchedule, RunyardError>
    /**
     * Changes one, in one transaction with what decides about it; gives it as it is then. `change` may be called again when
     * a store is busy. Fails as `change` does, and with `QUEUE_SCHEDULE_NOT_FOUND`.
     * @param entry what is written into the audit log with it, in the same transaction, of the schedule as it is then.
     */
    readonly change: (
      id: ScheduleId,
      change: (schedule: RunSchedule) => Result.Result<RunSchedule, RunyardError>,
      entry?: (schedule: RunSchedule) => AuditEntry,
    ) => Effect.Effect<RunSchedule, RunyardError>
    /** Gives what is gone. Fails with `QUEUE_SCHEDULE_NOT_FOUND`. @param entry as in `change`. */
    readonly remove: (
      id: ScheduleId,
      entry?: (schedule: RunSchedule) => AuditEntry,
    ) => Effect.Effect<RunSchedule, RunyardError>
    /** Those with a time that waits for a run to end. Costs one look where there is none. */
    readonly waiting: Effect.Effect<ReadonlyArray<RunSchedule>, RunyardError>
    /** Takes for a host what is due, by `claimDue`, in one transaction. Costs one look where nothing is. */
    readonly claim: (claimant: Claimant) => Effect.Effect<ReadonlyArray<Taken>, RunyardError>
  }
>()("@runyard/core/Schedules") {
  /** Keeps them in memory. Nothing outlives the scope, and nothing is written down; those of `MemoryStore` are. */
  static readonly layerMemory = Layer.sync(Schedules, () => memorySchedules(() => {}))
}

/** Those of a store in memory. @param write into the audit log. */
export const memorySchedules = (write: MemoryAudit["write"]): Schedules["Service"] => {
  const schedules = new Map<ScheduleId, RunSchedule>()
  const using = <A>(id: ScheduleId, use: (schedule: RunSchedule) => Effect.Effect<A, RunyardError>) =>
    Effect.suspend(() => {
      const found = schedules.get(id)
      return found === undefined ? Effect.fail(scheduleNotFound(id)) : use(found)
    })
  return Schedules.of({
    add: (schedule, entry) =>
      Effect.suspend(() => {
        if (schedules.size >= maxSchedules) return Effect.fail(schedulesFull())
        schedules.set(schedule.id, schedule)
        if (entry !== undefined) write(entry)
        return Effect.void
      }),
    list: Effect.sync(() => [...schedules.values()]),
    get: (id) => using(id, Effect.succeed),
    change: (id, change, entry) =>
      using(id, (before) =>
        Effect.fromResult(
          Result.map(change(before), (after) => {
            schedules.set(id, after)
            if (entry !== undefined) write(entry(after))
            return after
          }),
        ),
      ),
    remove: (id, entry) =>
      using(id, (schedule) =>
        Effect.sync(() => {
          schedules.delete(id)
          if (entry !== undefined) write(entry(schedule))
          return schedule
        }),
      ),
    waiting: Effect.sync(() =>
      [...schedules.values()].filter(({ enabled, waiting }) => enabled && waiting !== undefined),
    ),
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
}

export const scheduleNotFound = (id: ScheduleId): RunyardError =>
  runyardError("QUEUE_SCHEDULE_NOT_FOUND", { message: `No schedule is ${id}`, detail: { id } })

export const schedulesFull = (): RunyardError =>
  runyardError("QUEUE_SCHEDULES_FULL", {
    message: `There are ${maxSchedules} schedules on this store already`,
    detail: { bound: maxSchedules },
  })
