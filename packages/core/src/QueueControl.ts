/** What was decided for the whole queue of a store, and holds for every host on it: what is paused, and which limits. Pure. */
import * as Schema from "effect/Schema"
import { type BudgetRule, isAboutTenant, StoredBudgetRule } from "./Budget.ts"
import type { FairSettings } from "./FairSettings.ts"
import { Capacity, type NamedLimits } from "./Limits.ts"
import { changeQuotas, QuotaChange, Quotas } from "./QueueQuota.ts"
import { tenantName } from "./QueueEntry.ts"
import { localScope, ProviderId, type Tenant } from "./Run.ts"

/** Budgets of a store. */
export const maxBudgets = 100
/** Names that have a limit of their own, of each kind. */
const maxNames = 1_000
const namedOf = <S extends Schema.Codec<unknown, unknown>>(value: S) =>
  Schema.Record(Schema.NonEmptyString.check(Schema.isMaxLength(400)), value).check(Schema.isMaxProperties(maxNames))

const overridesOf = <S extends Schema.Codec<unknown, unknown>>(value: S) =>
  Schema.Struct({
    global: Schema.optionalKey(value),
    provider: Schema.optionalKey(namedOf(value)),
    /** By `provider/account`. */
    account: Schema.optionalKey(namedOf(value)),
    /** By `provider/model`. */
    model: Schema.optionalKey(namedOf(value)),
    tenant: Schema.optionalKey(namedOf(value)),
    /** By `tenant/workspace`. */
    workspace: Schema.optionalKey(namedOf(value)),
  })

/** Limits in place of those that each host has in its settings. */
export const LimitOverrides = overridesOf(Capacity)
export type LimitOverrides = typeof LimitOverrides.Type

export const QueueControl = Schema.Struct({
  /** Nothing starts. What is executed goes on. */
  paused: Schema.Boolean,
  /** Nothing of these starts. */
  pausedProviders: Schema.Array(ProviderId).check(Schema.isMaxLength(maxNames)),
  limits: LimitOverrides,
  /** How many runs may wait, before what each host has in its settings. Missing: as these say. */
  quotas: Schema.optionalKey(Quotas),
  /** Budgets of all hosts, in place of those of their settings that have the same ids. Missing: none. */
  budgets: Schema.optionalKey(Schema.Array(StoredBudgetRule)),
}).annotate({ identifier: "QueueControl" })
export type QueueControl = typeof QueueControl.Type

/** Nothing is paused, and each host has the limits of its settings. */
export const openControl: QueueControl = { paused: false, pausedProviders: [], limits: {} }

/** One decision. Without a provider: the whole queue. Of limits only those named change; null: as each host's settings say. */
export const ControlChange = Schema.Union([
  Schema.Struct({ kind: Schema.Literals(["pause", "resume"]), provider: Schema.optionalKey(ProviderId) }),
  Schema.Struct({ kind: Schema.Literal("limits"), limits: overridesOf(Schema.NullOr(Capacity)) }),
  Schema.Struct({ kind: Schema.Literal("quotas"), quotas: QuotaChange }),
  /** What is kept under the id of the rule. */
  Schema.Struct({ kind: Schema.Literal("budget"), rule: StoredBudgetRule }),
  /** From here on it is as each host's settings say. What was used is remembered. */
  Schema.Struct({ kind: Schema.Literal("noBudget"), id: StoredBudgetRule.fields.id }),
]).annotate({ identifier: "ControlChange" })
export type ControlChange = typeof ControlChange.Type
type LimitChange = Extract<ControlChange, { readonly kind: "limits" }>["limits"]

/** A decision as it was stored: who, when, why, and what has held since. */
export const ControlRecord = Schema.Struct({
  at: Schema.Finite,
  by: Schema.String,
  reason: Schema.optionalKey(Schema.String),
  change: ControlChange,
  control: QueueControl,
}).annotate({ identifier: "ControlRecord" })
export type ControlRecord = typeof ControlRecord.Type

const namedKinds = ["provider", "account", "model", "tenant", "workspace"] as const

const withoutNulls = <A>(values: Readonly<Record<string, A | null>>): Readonly<Record<string, A>> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, A] => entry[1] !== null))

const mergeLimits = (limits: LimitOverrides, change: LimitChange): LimitOverrides => {
  const global = change.global === undefined ? limits.global : (change.global ?? undefined)
  const merged = namedKinds.flatMap((kind) => {
    const values = withoutNulls({ ...limits[kind], ...change[kind] })
    return Object.keys(values).length === 0 ? [] : [[kind, values] as const]
  })
  return { ...(global === undefined ? {} : { global }), ...Object.fromEntries(merged) }
}

const withQuotas = (control: QueueControl, quotas: Quotas): QueueControl => {
  const { quotas: _, ...rest } = control
  return Object.keys(quotas).length === 0 ? rest : { ...rest, quotas }
}

const withBudgets = (control: QueueControl, budgets: ReadonlyArray<BudgetRule>): QueueControl => {
  const { budgets: _, ...rest } = control
  return budgets.length === 0 ? rest : { ...rest, budgets }
}

const otherBudgets = ({ budgets = [] }: QueueControl, id: string): ReadonlyArray<BudgetRule> =>
  budgets.filter((rule) => rule.id !== id)

/** What holds after a decision. */
export const decideControl = (control: QueueControl, change: ControlChange): QueueControl => {
  if (change.kind === "limits") return { ...control, limits: mergeLimits(control.limits, change.limits) }
  if (change.kind === "quotas") return withQuotas(control, changeQuotas(control.quotas ?? {}, change.quotas))
  if (change.kind === "budget") return withBudgets(control, [...otherBudgets(control, change.rule.id), change.rule])
  if (change.kind === "noBudget") return withBudgets(control, otherBudgets(control, change.id))
  const paused = change.kind === "pause"
  const { provider } = change
  if (provider === undefined) return { ...control, paused }
  const others = control.pausedProviders.filter((other) => other !== provider)
  return { ...control, pausedProviders: paused ? [...others, provider].toSorted() : others }
}

/** Of names by tenant, and by `tenant/workspace`, those of one tenant. */
const namesOf = <A>(
  named: Readonly<Record<string, A>> | undefined,
  isMeant: (name: string) => boolean,
): Readonly<Record<string, A>> | undefined => {
  const found = Object.entries(named ?? {}).filter(([name]) => isMeant(name))
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

/**
 * What one tenant may know of it: what holds for everybody, and what is said of itself. Nothing that names another tenant,
 * and no budget of one.
 */
export const controlOf = ({ budgets = [], limits, quotas, ...rest }: QueueControl, of: Tenant): QueueControl => {
  const name = tenantName({ ...localScope, ...of })
  const isOwn = (given: string): boolean => given === name
  const isBelow = (given: string): boolean => given.startsWith(`${name}/`)
  const own = <Of extends { readonly tenant?: Readonly<Record<string, unknown>> }>(
    all: Of & { readonly workspace?: Readonly<Record<string, unknown>> },
  ) => {
    const { tenant: tenants, workspace: workspaces, ...others } = all
    const tenant = namesOf(tenants, isOwn)
    const workspace = namesOf(workspaces, isBelow)
    return {
      ...others,
      ...(tenant === undefined ? {} : { tenant }),
      ...(workspace === undefined ? {} : { workspace }),
    } as Of
  }
  const about = budgets.filter((rule) => isAboutTenant(rule, of.tenant))
  return {
    ...rest,
    limits: own(limits),
    ...(quotas === undefined ? {} : { quotas: own(quotas) }),
    ...(about.length === 0 ? {} : { budgets: about }),
  }
}

/** The settings of a host as they hold under a control. */
export const underControl = (
  settings: FairSettings,
  { limits, paused, pausedProviders }: QueueControl,
): FairSettings => {
  if (!paused && pausedProviders.length === 0 && Object.keys(limits).length === 0) return settings
  const named = (own: NamedLimits, of: Readonly<Record<string, Capacity>> = {}): NamedLimits =>
    Object.keys(of).length === 0 ? own : { ...own, of: { ...own.of, ...of } }
  const stopped = Object.fromEntries(pausedProviders.map((provider) => [provider, 0]))
  const { account, global, model, provider, tenant, workspace } = settings.limits
  return {
    ...settings,
    limits: {
      global: paused ? 0 : (limits.global ?? global),
      provider: named(provider, { ...limits.provider, ...stopped }),
      account: named(account, limits.account),
      model: named(model, limits.model),
      tenant: named(tenant, limits.tenant),
      workspace: named(workspace, limits.workspace),
    },
  }
}
