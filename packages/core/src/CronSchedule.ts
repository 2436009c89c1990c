/** Runs at the times of a cron expression: which are due, which were missed, and when the next one is. Pure. */
import * as Cron from "effect/Cron"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type RunyardError, runyardError } from "./RunyardError.ts"

/**
 * What becomes of times at which no host was there. `skip`: nothing. `once`: one run in place of all of them. `all`: one
 * run for each, but for no more than the latest `maxCatchUp`.
 */
export const MissedPolicy = Schema.Literals(["skip", "once", "all"])
export type MissedPolicy = typeof MissedPolicy.Type

export const CronSchedule = Schema.Struct({
  /** Five fields (minute, hour, day, month, weekday), or six with seconds first. */
  expression: Schema.String.check(Schema.isMaxLength(200)),
  /** IANA name. Default: UTC. */
  timeZone: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(60))),
  missed: MissedPolicy,
  /** Of `all`. Default: 10. */
  maxCatchUp: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
})
export type CronSchedule = typeof CronSchedule.Type

/** A schedule that was read and has at least one time to come. */
export interface ReadSchedule {
  readonly schedule: CronSchedule
  readonly cron: Cron.Cron
}

const invalid = (message: string): RunyardError => runyardError("QUEUE_SCHEDULE_INVALID", { message })

/** An expression such as `0 0 30 2 *` has no times. */
const after = (cron: Cron.Cron, at: number): number | undefined =>
  Result.getOrUndefined(Result.try(() => Cron.next(cron, new Date(at)).getTime()))

/**
 * Reads a schedule. Fails with `QUEUE_SCHEDULE_INVALID`, also when it has no time after `now`.
 *
 * In the hour that a change from summer time repeats, a schedule that names its hours runs once, in the first one; one
 * that runs in every hour runs in both. In the hour that is left out, what it names is moved to the hour after, and runs
 * once there.
 */
export const readSchedule = (schedule: CronSchedule, now: number): Result.Result<ReadSchedule, RunyardError> => {
  const zone = DateTime.zoneFromString(schedule.timeZone ?? "UTC")
  if (Option.isNone(zone)) return Result.fail(invalid(`There is no time zone "${schedule.timeZone}"`))
  const parsed = Cron.parse(schedule.expression, zone.value)
  if (Result.isFailure(parsed))
    return Result.fail(invalid(`The cron expression cannot be read: ${parsed.failure.message}`))
  const everyHour = parsed.success.hours.size === 0 || parsed.success.hours.size === 24
  const cron = everyHour ? Cron.parseUnsafe(schedule.expression, zone.value, { onDstOverlap: "both" }) : parsed.success
  return after(cron, now) === undefined
    ? Result.fail(invalid("The cron expression has no time in the years to come"))
    : Result.succeed({ schedule, cron })
}

/** A timer is never exact: so late is still on time, and no missed one. In milliseconds. */
export const onTimeMillis = 60_000

const defaultCatchUp = 10

export interface DueRuns {
  /** Times of runs to start now, oldest first. */
  readonly due: ReadonlyArray<number>
  /** Whether times before those were left out. */
  readonly left: boolean
  /** The last time that this answer deals with: `lastAt` of the next question. */
  readonly lastAt: number
  /** When to ask again; undefined when no time is left. */
  readonly next: number | undefined
}

const before = (cron: Cron.Cron, at: number): number | undefined =>
  Result.getOrUndefined(Result.try(() => Cron.prev(cron, new Date(at)).getTime()))

/** The last times up to `now` and after `lastAt`, oldest first: at most `count`, and one more if there are more. */
const latest = (cron: Cron.Cron, lastAt: number, now: number, count: number): ReadonlyArray<number> => {
  const times: Array<number> = []
  let at = before(cron, now + 1)
  while (at !== undefined && at > lastAt && times.length <= count) {
    const earlier = before(cron, at)
    // Out of a left out hour several times may be moved, and backwards all of them come: the one that comes forwards counts.
    if (earlier === undefined || after(cron, earlier) === at) times.unshift(at)
    at = earlier
  }
  return times
}

/**
 * What a schedule has to start at `now`, when everything up to `lastAt` was dealt with. A new schedule begins with the
 * time of its creation. The cost does not grow with the time in between.
 */
export const nextRuns = ({ cron, schedule }: ReadSchedule, lastAt: number, now: number): DueRuns => {
  const next = after(cron, Math.max(now, lastAt))
  if (now <= lastAt) return { due: [], left: false, lastAt, next }
  const count = schedule.missed === "all" ? (schedule.maxCatchUp ?? defaultCatchUp) : 1
  const times = latest(cron, lastAt, now, count)
  const last = times.at(-1)
  if (last === undefined) return { due: [], left: false, lastAt, next }
  const due = schedule.missed === "skip" ? (last >= now - onTimeMillis ? [last] : []) : times.slice(-count)
  return { due, left: times.length > due.length, lastAt: last, next }
}

/** The times after an instant, oldest first: at most `count`. */
export const timesAfter = ({ cron }: ReadSchedule, at: number, count: number): ReadonlyArray<number> => {
  const times: Array<number> = []
  for (let next = after(cron, at); next !== undefined && times.length < count; next = after(cron, next))
    times.push(next)
  return times
}
