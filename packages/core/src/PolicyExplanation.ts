/** What a policy comes to for one CLI, item by item, for people and programs to read. Decides nothing. Pure. */
import * as Schema from "effect/Schema"
import type { Adapter, CapabilityProfile } from "./Adapter.ts"
import { PermissionMode, SandboxMode } from "./AgentMode.ts"
import { sourced, type CliRuleName, cliRuleNames, Enforcer } from "./CliRules.ts"
import {
  Bound,
  type EffectivePolicy,
  LimitName,
  ruleFlag,
  rulePermissionMode,
  ruleSandboxMode,
  Ruling,
} from "./EffectivePolicy.ts"
import { enforcedHere, enforcementsOf, unenforcedRules } from "./Enforcement.ts"
import { describeValue, FlagShape, shapeOf } from "./FlagValue.ts"
import type { PolicyRules } from "./PolicyRules.ts"

const Enforced = Schema.Struct({ enforced: Enforcer, note: Schema.String })
type Enforced = typeof Enforced.Type

const ExplainedMode = Schema.Struct({
  mode: Schema.String,
  ...Ruling.fields,
  /** What stands on the command line; missing where the CLI has no such mode. */
  flags: Schema.optionalKey(Schema.Array(Schema.String)),
  note: Schema.optionalKey(Schema.String),
})

type RuleName = Exclude<keyof PolicyRules, "unenforced">
const hereNames = Object.keys(enforcedHere) as ReadonlyArray<keyof typeof enforcedHere>
const ruleNames: ReadonlyArray<RuleName> = [...hereNames, ...cliRuleNames]

const ExplainedRule = Schema.Struct({
  rule: Schema.Literals(ruleNames),
  /** What each layer says, in the layer's own words. */
  set: Schema.Array(sourced(Schema.Json)),
  ...Enforced.fields,
  /** Where nobody keeps it: what becomes of a run. */
  then: Schema.optionalKey(Schema.Literals(["refuse", "warn"])),
})

export const PolicyExplanation = Schema.Struct({
  provider: Schema.String,
  name: Schema.String,
  version: Schema.optionalKey(Schema.String),
  /** Whether runs may use it at all. */
  use: Ruling,
  advanced: sourced(Schema.Boolean),
  flags: Schema.Array(
    Schema.Struct({
      flag: Schema.String,
      ...Ruling.fields,
      /** What it takes, for people and for programs. */
      value: Schema.optionalKey(Schema.String),
      shape: Schema.optionalKey(FlagShape),
    }),
  ),
  permissionModes: Schema.Array(ExplainedMode),
  /** With `none` for a request that names none. */
  sandboxModes: Schema.Array(ExplainedMode),
  limits: Schema.Array(Schema.Struct({ limit: LimitName, ...Bound.fields, ...Enforced.fields })),
  /** Variables that the child gets where they are set, whatever a request says. */
  env: Schema.Array(Schema.String),
  rules: Schema.Array(ExplainedRule),
}).annotate({ identifier: "PolicyExplanation" })
export type PolicyExplanation = typeof PolicyExplanation.Type

const ruleOfLimit = {
  wallMillis: "maxWallMillis",
  idleMillis: "maxIdleMillis",
  toolIdleMillis: "maxIdleMillis",
  lingerMillis: "maxIdleMillis",
  queueMillis: "maxQueueMillis",
  turns: "maxTurns",
  costUsd: "maxCostUsd",
} as const satisfies Record<LimitName, keyof PolicyRules>

const isCliRule = (rule: string): rule is CliRuleName => cliRuleNames.some((name) => name === rule)

const modeOf = (
  mode: string,
  ruling: Ruling,
  told: { readonly flags?: unknown; readonly note: string } | undefined,
) => {
  const flags = told?.flags as ReadonlyArray<string> | undefined
  const missing = told !== undefined && flags === undefined
  return {
    mode,
    ...(missing ? { decision: "denied" as const, reason: told.note, source: "built in" } : ruling),
    ...(flags === undefined ? {} : { flags }),
    ...(told === undefined || missing ? {} : { note: told.note }),
  }
}

export const explainPolicy = (
  adapter: Adapter,
  profile: CapabilityProfile,
  policy: EffectivePolicy,
): PolicyExplanation => {
  const { flags = {}, modes } = adapter
  const enforcements = enforcementsOf(adapter, profile, policy)
  const unkept = unenforcedRules(policy, enforcements)
  const enforcedBy = (rule: RuleName): Enforced => {
    const { enforced, note } = isCliRule(rule) ? enforcements[rule] : enforcedHere[rule]
    return { enforced, note }
  }
  return {
    provider: adapter.provider,
    name: adapter.name,
    ...(profile.version === undefined ? {} : { version: profile.version }),
    use: policy.use,
    advanced: policy.advanced,
    flags: Object.keys(flags)
      .toSorted()
      .map((flag) => {
        const value = flags[flag]?.value
        return {
          flag,
          ...ruleFlag(policy, flags, flag),
          ...(value === undefined ? {} : { value: describeValue(value), shape: shapeOf(value) }),
        }
      }),
    permissionModes: PermissionMode.literals.map((mode) =>
      modeOf(mode, rulePermissionMode(policy, mode), modes?.permission[mode]),
    ),
    sandboxModes: [
      modeOf("none", ruleSandboxMode(policy, undefined), undefined),
      ...SandboxMode.literals.map((mode) => modeOf(mode, ruleSandboxMode(policy, mode), modes?.sandbox[mode])),
    ],
    limits: LimitName.literals.map((limit) => {
      return { limit, ...policy.limits[limit], ...enforcedBy(ruleOfLimit[limit]) }
    }),
    env: adapter.env,
    rules: ruleNames.map((rule) => {
      const then = unkept.filter((each) => each.rule === rule).map((each) => each.then)
      return {
        rule,
        set: policy.layers.flatMap(({ document, source }) => {
          const value = document[rule]
          return value === undefined ? [] : [{ value, source }]
        }),
        ...enforcedBy(rule),
        ...(then.length === 0 ? {} : { then: then.includes("refuse") ? ("refuse" as const) : ("warn" as const) }),
      }
    }),
  }
}
