/** A request that is saved to be submitted at the times of a cron expression: as data, and what changes in it. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CronSchedule, nextRuns, onTimeMillis, readSchedule } from "./CronSchedule.ts"
import { IdempotencyKey } from "./IdempotencyKey.ts"
import { RunId, RunRequest, Scope } from "./Run.ts"
import { ErrorInfo, type RunyardError } from "./RunyardError.ts"

export const ScheduleId = Schema.String.check(Schema.isPattern(/^sched_[0-9a-z]{16}$/)).pipe(Schema.brand("ScheduleId"))
export type ScheduleId = typeof ScheduleId.Type

/** The sender's name for a run that is asked for now: 1 to 150 visible ASCII characters. Belongs to the schedule. */
export const FiringKey = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,150}$/)).pipe(Schema.brand("FiringKey"))
export type FiringKey = typeof FiringKey.Type

/** A due time that a host has taken: it submits the run, and then says what came of it. */
export const Firing = Schema.Struct({
  due: Schema.Finite,
  host: Schema.String,
  takenAt: Schema.Finite,
  /** Who has asked for it, outside of the plan. */
  by: Schema.optionalKey(Schema.String),
  /** What `digitsOf` makes of the name under which it was asked for. */
  key: Schema.optionalKey(Schema.String),
})
export type Firing = typeof Firing.Type

/**
 * What becomes of a time while a run of the schedule has not ended. `allow`: a run of its own. `skip`: no run. `queue`: a run
 * when that one has ended, for the first such time; later ones are skipped. A run that somebody asks for starts in any case,
 * and counts as one that has not ended.
 */
export const OverlapPolicy = Schema.Literals(["allow", "skip", "queue"])
export type OverlapPolicy = typeof OverlapPolicy.Type

/** Runs that are remembered as perhaps not ended, and times of which it is remembered what came of them. */
export const maxOpenRuns = 100
export const maxFires = 20

const fired = { due: Schema.Finite, by: Schema.optionalKey(Schema.String) }

/** What came of a time. `by`: who has asked for it, outside of the plan. */
export const Fire = Schema.Union([
  Schema.Struct({ ...fired, outcome: Schema.Literal("run"), runId: RunId }),
  Schema.Struct({ ...fired, outcome: Schema.Literal("refused"), code: ErrorInfo.fields.code }),
  Schema.Struct({
    ...fired,
    outcome: Schema.Literal("skipped"),
    /** `overlap`: a run had not ended. `missed`: no host was there. `paused`: before it was submitted. */
    why: Schema.Literals(["overlap", "missed", "paused"]),
    /** The run that had not ended. */
    runId: Schema.optionalKey(RunId),
  }),
]).annotate({ identifier: "ScheduleFire" })
export type Fire = typeof Fire.Type

/** Instants are milliseconds since the epoch. */
export const RunSchedule = Schema.Struct({
  id: ScheduleId,
  scope: Scope,
  name: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(200))),
  /** Without a key and without `notBefore`: each time has its own. */
  request: RunRequest,
  times: CronSchedule,
  overlap: OverlapPolicy,
  /** Counts what people change, from 1. */
  revision: Schema.Natural,
  /** Whether times count. Those of a pause are not made up for. */
  enabled: Schema.Boolean,
  /** Who has said what it asks for; its runs are theirs in the ledger. */
  by: Schema.String,
  createdAt: Schema.Finite,
  /** Every time up to here was dealt with. */
  doneUntil: Schema.Finite,
  /** Missing while it is paused. */
  nextAt: Schema.optionalKey(Schema.Finite),
  /** Times that were taken and not answered yet; nothing more is taken meanwhile. */
  firings: Schema.Array(Firing),
  /** The time that waits for a run to end. */
  waiting: Schema.optionalKey(Schema.Finite),
  /** Runs that it became and of which nobody has seen yet that they have ended: the newest 100. */
  open: Schema.Array(RunId),
  /** What came of its last 20 times, those that were skipped included; the newest last. */
  fires: Schema.Array(Fire),
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
  /** Default: `allow`. */
  overlap: Schema.optionalKey(OverlapPolicy),
  name: RunSchedule.fields.name,
  /** As `submit` takes it, without `idempotencyKey`, `notBefore`, `rerunOf` and the id of a new conversation. */
  request: Schema.Unknown,
})
export type NewSchedule = typeof NewSchedule.Type

/** The clock of one host may be so far ahead of another's; what is further ahead was written by a clock that was wrong. In milliseconds. */
export const maxAheadMillis = 60 * 60_000

/** 64 bits of a name, as digits: what is sent as one may look like a secret, which is not stored and no request may hold. */
export const digitsOf = (name: FiringKey): string => {
  let [one, other] = [0x811c9dc5, 0x9747b28c]
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    one = Math.imul(one ^ code, 0x01000193)
    other = Math.imul(other ^ code, 0x5bd1e995)
    other ^= other >>> 13
  }
  return `${one >>> 0}.${other >>> 0}`
}

/**
 * The key of the run that a time becomes, so that it is one run however often it is submitted: of its instant, or of the name
 * under which it was asked for.
 */
export const firingKey = (
  { id }: Pick<RunSchedule, "id">,
  { by, due, key }: Pick<Firing, "by" | "due" | "key">,
): IdempotencyKey => {
  const place = key === undefined ? `${by === undefined ? "" : "now:"}${due}` : `named:${key}`
  return IdempotencyKey.make(`schedule:${id}:${place}`)
}

const skipped = (due: number, why: Extract<Fire, { outcome: "skipped" }>["why"], runId?: RunId): Fire => ({
  due,
  outcome: "skipped",
  why,
  ...(runId === undefined ? {} : { runId }),
})

/** With what came of more times; of one that was told before the later word counts. */
const noted = (fires: RunSchedule["fires"], ...more: ReadonlyArray<Fire>): RunSchedule["fires"] =>
  more.length === 0
    ? fires
    : [...fires.filter((fire) => !more.some(({ by, due }) => due === fire.due && by === fire.by)), ...more].slice(
        -maxFires,
      )

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

/** No time counts, and those that were taken and not yet submitted, or wait, are left out; what somebody has asked for is not. */
export const paused = (schedule: RunSchedule): RunSchedule => {
  const { waiting, ...rest } = withoutNext(schedule)
  const left = schedule.firings.filter(({ by }) => by === undefined).map(({ due }) => due)
  const dropped = [...(waiting === undefined ? [] : [waiting]), ...left].map((due) => skipped(due, "paused"))
  return {
    ...rest,
    enabled: false,
    firings: schedule.firings.filter(({ by }) => by !== undefined),
    fires: noted(schedule.fires, ...dropped),
  }
}

/** Whether there may be something to take. */
export const isDue = ({ doneUntil, enabled, firings, nextAt = Infinity }: RunSchedule, now: number): boolean =>
  firings.length > 0 || (enabled && (nextAt <= now || doneUntil > now + maxAheadMillis))

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
  const isLate = (firing: Firing) => isLost(firing) && isTooLate(schedule, firing.due, now)
  const late = schedule.firings.filter(isLate).map(({ due }) => skipped(due, "missed"))
  const kept = schedule.firings.filter((firing) => !isLate(firing))
  const firings = kept.map((firing) => (isLost(firing) ? { ...firing, host, takenAt: now } : firing))
  return {
    schedule: { ...schedule, firings, fires: noted(schedule.fires, ...late) },
    due: kept.filter(isLost).map(({ due }) => due),
  }
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
  const missed = due.length === 0 && lastAt > doneUntil ? [skipped(lastAt, "missed")] : []
  return {
    schedule: {
      ...withoutNext(schedule),
      doneUntil: lastAt,
      firings,
      fires: noted(schedule.fires, ...missed),
      ...(next === undefined ? {} : { nextAt: next }),
    },
    due,
  }
}

/** What came of a time: a run, the error that refused it, or a run that it waits for, or that it was left out for. */
export type Outcome =
  | { readonly runId: RunId }
  | { readonly error: ErrorInfo }
  | { readonly waitsFor: RunId }
  | { readonly skippedFor: RunId }

const held = (schedule: RunSchedule, due: number, runId: RunId, waits: boolean): RunSchedule => {
  if (!schedule.enabled) return { ...schedule, fires: noted(schedule.fires, skipped(due, "paused")) }
  return waits && (schedule.waiting === undefined || schedule.waiting === due)
    ? { ...schedule, waiting: due }
    : { ...schedule, fires: noted(schedule.fires, skipped(due, "overlap", runId)) }
}

/** A time was answered. */
export const answered = (schedule: RunSchedule, due: number, outcome: Outcome): RunSchedule => {
  const { lastRefusal, ...rest } = schedule
  const by = schedule.firings.find((firing) => firing.due === due)?.by
  const firings = schedule.firings.filter((firing) => firing.due !== due)
  const asked = by === undefined ? {} : { by }
  if ("waitsFor" in outcome) return held({ ...schedule, firings }, due, outcome.waitsFor, true)
  if ("skippedFor" in outcome) return held({ ...schedule, firings }, due, outcome.skippedFor, false)
  if ("error" in outcome) {
    const fires = noted(schedule.fires, { due, ...asked, outcome: "refused", code: outcome.error.code })
    return { ...schedule, firings, fires, lastRefusal: { due, error: outcome.error } }
  }
  const { runId } = outcome
  const isNewest = schedule.lastRun === undefined || schedule.lastRun.due <= due
  return {
    ...rest,
    firings,
    fires: noted(schedule.fires, { due, ...asked, outcome: "run", runId }),
    open: [...schedule.open.filter((id) => id !== runId), runId].slice(-maxOpenRuns),
    ...(isNewest ? { lastRun: { due, runId } } : {}),
    ...(lastRefusal !== undefined && lastRefusal.due > due ? { lastRefusal } : {}),
  }
}

/** Runs of it that have ended. */
export const ended = (schedule: RunSchedule, runs: ReadonlyArray<RunId>): RunSchedule =>
  runs.length === 0 ? schedule : { ...schedule, open: schedule.open.filter((id) => !runs.includes(id)) }

/** Takes for a host the time that waits; undefined where none does any more, or something else is being submitted. */
export const takeWaiting = (schedule: RunSchedule, { host, now }: Claimant): RunSchedule | undefined => {
  const { waiting, ...rest } = schedule
  if (waiting === undefined || schedule.firings.length > 0) return undefined
  return { ...rest, firings: [{ due: waiting, host, takenAt: now }] }
}

/**
 * A run that somebody asks for now, taken by a host. The plan goes on as if nothing had been. Two of one instant are two: the
 * later one counts a millisecond more. Under a name that is being submitted it is asked for already, and stays as it is.
 */
export const askedNow = (schedule: RunSchedule, { host, now }: Claimant, by: string, key?: string): RunSchedule => {
  const { fires, firings } = schedule
  if (key !== undefined && firings.some((firing) => firing.key === key)) return schedule
  const before = [...firings, ...fires.filter((fire) => fire.by !== undefined)].map((each) => each.due + 1)
  return {
    ...schedule,
    firings: [
      ...firings,
      { due: Math.max(now, ...before), host, takenAt: now, by, ...(key === undefined ? {} : { key }) },
    ],
  }
}
