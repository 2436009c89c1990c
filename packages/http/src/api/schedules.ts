/** Routes of schedules: requests that are submitted at the times of a cron expression. */
import {
  CronSchedule,
  FiringKey,
  NewSchedule,
  Run,
  RunRequest,
  RunSchedule,
  ScheduleEdit,
  ScheduleId,
} from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { limitOf, reason } from "./fields.ts"

const params = { id: ScheduleId }
const Times = Schema.Struct({ times: Schema.Array(Schema.Finite) })
const count = limitOf(1_000)

export const schedules = HttpApiGroup.make("schedules")
  .add(
    HttpApiEndpoint.get("list", "/schedules", {
      success: Schema.Struct({ schedules: Schema.Array(RunSchedule) }),
    }).annotate(OpenApi.Description, "All of the store, oldest first: at most 1,000."),
    HttpApiEndpoint.post("add", "/schedules", {
      payload: Schema.Struct({ ...NewSchedule.fields, request: RunRequest }),
      success: RunSchedule,
    }).annotate(
      OpenApi.Description,
      "Saves a request, which is checked as a submit is. Its runs start while a host is there that submits them.",
    ),
    HttpApiEndpoint.post("preview", "/schedules/preview", {
      payload: Schema.Struct({
        expression: CronSchedule.fields.expression,
        timeZone: CronSchedule.fields.timeZone,
        count,
      }),
      success: Times,
    }).annotate(OpenApi.Description, "The next times of an expression that nobody has saved."),
    HttpApiEndpoint.get("get", "/schedules/:id", { params, success: RunSchedule }),
    HttpApiEndpoint.get("next", "/schedules/:id/next", { params, query: { count }, success: Times }),
    HttpApiEndpoint.patch("edit", "/schedules/:id", {
      params,
      payload: Schema.Struct({ ...ScheduleEdit.fields, request: Schema.optionalKey(RunRequest), reason }),
      success: RunSchedule,
    }).annotate(
      OpenApi.Description,
      "Changes what is named, and its times from now on. `revision` is that of the schedule as it was seen: where somebody has changed it since, QUEUE_SCHEDULE_CHANGED (409).",
    ),
    HttpApiEndpoint.post("fire", "/schedules/:id/fire", {
      params,
      headers: { "idempotency-key": Schema.optionalKey(FiringKey) },
      payload: Schema.Struct({ reason }),
      success: Run,
    }).annotate(
      OpenApi.Description,
      "A run now, outside of its plan, whose next time stays. Gives the run, or the one that this key was sent for before.",
    ),
    HttpApiEndpoint.post("pause", "/schedules/:id/pause", {
      params,
      payload: Schema.Struct({ reason }),
      success: RunSchedule,
    }),
    HttpApiEndpoint.post("resume", "/schedules/:id/resume", {
      params,
      payload: Schema.Struct({ reason }),
      success: RunSchedule,
    }).annotate(OpenApi.Description, "Times from here on count; those of the pause do not."),
    HttpApiEndpoint.delete("remove", "/schedules/:id", { params, success: RunSchedule }).annotate(
      OpenApi.Description,
      "Gives what is gone. Runs that it has become are left alone.",
    ),
  )
  .middleware(Authorization)
