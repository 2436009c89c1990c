/** What a policy comes to for one CLI, item by item, for people and programs to read. Decides nothing. Pure. */
import type { Adapter, CapabilityProfile } from "./Adapter.ts"
import { PermissionMode, SandboxMode } from "./AgentMode.ts"
import {
  type Bound,
  type EffectivePolicy,
  type LimitName,
  ruleFlag,
  rulePermissionMode,
  ruleSandboxMode,
  type Ruling,
  type Sourced,
} from "./EffectivePolicy.ts"
import {
  type CliRuleName,
  cliRuleNames,
  enforcedHere,
  type Enforcement,
  enforcementsOf,
  unenforcedRules,
} from "./Enforcement.ts"
import { describeValue } from "./FlagValue.ts"
import type { PolicyRules } from "./PolicyRules.ts"

type Enforced = Pick<Enforcement, "enforced" | "note">

interface ExplainedMode extends Ruling {
  readonly mode: string
  /** What stands on the command line; missing where the CLI has no such mode. */
  readonly flags?: ReadonlyArray<string>
  readonly note?: string
}

interface ExplainedRule extends Enforced {
  readonly rule: Exclude<keyof PolicyRules, "unenforced">
  /** What each layer says, in the layer's own words. */
  readonly set: ReadonlyArray<Sourced<unknown>>
  /** Where nobody keeps it: what becomes of a run. */
  readonly then?: "refuse" | "warn"
}

export interface PolicyExplanation {
  readonly provider: string
  readonly name: string
  readonly version?: string
  /** Whether runs may use it at all. */
  readonly use: Ruling
  readonly advanced: Sourced<boolean>
  readonly flags: ReadonlyArray<Ruling & { readonly flag: string; readonly value?: string }>
  readonly permissionModes: ReadonlyArray<ExplainedMode>
  /** With `none` for a request that names none. */
  readonly sandboxModes: ReadonlyArray<ExplainedMode>
  readonly limits: ReadonlyArray<Bound & Enforced & { readonly limit: LimitName }>
  /** Variables that the child gets where they are set, whatever a request says. */
  readonly env: ReadonlyArray<string>
  readonly rules: ReadonlyArray<ExplainedRule>
}

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
  const enforcedBy = (rule: Exclude<keyof PolicyRules, "unenforced">): Enforced => {
    const { enforced, note } = isCliRule(rule) ? enforcements[rule] : enforcedHere[rule]
    return { enforced, note }
  }
  const ruleNames = [...(Object.keys(enforcedHere) as ReadonlyArray<keyof typeof enforcedHere>), ...cliRuleNames]
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
          ...(value === undefined ? {} : { value: describeValue(value) }),
        }
      }),
    permissionModes: PermissionMode.literals.map((mode) =>
      modeOf(mode, rulePermissionMode(policy, mode), modes?.permission[mode]),
    ),
    sandboxModes: [
      modeOf("none", ruleSandboxMode(policy, undefined), undefined),
      ...SandboxMode.literals.map((mode) => modeOf(mode, ruleSandboxMode(policy, mode), modes?.sandbox[mode])),
    ],
    limits: (Object.keys(ruleOfLimit) as ReadonlyArray<LimitName>).map((limit) => {
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
