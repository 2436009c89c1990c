/** A run as the queue sees it: what decides when it begins, and what it takes away from others while it is executed. Pure. */
import * as Schema from "effect/Schema"
import { localScope, QueuePlace, type Run, RunId, Scope } from "./Run.ts"

export const QueueEntry = Schema.Struct({
  id: RunId,
  /** Counts the submits of a store: who came first. */
  order: Schema.Natural,
  /** `live` from the claim to the end of an attempt. */
  state: Schema.Literals(["waiting", "live"]),
  /** The host that queued it, or that executes it, by id. */
  host: Schema.String,
  scope: Scope,
  provider: Schema.String,
  account: Schema.optionalKey(Schema.String),
  model: Schema.optionalKey(Schema.String),
  /** The conversation that it goes on with. Two runs in one at once would spoil it. */
  session: Schema.optionalKey(Schema.String),
  enqueuedAt: Schema.Finite,
  place: QueuePlace,
  /** The host that has the right to execute it, by id. */
  lease: Schema.optionalKey(Schema.String),
})
export type QueueEntry = typeof QueueEntry.Type

const waitingStates: ReadonlySet<Run["state"]> = new Set(["queued", "retry_wait"])
const liveStates: ReadonlySet<Run["state"]> = new Set(["starting", "running"])

/** Whether it waits for its turn, for its time, or to be let go on. */
export const isWaiting = ({ state }: Pick<Run, "state">): boolean => waitingStates.has(state)

const sessionOf = ({ request: { session }, sessionId }: Run): string | undefined => {
  if (sessionId !== undefined) return sessionId
  if (session?.kind === "resume") return session.fork === true ? undefined : session.id
  return session?.id
}

/** Of runs without a tenant, those in one directory belong together. */
export const workspaceOf = ({ request, scope }: Pick<Run, "request" | "scope">): Scope =>
  scope.workspace === localScope.workspace ? { ...scope, workspace: request.cwd } : scope

/** What a tenant is called where limits, lanes and quotas name it: `acme`, and on another platform `web/acme`. */
export const tenantName = ({ platform, tenant }: Scope): string =>
  platform === localScope.platform ? tenant : `${platform}/${tenant}`

/** Undefined for a run that neither waits nor is executed. The lease is the store's to add. */
export const fromRun = (run: Run, order: number): QueueEntry | undefined => {
  const waiting = isWaiting(run)
  if (!waiting && !liveStates.has(run.state)) return undefined
  const { account, model, provider } = run.request
  const session = sessionOf(run)
  return {
    id: run.id,
    order,
    state: waiting ? "waiting" : "live",
    host: run.host.id,
    scope: workspaceOf(run),
    provider,
    ...(account === undefined ? {} : { account }),
    ...(model === undefined ? {} : { model }),
    ...(session === undefined ? {} : { session }),
    enqueuedAt: run.createdAt,
    place: run.queue ?? { priority: "normal" },
  }
}

/** Whether two states of a run may look different to the queue. Cheap: every commit of a run asks. */
export const differs = (before: Run, after: Run): boolean =>
  before.state !== after.state ||
  before.host !== after.host ||
  before.queue !== after.queue ||
  before.sessionId !== after.sessionId

const isHeld = ({ queue }: Run): boolean => queue?.held === true

/**
 * Whether who had the run has no right to it any more: its attempt has ended, and the run waits again; or somebody holds it
 * before it has begun.
 */
export const endsLease = (before: Run, after: Run): boolean =>
  isWaiting(after) &&
  (!isWaiting(before) || before.attempts.length !== after.attempts.length || (isHeld(after) && !isHeld(before)))
