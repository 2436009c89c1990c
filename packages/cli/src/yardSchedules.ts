/** The schedules of the store, as promises. */
import { type Actor, type NewSchedule, type RunSchedule, Runyard, type RunyardError } from "@runyard/core"
import type * as Effect from "effect/Effect"
import type { StartRequest } from "./StartRequest.ts"

export interface ScheduleRequest extends Omit<NewSchedule, "request"> {
  /** What is submitted at each time: without a key, without `notBefore`, and without a secret in it. */
  readonly request: StartRequest
}

/** Requests that are submitted at the times of a cron expression, by programs that were opened with `schedules`. */
export interface YardSchedules {
  /** Checks the request as `start` does. Rejects as that does, and with `QUEUE_SCHEDULE_INVALID`. */
  readonly create: (schedule: ScheduleRequest, actor?: Partial<Actor>) => Promise<RunSchedule>
  /** Oldest first. */
  readonly list: () => Promise<ReadonlyArray<RunSchedule>>
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
    pause: act("pause"),
    resume: act("resume"),
    remove: act("remove"),
    next: (id, count) => call(Runyard.use((yard) => yard.schedules.next(id, count))),
  }
}
