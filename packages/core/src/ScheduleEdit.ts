/** What people change in a schedule, and what that makes of its times. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CronSchedule, nextRuns, readSchedule } from "./CronSchedule.ts"
import type { RunRequest, Scope } from "./Run.ts"
import { type Firing, maxAheadMillis, NewSchedule, OverlapPolicy, type RunSchedule } from "./RunSchedule.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

/** What is left out stays; null takes it away. */
export const ScheduleEdit = Schema.Struct({
  /** Of the schedule as it was seen: one that somebody has changed since is not changed. */
  revision: Schema.Natural,
  expression: Schema.optionalKey(CronSchedule.fields.expression),
  /** Null: UTC. */
  timeZone: Schema.optionalKey(Schema.NullOr(Schema.String.check(Schema.isMaxLength(60)))),
  missed: Schema.optionalKey(CronSchedule.fields.missed),
  /** Null: 10. */
  maxCatchUp: Schema.optionalKey(Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })))),
  overlap: Schema.optionalKey(OverlapPolicy),
  name: Schema.optionalKey(Schema.NullOr(Schema.String.check(Schema.isMaxLength(200)))),
  /** The whole request, in place of the one that is there: as for a new schedule. */
  request: Schema.optionalKey(NewSchedule.fields.request),
})
export type ScheduleEdit = typeof ScheduleEdit.Type

/** An edit whose request was checked. */
export type CheckedEdit = Omit<ScheduleEdit, "request"> & {
  readonly request?: RunRequest
  /** Whose request it is. */
  readonly by: string
  readonly scope: Scope
}

/** What is changed by people is a revision further. */
export const revised = (schedule: RunSchedule): RunSchedule => ({ ...schedule, revision: schedule.revision + 1 })

export const scheduleChanged = ({ id, revision }: RunSchedule, seen: number): RunyardError =>
  runyardError("QUEUE_SCHEDULE_CHANGED", {
    message: `Somebody has changed the schedule ${id} since: it is at revision ${revision}, not ${seen}`,
    detail: { id, revision, seen },
  })

const timesOf = (times: CronSchedule, edit: CheckedEdit): CronSchedule => {
  const { maxCatchUp = times.maxCatchUp ?? null, timeZone = times.timeZone ?? null } = edit
  return {
    expression: edit.expression ?? times.expression,
    missed: edit.missed ?? times.missed,
    ...(timeZone === null ? {} : { timeZone }),
    ...(maxCatchUp === null ? {} : { maxCatchUp }),
  }
}

/** Times that were due by the old plan and that no host has taken yet: whoever looks next takes them. */
const overdue = (schedule: RunSchedule, now: number): ReadonlyArray<Firing> => {
  const read = readSchedule(schedule.times, now)
  if (Result.isFailure(read) || schedule.doneUntil > now + maxAheadMillis) return []
  return nextRuns(read.success, schedule.doneUntil, now).due.map((due): Firing => ({ due, host: "", takenAt: 0 }))
}

/** By the new plan, from now on: what was due until now is not due again. */
const replanned = (schedule: RunSchedule, times: CronSchedule, now: number) =>
  Result.map(readSchedule(times, now), (read): RunSchedule => {
    if (!schedule.enabled) return { ...schedule, times }
    const { nextAt: _, ...rest } = schedule
    // The clock of another host may have been a little ahead when it took the last one.
    const doneUntil = schedule.doneUntil > now + maxAheadMillis ? now : Math.max(now, schedule.doneUntil)
    const { next } = nextRuns(read, doneUntil, doneUntil)
    return {
      ...rest,
      times,
      doneUntil,
      firings: [...schedule.firings, ...overdue(schedule, now)],
      ...(next === undefined ? {} : { nextAt: next }),
    }
  })

/**
 * The schedule after an edit. No time is lost, and none counts twice: what was due until now is submitted still, with the
 * request as it is then, and the new times count from now on. Fails with `QUEUE_SCHEDULE_CHANGED` for an edit of what was
 * seen before somebody else changed it, and with `QUEUE_SCHEDULE_INVALID`.
 */
export const edited = (
  schedule: RunSchedule,
  edit: CheckedEdit,
  now: number,
): Result.Result<RunSchedule, RunyardError> => {
  if (edit.revision !== schedule.revision) return Result.fail(scheduleChanged(schedule, edit.revision))
  const times = timesOf(schedule.times, edit)
  const sameTimes = times.expression === schedule.times.expression && times.timeZone === schedule.times.timeZone
  const planned = sameTimes ? Result.succeed({ ...schedule, times }) : replanned(schedule, times, now)
  return Result.map(planned, (next) => {
    const { name: _, ...rest } = revised(next)
    const { name = schedule.name ?? null, overlap = schedule.overlap, request } = edit
    return {
      ...rest,
      overlap,
      ...(name === null ? {} : { name }),
      ...(request === undefined ? {} : { request, scope: edit.scope, by: edit.by }),
    }
  })
}

/** What an edit names, for the audit log: not what is asked of the agent. */
export const fieldsOf = (edit: ScheduleEdit): ReadonlyArray<string> =>
  Object.keys(edit).filter((field) => field !== "revision")
