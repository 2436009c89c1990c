/** Runs as their logs say they are, and the few facts about them that are not events. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import { isWithin } from "./Grant.ts"
import type { IdempotencyKey } from "./IdempotencyKey.ts"
import type { Receipt } from "./Idempotency.ts"
import { type HostIdentity, isOfTenant, type Run, type RunId, type RunState, type Scope, type Tenant } from "./Run.ts"
import type { RedactionCount } from "./RunEvent.ts"
import type { RunyardError } from "./RunyardError.ts"

export const defaultListLimit = 50
export const maxListLimit = 1_000
export const maxRedactions = 1_000

export interface RunFilter {
  /** Only those of this tenant. */
  readonly tenant?: Tenant
  readonly provider?: string
  readonly states?: ReadonlyArray<RunState>
  /** Only runs of these hosts, by id: those that execute them, or that queued them. */
  readonly hosts?: ReadonlyArray<string>
  /** Only runs that were asked to work in this directory or below it. */
  readonly cwd?: string
  /**
   * Only runs with this text in their id, title, prompt or last message, whatever the case of its ASCII letters.
   */
  readonly text?: string
  /** Newest first, at most this many (default 50, at most 1,000). */
  readonly limit?: number
  /** Only runs created before this one: the last of the page before. */
  readonly before?: RunId
}

/** Case counts for letters beyond ASCII, because it does in SQL. */
const folded = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())

/** What a text is looked for in. */
export interface RunTexts {
  readonly id: string
  readonly request: Pick<Run["request"], "prompt" | "title">
  readonly finalMessage?: string
}

/** Whether one of the texts of a run has this one in it, as `RunFilter.text` says. */
export const holdsText = (sought: string, { finalMessage = "", id, request }: RunTexts): boolean =>
  [id, request.title ?? "", request.prompt, finalMessage].some((part) => folded(part).includes(folded(sought)))

/** Whether a run is one that the filter asks for, for stores that keep runs as they are. */
export const matchesFilter =
  ({ cwd, hosts, provider, states, tenant, text }: RunFilter) =>
  (run: Run): boolean => {
    const { host, request, scope, state } = run
    return (
      (tenant === undefined || isOfTenant(scope, tenant)) &&
      (provider === undefined || request.provider === provider) &&
      (hosts === undefined || hosts.includes(host.id)) &&
      (states === undefined || states.includes(state)) &&
      (cwd === undefined || isWithin(cwd, request.cwd)) &&
      (text === undefined || holdsText(text, run))
    )
  }

export interface CancelRequest {
  readonly by: string
  readonly reason?: string
  /** Skip the polite steps of the ladder. */
  readonly force: boolean
}

/** How much a store holds. */
export interface StoreTotals {
  /** Runs by state; states without a run are missing. */
  readonly runs: { readonly [State in RunState]?: number }
  /** Events of all runs. */
  readonly events: number
}

export class RunStore extends Context.Service<
  RunStore,
  {
    /** Whether runs can be read and nothing can be written: whatever writes, the event log too, fails with `STORE_UNAVAILABLE`. */
    readonly isReadOnly: boolean
    /** Fails with `STORE_RUN_NOT_FOUND`. */
    readonly get: (id: RunId) => Effect.Effect<Run, RunyardError>
    /** Newest first, in the order in which the store created them. Fails with `STORE_RUN_NOT_FOUND` for `before`. */
    readonly list: (filter: RunFilter) => Effect.Effect<ReadonlyArray<Run>, RunyardError>
    /** The hosts of the runs that are in one of these states and have not ended. Cheap: hosts ask every few seconds. */
    readonly hosts: (states: ReadonlyArray<RunState>) => Effect.Effect<ReadonlyArray<HostIdentity>, RunyardError>
    /**
     * What was masked in the events of a run, by rule and secret, most frequent first; at most 1,000 entries. Fails with
     * `STORE_RUN_NOT_FOUND`.
     */
    readonly redactions: (id: RunId) => Effect.Effect<ReadonlyArray<RedactionCount>, RunyardError>
    /**
     * Asks the host that owns the run, wherever it is, to cancel it. Asking again keeps the first request, but `force`
     * is added to it. Fails with `STORE_RUN_NOT_FOUND`.
     */
    readonly requestCancel: (id: RunId, request: CancelRequest) => Effect.Effect<void, RunyardError>
    /** Which request of a tenant had this key; undefined where none had, or so long ago that it is new again. */
    readonly receipt: (
      scope: Pick<Scope, "platform" | "tenant">,
      key: IdempotencyKey,
    ) => Effect.Effect<Receipt | undefined, RunyardError>
    /** The cancel request of a run, if there is one. Cheap: owners ask several times a second. */
    readonly cancelRequest: (id: RunId) => Effect.Effect<CancelRequest | undefined, RunyardError>
    /** Counts runs and events. Reads an index of all runs: for something that asks a few times a minute. */
    readonly totals: Effect.Effect<StoreTotals, RunyardError>
  }
>()("@runyard/core/RunStore") {}
