/** The log of every run: append, replay from a place, go on live. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { AuditEntry } from "./AuditLog.ts"
import type { QueueRoom } from "./QueueQuota.ts"
import type { RunId, Tenant } from "./Run.ts"
import type { EventDraft, RunEvent, Severity, StoredEvent } from "./RunEvent.ts"
import type { RunyardError } from "./RunyardError.ts"

export interface Page {
  /** The last place already seen; 0 for none. */
  readonly after: number
  readonly limit: number
  /** The last place that is looked at, found or not: where only some are wanted it bounds the cost. Default: to the end. */
  readonly until?: number
}

/** Of one run. */
export interface RunPage extends Page {
  /** Only events of these. Default: all. */
  readonly severities?: ReadonlyArray<Severity>
}

export interface TailOptions {
  /** The last place already seen. Default 0: from the start. */
  readonly after?: number
  /** `true` (default): goes on live. `false`: ends at what is stored now. */
  readonly follow?: boolean
}

export class EventLog extends Context.Service<
  EventLog,
  {
    /**
     * Numbers and stores the drafts, in order and all or none, and applies `RunTransition` to the run in the same
     * transaction; returns when they are committed, and only then shows them to subscribers. The first event of a run
     * must be `run.queued`, which creates it; `room` says how many may wait with it, and counts in that transaction what waits
     * in the store: `QUEUE_QUOTA`, `QUEUE_FULL`. Appends of many runs are committed in groups. Fails with
     * `STORE_CONFLICT` when the run's state forbids an event (nothing is stored then), `QUEUE_IDEMPOTENCY_CONFLICT` when
     * the key of a new run's request is another one's in its tenant (by `Idempotency.receiptOf`), `STORE_RUN_NOT_FOUND`,
     * `STORE_BUSY`, `STORE_FAILED`, `STORE_FULL`. Interruption does not take back what is already on its way to disk.
     * @param entry what is written into the audit log with it, in the same transaction.
     */
    readonly append: (
      runId: RunId,
      drafts: ReadonlyArray<EventDraft>,
      room?: QueueRoom,
      entry?: AuditEntry,
    ) => Effect.Effect<ReadonlyArray<RunEvent>, RunyardError>
    /** Up to `limit` (at most 1,000) events of a run after `seq`, in order. Fails with `STORE_RUN_NOT_FOUND`. */
    readonly read: (runId: RunId, page: RunPage) => Effect.Effect<ReadonlyArray<RunEvent>, RunyardError>
    /** Up to `limit` (at most 1,000) events of all runs after `cursor`, in the order of their commits. */
    readonly readAll: (page: Page) => Effect.Effect<ReadonlyArray<StoredEvent>, RunyardError>
    /**
     * The cursor of the first event after `after` of any run of a tenant; undefined where there is none. Costs by the runs of
     * the store, not by the events that lie between.
     */
    readonly nextOfTenant: (tenant: Tenant, after: number) => Effect.Effect<number | undefined, RunyardError>
    /** The newest cursor; 0 where nothing is stored. */
    readonly last: Effect.Effect<number, RunyardError>
    /**
     * The events of a run after `seq`: first what is stored, then live, with no seam, gap or repeat, also when another
     * host writes them. Ends after the terminal event. A slow reader costs nothing and misses nothing: it reads the
     * store at its own pace. Fails with `STORE_RUN_NOT_FOUND`.
     */
    readonly events: (runId: RunId, options?: TailOptions) => Stream.Stream<RunEvent, RunyardError>
    /** The events of all runs after a cursor; goes on for ever when following. */
    readonly all: (options?: TailOptions) => Stream.Stream<StoredEvent, RunyardError>
  }
>()("@runyard/core/EventLog") {}
