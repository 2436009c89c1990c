/** Who has decided what on a store: policies, grants, the queue, schedules, budgets. Written once, never changed. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { isOfTenant, localScope, Scope, type Tenant } from "./Run.ts"
import type { RunyardError } from "./RunyardError.ts"

export const AuditAction = Schema.Literals([
  "policy.advanced_on",
  "policy.advanced_off",
  "grant.given",
  "grant.revoked",
  "queue.pause",
  "queue.resume",
  "queue.limits",
  "queue.quotas",
  "queue.run_changed",
  "budget.set",
  "budget.removed",
  "schedule.created",
  "schedule.edited",
  "schedule.fired",
  "schedule.paused",
  "schedule.resumed",
  "schedule.removed",
])
export type AuditAction = typeof AuditAction.Type

export const AuditEntry = Schema.Struct({
  /** Of what was decided about; the local one for what holds for the whole store. */
  scope: Scope,
  /** In milliseconds since the epoch. */
  at: Schema.Finite,
  /** The user of the machine, or whoever a program said it was for. */
  actor: Schema.String,
  action: AuditAction,
  /** What it was about: an id, a directory, a provider. */
  subject: Schema.String,
  /** What was decided. No prompt, no secret. */
  detail: Schema.Record(Schema.String, Schema.Json),
}).annotate({ identifier: "AuditEntry" })
export type AuditEntry = typeof AuditEntry.Type

/** An entry as it was stored. */
export const AuditRecord = Schema.Struct({
  /** Grows from entry to entry. */
  id: Schema.Natural,
  ...AuditEntry.fields,
}).annotate({ identifier: "AuditRecord" })
export type AuditRecord = typeof AuditRecord.Type

export interface AuditFilter {
  /** At most: 100 by default, never more than 10,000. */
  readonly limit?: number
  /** Only what was decided about this tenant. */
  readonly tenant?: Tenant
  /** Only actions that begin so, such as `grant` or `queue.pause`. */
  readonly action?: string
  /** Only entries that were stored before this one, by id: where the next page begins. */
  readonly before?: number
}

/** Entries that are kept; the oldest go first. */
export const maxAudit = 100_000
export const auditLimit = ({ limit = 100 }: AuditFilter): number => Math.min(Math.max(limit, 0), 10_000)

export class AuditLog extends Context.Service<
  AuditLog,
  {
    /**
     * Writes down what nobody else does: acts on the store itself are written down with them.
     * @param options `once`: not where the same was done about the same, by the same and at the same instant.
     */
    readonly record: (entry: AuditEntry, options?: { readonly once: boolean }) => Effect.Effect<void, RunyardError>
    /** Newest first. */
    readonly list: (filter?: AuditFilter) => Effect.Effect<ReadonlyArray<AuditRecord>, RunyardError>
  }
>()("@runyard/core/AuditLog") {
  /** Keeps it in memory. Nothing outlives the scope. */
  static readonly layerMemory = Layer.sync(AuditLog, () => memoryAudit().service)
}

const isSameAct = (one: AuditEntry, other: AuditEntry): boolean =>
  one.at === other.at && one.action === other.action && one.actor === other.actor && one.subject === other.subject

export interface MemoryAudit {
  readonly write: (entry: AuditEntry) => void
  readonly service: AuditLog["Service"]
}

/** The log of a store in memory, whose acts write their entries as they are done. */
export const memoryAudit = (): MemoryAudit => {
  const entries: Array<AuditRecord> = []
  let last = 0
  const write = (entry: AuditEntry) => {
    entries.push({ ...entry, id: ++last })
    if (entries.length > maxAudit) entries.shift()
  }
  const service = AuditLog.of({
    record: (entry, options) =>
      Effect.sync(() => {
        if (options?.once !== true || !entries.some((other) => isSameAct(entry, other))) write(entry)
      }),
    list: (filter = {}) =>
      Effect.sync(() =>
        entries
          .filter(({ scope }) => filter.tenant === undefined || isOfTenant(scope, filter.tenant))
          .filter(({ action, id }) => action.startsWith(filter.action ?? "") && id < (filter.before ?? Infinity))
          .toReversed()
          .slice(0, auditLimit(filter)),
      ),
  })
  return { write, service }
}

/** One entry for now, of what no store does: of what one does it writes the entry itself, in the same transaction. */
export const audit = (
  log: AuditLog["Service"],
  entry: Omit<AuditEntry, "at" | "scope"> & { readonly scope?: Scope },
): Effect.Effect<void, RunyardError> =>
  Effect.flatMap(Clock.currentTimeMillis, (at) => log.record({ scope: localScope, ...entry, at }))
