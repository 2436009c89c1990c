/** The queue of a store, shared by all hosts on it: who waits, who is executed, and who has the right to execute whom. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { FairClock } from "./FairClock.ts"
import type { ControlRecord, QueueControl } from "./QueueControl.ts"
import type { QueueEntry } from "./QueueEntry.ts"
import type { HostIdentity, RunId } from "./Run.ts"
import type { RunyardError } from "./RunyardError.ts"

/** Decisions for the whole queue that are remembered; the oldest go first. */
export const maxControls = 1_000

/** How long a host that says nothing is remembered: with the first beat of another one those that are gone for longer go. */
export const hostMemoryMillis = 30 * 24 * 60 * 60_000

export interface QueueChanges {
  /** Of the newest change that is in here. Counts up, over all hosts. */
  readonly version: number
  /** Whether these are all entries that there are: what was known before is to be forgotten. */
  readonly whole: boolean
  readonly entries: ReadonlyArray<QueueEntry>
  /** Runs that neither wait nor are executed any more. */
  readonly gone: ReadonlyArray<RunId>
  /** What holds for the whole queue, whatever the version. */
  readonly control: QueueControl
}

/** Of a host that is there to execute runs. */
export interface HostBeat {
  readonly host: HostIdentity
  /** Counts up while the host is well. Whoever sees it stand still for the length of a lease may take the host for dead. */
  readonly beat: number
  /** Whether it was put out and has not said since that it has stopped what it executed. */
  readonly out: boolean
}

export class RunQueue extends Context.Service<
  RunQueue,
  {
    /** What has changed since a version; everything after 0, and after a version that is too old to tell. */
    readonly changes: (after: number) => Effect.Effect<QueueChanges, RunyardError>
    /**
     * Leases runs to a host, in one transaction with what decides about it: `choose` is given what has changed since a version,
     * and names waiting runs that nobody has leased; others are ignored. Gives the version after it. `choose` runs while every
     * other host waits, so it must be quick. When it fails after `choose` has been called, nothing is leased. Fails with
     * `QUEUE_LEASE_LOST` before that for a host that is out.
     */
    readonly claim: (
      host: string,
      after: number,
      choose: (changes: QueueChanges) => ReadonlyArray<RunId>,
    ) => Effect.Effect<{ readonly version: number; readonly claimed: ReadonlyArray<RunId> }, RunyardError>
    /** How many runs wait, delayed and held ones included. */
    readonly waiting: Effect.Effect<number, RunyardError>
    /** What was last kept of the order; undefined where nothing was, or where it cannot be read. */
    readonly clock: Effect.Effect<FairClock | undefined, RunyardError>
    /** Keeps what the order remembers, in place of what was kept before. */
    readonly keepClock: (clock: FairClock) => Effect.Effect<void, RunyardError>
    /** What holds for the whole queue now. Cheap. */
    readonly control: Effect.Effect<QueueControl, RunyardError>
    /**
     * Decides something for the whole queue, and writes it into the audit log, by `AuditTrail.entryOfDecision`, in the same
     * transaction. Every host is told with its next look, inside the claim. Gives what holds.
     */
    readonly decide: (decision: Omit<ControlRecord, "control">) => Effect.Effect<QueueControl, RunyardError>
    /** The last decisions, newest first: at most `limit`, and 1,000. */
    readonly decisions: (limit: number) => Effect.Effect<ReadonlyArray<ControlRecord>, RunyardError>
    /** Ends leases of a host on runs that wait. @param ids which ones; default: all. */
    readonly release: (host: string, ids?: ReadonlyArray<RunId>) => Effect.Effect<void, RunyardError>
    /**
     * Says that a host is well. Fails with `QUEUE_LEASE_LOST` for a host that was put out: others have taken what it had leased,
     * and the log takes no `queue.claimed` of it.
     * @param anew that it executes nothing any more, so that it is let in again.
     */
    readonly beat: (host: HostIdentity, anew?: boolean) => Effect.Effect<void, RunyardError>
    /** The hosts that have said so, with those that are out. */
    readonly hosts: Effect.Effect<ReadonlyArray<HostBeat>, RunyardError>
    /**
     * Puts out a host, unless it has said that it is well since: `beat` is what was seen of it. Gives whether it is out; then
     * its leases on waiting runs are over. A host puts itself out when it stops.
     */
    readonly putOut: (host: string, beat?: number) => Effect.Effect<boolean, RunyardError>
  }
>()("@runyard/core/RunQueue") {}
