/** A request that is saved to be submitted at the times of a cron expression: as data, and what changes in it. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CronSchedule, nextRuns, onTimeMillis, readSchedule } from "./CronSchedule.ts"
import { IdempotencyKey } from "./IdempotencyKey.ts"
import { RunId, RunRequest, Scope } from "./Run.ts"
import { ErrorInfo, type RunyardError } from "./RunyardError.ts"

export const ScheduleId = Schema.String.check(Schema.isPattern(/^sched_[0-9a-z]{16}$/)).pipe(Schema.brand("ScheduleId"))
export type ScheduleId = typeof ScheduleId.Type

/** A due time that a host has taken: it submits the run, and then says what came of it. */
export const Firing = Schema.Struct({ due: Schema.Finite, host: Schema.String, takenAt: Schema.Finite })
export type Firing = typeof Firing.Type

/** Instants are milliseconds since the epoch. */
export const RunSchedule = Schema.Struct({
  id: ScheduleId,
  scope: Scope,
  name: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(200))),
  /** Without a key and without `notBefore`: each time has its own. */
  request: RunRequest,
  times: CronSchedule,
  /** Whether times count. Those of a pause are not made up for. */
  enabled: Schema.Boolean,
  /** Who has made it; its runs are theirs in the ledger. */
  by: Schema.String,
  createdAt: Schema.Finite,
  /** Every time up to here was dealt with. */
  doneUntil: Schema.Finite,
  /** Missing while it is paused. */
  nextAt: Schema.optionalKey(Schema.Finite),
  /** Times that were taken and not answered yet; nothing more is taken meanwhile. */
  firings: Schema.Array(Firing),
  /** The last run that it became. */
  lastRun: Schema.optionalKey(Schema.Struct({ due: Schema.Finite, runId: RunId })),
  /** The last time that was refused, unless a later one became a run. */
  lastRefusal: Schema.optionalKey(Schema.Struct({ due: Schema.Finite, error: ErrorInfo })),
}).annotate({ identifier: "RunSchedule" })
export type RunSchedule = typeof RunSchedule.Type

/** What is asked for. */
export const NewSchedule = Schema.Struct({
  ...CronSchedule.fields,
  /** Default: `skip`. */
  missed: Schema.optionalKey(CronSchedule.fields.missed),
  name: RunSchedule.fields.name,
  /** As `submit` takes it, without `idempotencyKey`, `notBefore`, `rerunOf` and the id of a new conversation. */
  request: Schema.Unknown,
})
export type NewSchedule = typeof NewSchedule.Type

/** The clock of one host may be so far ahead of another's; what is further ahead was written by a clock that was wrong. In milliseconds. */
export const maxAheadMillis = 60 * 60_000

/** The key of the run that a time becomes, so that it is one run however often it is submitted. */
export const firingKey = ({ id }: Pick<RunSchedule, "id">, due: number): IdempotencyKey =>
  IdempotencyKey.make(`schedule:${id}:${due}`)

const withoutNext = (schedule: RunSchedule): RunSchedule => {
  const { nextAt: _, ...rest } = schedule
  return rest
}

/** Times from now on count. Fails with `QUEUE_SCHEDULE_INVALID` when there is none. */
export const resumed = (schedule: RunSchedule, now: number): Result.Result<RunSchedule, RunyardError> =>
  Result.map(readSchedule(schedule.times, now), (read) => {
    const { next } = nextRuns(read, now, now)
    return {
      ...withoutNext(schedule),
      enabled: true,
      doneUntil: now,
      ...(next === undefined ? {} : { nextAt: next }),
    }
  })

/** No time counts, and those that were taken and not yet submitted are left out. */
export const paused = (schedule: RunSchedule): RunSchedule => ({
  ...withoutNext(schedule),
  enabled: false,
  firings: [],
})

/** Whether there may be something to take. */
export const isDue = ({ doneUntil, enabled, firings, nextAt = Infinity }: RunSchedule, now: number): boolean =>
  enabled && (nextAt <= now || firings.length > 0 || doneUntil > now + maxAheadMillis)

export interface Claimant {
  /** By id. */
  readonly host: string
  readonly now: number
  /** A time that another host has taken this long ago and not answered is taken over; one of its own after twice as long. */
  readonly leaseMillis: number
}

/** Of a time that was taken and never submitted: too late for a schedule that skips what was missed. */
const isTooLate = ({ times }: RunSchedule, due: number, now: number): boolean =>
  times.missed === "skip" && due < now - onTimeMillis

/** Times that were taken and not answered: those that were lost are submitted again, which is the same run. */
const takeOver = (schedule: RunSchedule, { host, leaseMillis, now }: Claimant) => {
  // The others first: who took it could not submit it.
  const isLost = (firing: Firing) => Math.abs(now - firing.takenAt) >= leaseMillis * (firing.host === host ? 2 : 1)
  if (!schedule.firings.some(isLost)) return undefined
  const kept = schedule.firings.filter((firing) => !isLost(firing) || !isTooLate(schedule, firing.due, now))
  const firings = kept.map((firing) => (isLost(firing) ? { due: firing.due, host, takenAt: now } : firing))
  return { schedule: { ...schedule, firings }, due: kept.filter(isLost).map(({ due }) => due) }
}

/**
 * Takes for a host what is due: gives the schedule as it is then, and the times to submit, oldest first; undefined when
 * there is nothing to take. A clock that is set back takes nothing twice, and one that was hours ahead and is right again
 * does not stop the schedule: its times count from now on. A schedule that cannot be read any more is paused.
 */
export const claimDue = (
  schedule: RunSchedule,
  claimant: Claimant,
): { readonly schedule: RunSchedule; readonly due: ReadonlyArray<number> } | undefined => {
  const { host, now } = claimant
  if (!isDue(schedule, now)) return undefined
  if (schedule.firings.length > 0) return takeOver(schedule, claimant)
  const read = readSchedule(schedule.times, now)
  if (Result.isFailure(read)) {
    const refusal = { due: schedule.nextAt ?? now, error: read.failure.info }
    return { schedule: { ...paused(schedule), lastRefusal: refusal }, due: [] }
  }
  const doneUntil = schedule.doneUntil > now + maxAheadMillis ? now : schedule.doneUntil
  const { due, lastAt, next } = nextRuns(read.success, doneUntil, now)
  const firings = due.map((time): Firing => ({ due: time, host, takenAt: now }))
  return {
    schedule: {
      ...withoutNext(schedule),
      doneUntil: lastAt,
      firings,
      ...(next === undefined ? {} : { nextAt: next }),
    },
    due,
  }
}

/** What came of a time: a run, or the error that refused it. */
export type Outcome = { readonly runId: RunId } | { readonly error: ErrorInfo }

/** A time was answered. */
export const answered = (schedule: RunSchedule, due: number, outcome: Outcome): RunSchedule => {
  const { lastRefusal, ...rest } = schedule
  const firings = schedule.firings.filter((firing) => firing.due !== due)
  if ("error" in outcome) return { ...schedule, firings, lastRefusal: { due, error: outcome.error } }
  const isNewest = schedule.lastRun === undefined || schedule.lastRun.due <= due
  return {
    ...rest,
    firings,
    ...(isNewest ? { lastRun: { due, runId: outcome.runId } } : {}),
    ...(lastRefusal !== undefined && lastRefusal.due > due ? { lastRefusal } : {}),
  }
}
