/** What a person, or a program, does to schedules: make them, look at them, change them, pause them, let them go on, and have them run now. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { entryOfSchedule } from "../AuditTrail.ts"
import { type CronSchedule, readSchedule, timesAfter } from "../CronSchedule.ts"
import { localScope, type Run, type RunRequest } from "../Run.ts"
import {
  answered,
  askedNow,
  digitsOf,
  type FiringKey,
  NewSchedule,
  paused,
  resumed,
  type RunSchedule,
  ScheduleId,
} from "../RunSchedule.ts"
import { type CheckedEdit, edited, fieldsOf, revised, scheduleChanged, ScheduleEdit } from "../ScheduleEdit.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import { type Schedules, scheduleNotFound } from "../Schedules.ts"
import type { Actor } from "./queueDesk.ts"
import type { ScheduleFire } from "./scheduleFire.ts"

/** Times that are told at most. */
const maxTimes = 1_000

export interface ScheduleDesk {
  /**
   * Saves a request to be submitted at the times of a cron expression, the first of which is to come. It is checked as a
   * submit is, and again at each time. Fails as `submit` does, with `POLICY_SECRET_IN_PROMPT` for any request that holds a
   * secret, `QUEUE_SCHEDULE_INVALID` and `QUEUE_SCHEDULES_FULL`.
   * @param input a `NewSchedule`.
   */
  readonly create: (input: unknown, actor: Actor) => Effect.Effect<RunSchedule, RunyardError>
  /** All of the store, oldest first. */
  readonly list: Effect.Effect<ReadonlyArray<RunSchedule>, RunyardError>
  /** Fails with `QUEUE_SCHEDULE_NOT_FOUND`, as the others do. */
  readonly get: (id: string) => Effect.Effect<RunSchedule, RunyardError>
  /**
   * Changes everything but its id: its times, from now on, what it asks for, what becomes of missed and overlapping times. A
   * request is checked as a new one is, and its runs are of whoever changed it. What was due until now and is not submitted
   * yet is submitted with the new request, once. Fails with `QUEUE_SCHEDULE_CHANGED` where somebody else has changed it since
   * it was seen, and as `create` does.
   * @param input a `ScheduleEdit`.
   */
  readonly edit: (id: string, input: unknown, actor: Actor) => Effect.Effect<RunSchedule, RunyardError>
  /**
   * Submits its request now, whatever its plan says, which goes on as if nothing had been; also while it is paused, and
   * whatever else of it is executed. Gives the run, which is of whoever asked. Should this host die before it has submitted it,
   * another one does. Fails as `submit` does.
   * @param key the sender's name for it: sent again for this schedule it gives the same run, for as long as `submit` knows a
   * key, also when the schedule was changed meanwhile. What was refused is tried again.
   */
  readonly fire: (id: string, actor: Actor, key?: FiringKey) => Effect.Effect<Run, RunyardError>
  /** No time counts from here on. Runs that it has become are left alone. */
  readonly pause: (id: string, actor: Actor) => Effect.Effect<RunSchedule, RunyardError>
  /** Times from here on count; those of the pause do not. */
  readonly resume: (id: string, actor: Actor) => Effect.Effect<RunSchedule, RunyardError>
  /** Gives what is gone. Runs that it has become are left alone. */
  readonly remove: (id: string, actor: Actor) => Effect.Effect<RunSchedule, RunyardError>
  /** The next times of a schedule, whether it is paused or not: 5 by default, 1,000 at most. */
  readonly next: (id: string, count?: number) => Effect.Effect<ReadonlyArray<number>, RunyardError>
  /** The same of an expression that nobody has saved. Fails with `QUEUE_SCHEDULE_INVALID`. */
  readonly preview: (
    times: Pick<CronSchedule, "expression" | "timeZone">,
    count?: number,
  ) => Effect.Effect<ReadonlyArray<number>, RunyardError>
}

interface Options {
  /** This host, by id. */
  readonly host: string
  readonly leaseMillis: number
  readonly fires: ScheduleFire
  readonly schedules: Schedules["Service"]
  /** What `submit` would refuse, and any secret, as nothing of it may be stored. Gives the request as it was asked. */
  readonly check: (request: unknown) => Effect.Effect<RunRequest, RunyardError>
  readonly mask: (text: string) => string
}

const decodeEdit = Schema.decodeUnknownEffect(ScheduleEdit, { onExcessProperty: "error" })
const decodeNew = Schema.decodeUnknownEffect(NewSchedule, { onExcessProperty: "error" })

const unfit = (what: string): RunyardError =>
  runyardError("QUEUE_SCHEDULE_INVALID", {
    message: `The request of a schedule has no ${what}`,
    remedy: "Leave it out: each time has its own.",
  })

/** What belongs to one submit alone. */
const unfitFor = ({ idempotencyKey, notBefore, rerunOf, session }: RunRequest): RunyardError | undefined => {
  if (idempotencyKey !== undefined) return unfit("`idempotencyKey`")
  if (notBefore !== undefined) return unfit("`notBefore`")
  if (rerunOf !== undefined) return unfit("`rerunOf`")
  return session?.kind === "new" && session.id !== undefined ? unfit("id of a new conversation") : undefined
}

const newId = Effect.map(Effect.replicateEffect(Random.nextIntBetween(0, 35), 16), (chance) =>
  ScheduleId.make(`sched_${chance.map((digit) => digit.toString(36)).join("")}`),
)

const parseId = (id: string): Effect.Effect<ScheduleId, RunyardError> =>
  Effect.mapError(Schema.decodeEffect(ScheduleId)(id), () => scheduleNotFound(id.slice(0, 60) as ScheduleId))

export const scheduleDesk = ({ check, fires, host, leaseMillis, mask, schedules }: Options): ScheduleDesk => {
  const noted =
    (action: Parameters<typeof entryOfSchedule>[0], { by, reason }: Actor, at: number) =>
    (schedule: RunSchedule) =>
      entryOfSchedule(action, schedule, {
        at,
        by: mask(by),
        ...(reason === undefined ? {} : { reason: mask(reason) }),
      })

  const invalid = ({ message }: { readonly message: string }) =>
    runyardError("QUEUE_SCHEDULE_INVALID", {
      message: `The schedule is not valid: ${mask(message).replaceAll(/\s+/g, " ").slice(0, 400)}`,
    })

  /** The request, if it may be that of a schedule. */
  const examined = Effect.fnUntraced(function* (wanted: unknown) {
    const request = yield* check(wanted)
    const problem = unfitFor(request)
    return problem === undefined ? request : yield* problem
  })

  const create: ScheduleDesk["create"] = Effect.fn("Runyard.schedules.create")(function* (input, { by }) {
    const asked = yield* Effect.mapError(decodeNew(input), invalid)
    const { expression, maxCatchUp, missed = "skip", name, overlap = "allow", request: wanted, timeZone } = asked
    const times: CronSchedule = {
      expression,
      missed,
      ...(timeZone === undefined ? {} : { timeZone }),
      ...(maxCatchUp === undefined ? {} : { maxCatchUp }),
    }
    const now = yield* Clock.currentTimeMillis
    yield* Effect.fromResult(readSchedule(times, now))
    const request = yield* examined(wanted)
    const schedule = yield* Effect.fromResult(
      resumed(
        {
          id: yield* newId,
          scope: request.scope ?? localScope,
          ...(name === undefined ? {} : { name: mask(name) }),
          request,
          times,
          overlap,
          revision: 1,
          enabled: true,
          by: mask(by),
          createdAt: now,
          doneUntil: now,
          firings: [],
          open: [],
          fires: [],
        },
        now,
      ),
    )
    yield* schedules.add(schedule, noted("schedule.created", { by }, now)(schedule))
    return schedule
  })

  const resume: ScheduleDesk["resume"] = Effect.fn("Runyard.schedules.resume")(function* (text, actor) {
    const id = yield* parseId(text)
    const now = yield* Clock.currentTimeMillis
    // One that goes on stays as it is, so that a time that is due is not lost.
    return yield* schedules.change(
      id,
      (schedule) => Result.map(schedule.enabled ? Result.succeed(schedule) : resumed(schedule, now), revised),
      noted("schedule.resumed", actor, now),
    )
  })

  const edit: ScheduleDesk["edit"] = Effect.fn("Runyard.schedules.edit")(function* (text, input, actor) {
    const id = yield* parseId(text)
    const { request: wanted, name, ...asked } = yield* Effect.mapError(decodeEdit(input), invalid)
    // Before anything that takes long: it may be in vain.
    const before = yield* schedules.get(id)
    if (before.revision !== asked.revision) return yield* scheduleChanged(before, asked.revision)
    const request = wanted === undefined ? undefined : yield* examined(wanted)
    const now = yield* Clock.currentTimeMillis
    const change: CheckedEdit = {
      ...asked,
      ...(name === undefined ? {} : { name: name === null ? null : mask(name) }),
      ...(request === undefined ? {} : { request }),
      by: mask(actor.by),
      scope: request?.scope ?? localScope,
    }
    const fields = fieldsOf({
      ...asked,
      ...(name === undefined ? {} : { name }),
      ...(request === undefined ? {} : { request }),
    })
    return yield* schedules.change(
      id,
      (schedule) => edited(schedule, change, now),
      (schedule) => {
        const entry = noted("schedule.edited", actor, now)(schedule)
        return { ...entry, detail: { ...entry.detail, overlap: schedule.overlap, changed: fields } }
      },
    )
  })

  const fire: ScheduleDesk["fire"] = Effect.fn("Runyard.schedules.fire")(function* (text, actor, name) {
    const id = yield* parseId(text)
    const now = yield* Clock.currentTimeMillis
    const by = mask(actor.by)
    const claimant = { host, now, leaseMillis }
    const key = name === undefined ? undefined : digitsOf(name)
    if (key !== undefined) {
      const known = yield* fires.knownAs(yield* schedules.get(id), { due: now, by, key })
      if (known !== undefined) return known
    }
    const asked = yield* schedules.change(
      id,
      (schedule) => Result.succeed(askedNow(schedule, claimant, by, key)),
      noted("schedule.fired", actor, now),
    )
    const firing = key === undefined ? asked.firings.at(-1) : asked.firings.find((each) => each.key === key)
    if (firing === undefined) return yield* scheduleNotFound(id)
    const fired = yield* fires.fire(asked, firing)
    if (fired.kind === "run") return fired.run
    if (fired.kind === "held") return yield* scheduleNotFound(id)
    // Whoever asked is told, so that nobody else submits it later.
    if (fired.kind === "later") {
      const takeBack = (schedule: RunSchedule) =>
        Result.succeed(answered(schedule, firing.due, { error: fired.error.info }))
      yield* Effect.ignore(schedules.change(id, takeBack))
    }
    return yield* fired.error
  })

  const timesOf = Effect.fnUntraced(function* (times: CronSchedule, count = 5) {
    const now = yield* Clock.currentTimeMillis
    const read = yield* Effect.fromResult(readSchedule(times, now))
    return timesAfter(read, now, Math.min(Math.max(count, 0), maxTimes))
  })

  return {
    create,
    list: schedules.list,
    get: (id) => Effect.flatMap(parseId(id), schedules.get),
    pause: Effect.fn("Runyard.schedules.pause")(function* (id, actor) {
      const told = noted("schedule.paused", actor, yield* Clock.currentTimeMillis)
      return yield* schedules.change(yield* parseId(id), (schedule) => Result.succeed(revised(paused(schedule))), told)
    }),
    resume,
    edit,
    fire,
    remove: Effect.fn("Runyard.schedules.remove")(function* (id, actor) {
      const told = noted("schedule.removed", actor, yield* Clock.currentTimeMillis)
      return yield* schedules.remove(yield* parseId(id), told)
    }),
    next: (id, count) =>
      Effect.flatMap(Effect.flatMap(parseId(id), schedules.get), ({ times }) => timesOf(times, count)),
    preview: (times, count) => timesOf({ ...times, missed: "skip" }, count),
  }
}
