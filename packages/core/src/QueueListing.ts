/** The queue as people look at it: who is executed, who waits, in which order, and when they will probably start. */
import * as Schema from "effect/Schema"
import { Priority } from "./Priority.ts"
import { QueueControl } from "./QueueControl.ts"
import { ProviderId, RunId, Scope } from "./Run.ts"

export const defaultQueueLimit = 100
export const maxQueueLimit = 1_000

export const QueuedRun = Schema.Struct({
  runId: RunId,
  /** `waiting` for room or its turn, `delayed` until an instant, `held` until somebody lets it go on. */
  state: Schema.Literals(["executed", "waiting", "delayed", "held"]),
  /** From 1, of those that wait. */
  position: Schema.optionalKey(Schema.Natural),
  provider: ProviderId,
  scope: Scope,
  priority: Priority,
  weight: Schema.optionalKey(Schema.Int),
  /** Instants are milliseconds since the epoch. */
  enqueuedAt: Schema.Finite,
  notBefore: Schema.optionalKey(Schema.Finite),
  expiresAt: Schema.optionalKey(Schema.Finite),
  /** A guess: if runs take as long as the last ones of their providers did. Missing: nobody can say. */
  startsAt: Schema.optionalKey(Schema.Finite),
}).annotate({ identifier: "QueuedRun" })
export type QueuedRun = typeof QueuedRun.Type

export const QueueListing = Schema.Struct({
  control: QueueControl,
  /** All that wait, those included that are not listed. */
  waiting: Schema.Natural,
  /** Executed first, then by position, then delayed and held ones. */
  runs: Schema.Array(QueuedRun),
}).annotate({ identifier: "QueueListing" })
export type QueueListing = typeof QueueListing.Type
