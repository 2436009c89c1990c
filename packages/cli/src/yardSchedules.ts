/** The schedules of the store, as promises. */
import {
  type Actor,
  type NewSchedule,
  type Run,
  type RunSchedule,
  Runyard,
  type RunyardError,
  type ScheduleEdit,
} from "@runyard/core"
import * as Effect from "effect/Effect"
import { readKey } from "./firingKey.ts"
import type { StartRequest } from "./StartRequest.ts"

export interface ScheduleRequest extends Omit<NewSchedule, "request"> {
  /** What is submitted at each time: without a key, without `notBefore`, and without a secret in it. */
  readonly request: StartRequest
}

export interface ScheduleChange extends Omit<ScheduleEdit, "request"> {
  /** The whole request, in place of the one that is there. */
  readonly request?: StartRequest
}

/** Requests that are submitted at the times of a cron expression, by programs that were opened with `schedules`. */
export interface YardSchedules {
  /** Checks the request as `start` does. Rejects as that does, and with `QUEUE_SCHEDULE_INVALID`. */
  readonly create: (schedule: ScheduleRequest, actor?: Partial<Actor>) => Promise<RunSchedule>
  /** Oldest first. */
  readonly list: () => Promise<ReadonlyArray<RunSchedule>>
  /**
   * Changes what is named, and its times from now on. Rejects as `create` does, and with `QUEUE_SCHEDULE_CHANGED` where somebody
   * has changed it since the `revision` that is given.
   */
  readonly edit: (id: string, change: ScheduleChange, actor?: Partial<Actor>) => Promise<RunSchedule>
  /**
   * A run now, outside of its plan.
   * @param idempotencyKey your name for it, 1 to 150 visible ASCII characters: sent again, it is the same run.
   */
  readonly fire: (id: string, actor?: Partial<Actor>, idempotencyKey?: string) => Promise<Run>
  /** No time counts from here on. Rejects with `QUEUE_SCHEDULE_NOT_FOUND`, as the others do. */
  readonly pause: (id: string, actor?: Partial<Actor>) => Promise<RunSchedule>
  /** Times from here on count. */
  readonly resume: (id: string, actor?: Partial<Actor>) => Promise<RunSchedule>
  /** Its runs are left alone. */
  readonly remove: (id: string, actor?: Partial<Actor>) => Promise<RunSchedule>
  /** The next times, 5 by default, in milliseconds since the epoch. */
  readonly next: (id: string, count?: number) => Promise<ReadonlyArray<number>>
}

const byUser = (actor: Partial<Actor> = {}): Actor => ({ by: "user", ...actor })

export const yardSchedules = (
  call: <A>(effect: Effect.Effect<A, RunyardError, Runyard>) => Promise<A>,
): YardSchedules => {
  const act = (verb: "pause" | "resume" | "remove") => (id: string, actor?: Partial<Actor>) =>
    call(Runyard.use((yard) => yard.schedules[verb](id, byUser(actor))))
  return {
    create: ({ request, ...times }, actor) =>
      call(
        Runyard.use((yard) =>
          yard.schedules.create({ ...times, request: { cwd: process.cwd(), ...request } }, byUser(actor)),
        ),
      ),
    list: () => call(Runyard.use((yard) => yard.schedules.list)),
    edit: (id, { request, ...change }, actor) => {
      const asked = request === undefined ? {} : { request: { cwd: process.cwd(), ...request } }
      return call(Runyard.use((yard) => yard.schedules.edit(id, { ...change, ...asked }, byUser(actor))))
    },
    fire: (id, actor, key) =>
      call(Effect.flatMap(readKey(key), (read) => Runyard.use((yard) => yard.schedules.fire(id, byUser(actor), read)))),
    pause: act("pause"),
    resume: act("resume"),
    remove: act("remove"),
    next: (id, count) => call(Runyard.use((yard) => yard.schedules.next(id, count))),
  }
}
