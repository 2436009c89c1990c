/** What the order of the queue needs to know of a run. Pure data, one row of the durable queue each. */
import * as Schema from "effect/Schema"
import { Priority } from "./Priority.ts"
import { ProviderId } from "./Run.ts"

/** The most units that one job may weigh. */
export const maximumUnits = 64

export const QueueJob = Schema.Struct({
  id: Schema.NonEmptyString,
  /** Number of its row: unique, and greater for each later row. Decides inside a lane. */
  sequence: Schema.Finite,
  tenant: Schema.String,
  workspace: Schema.String,
  provider: ProviderId,
  account: Schema.optionalKey(Schema.String),
  model: Schema.optionalKey(Schema.String),
  priority: Priority,
  /** What it takes of each limiter: 1 to 64, 1 for most. */
  units: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maximumUnits })),
  /** The conversation that it writes to, if it goes on with one: only one job of a session runs at once. */
  session: Schema.optionalKey(Schema.String),
  /** In milliseconds of the store's clock, as are the other two. */
  enqueuedAt: Schema.Finite,
  /** Not started before this instant. */
  notBefore: Schema.optionalKey(Schema.Finite),
  /** Not started at or after this instant. */
  expiresAt: Schema.optionalKey(Schema.Finite),
})
export type QueueJob = typeof QueueJob.Type

/** When it could first have been started. Its waiting counts from here. */
export const since = (job: QueueJob): number => Math.max(job.enqueuedAt, job.notBefore ?? job.enqueuedAt)
