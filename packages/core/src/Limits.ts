/** How much may run at once, by name. Pure. */
import * as Schema from "effect/Schema"
import type { QueueJob } from "./QueueJob.ts"

/** Units that may run at once: a natural number. 0: nothing may start, what runs may finish. */
export const Capacity = Schema.Natural
export type Capacity = typeof Capacity.Type

/** One kind of limiter: each name has a limiter of its own. */
export const NamedLimits = Schema.Struct({
  /** For names that are not listed. Missing: no limit, and no limiter. */
  default: Schema.optionalKey(Capacity),
  of: Schema.optionalKey(Schema.Record(Schema.String, Capacity)),
})
export type NamedLimits = typeof NamedLimits.Type

export const Limits = Schema.Struct({
  global: Capacity,
  provider: NamedLimits,
  /** Named `provider/account`. */
  account: NamedLimits,
  /** Named `provider/model`. */
  model: NamedLimits,
  tenant: NamedLimits,
  /** Named `tenant/workspace`. */
  workspace: NamedLimits,
})
export type Limits = typeof Limits.Type

/** Two in all, one for each provider, and no other. */
export const defaultLimits: Limits = {
  global: 2,
  provider: { default: 1 },
  account: {},
  model: {},
  tenant: {},
  workspace: {},
}

export const limiterKinds = ["global", "provider", "model", "account", "tenant", "workspace"] as const
export type LimiterKind = (typeof limiterKinds)[number]

/** The name of a job's limiter of this kind. Undefined: it has none. */
export const limiterName = (kind: LimiterKind, job: QueueJob): string | undefined => {
  switch (kind) {
    case "global":
      return "global"
    case "provider":
      return job.provider
    case "account":
      return job.account === undefined ? undefined : `${job.provider}/${job.account}`
    case "model":
      return job.model === undefined ? undefined : `${job.provider}/${job.model}`
    case "tenant":
      return job.tenant
    case "workspace":
      return `${job.tenant}/${job.workspace}`
  }
}

/**
 * The capacity of a limiter: fractions are cut off, what is negative or no number is 0, so that a broken setting starts
 * too little and never too much. `Infinity` where there is no limit.
 */
export const capacityOf = (limits: Limits, kind: LimiterKind, name: string): number => {
  const named = kind === "global" ? undefined : limits[kind]
  const listed = named?.of !== undefined && Object.hasOwn(named.of, name) ? named.of[name] : undefined
  const asked = kind === "global" ? limits.global : (listed ?? named?.default)
  if (asked === undefined) return Number.POSITIVE_INFINITY
  return asked >= 1 ? Math.floor(asked) : 0
}

/** The same limiters, none of them closed. */
export const withRoomForOne = (limits: Limits): Limits => {
  const open = (limit: number) => Math.max(1, limit)
  const all = (named: NamedLimits): NamedLimits => ({
    ...(named.default === undefined ? {} : { default: open(named.default) }),
    of: Object.fromEntries(Object.entries(named.of ?? {}).map(([name, limit]) => [name, open(limit)])),
  })
  return {
    global: open(limits.global),
    provider: all(limits.provider),
    account: all(limits.account),
    model: all(limits.model),
    tenant: all(limits.tenant),
    workspace: all(limits.workspace),
  }
}
