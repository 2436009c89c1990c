/**
 * What a run may use in the end, and who decided it: the adapter's table, what the host allows, and all policies that count.
 * The one place where they come together; a refusal and `policy explain` both read its result. Pure.
 */
import * as Schema from "effect/Schema"
import type { Adapter } from "./Adapter.ts"
import type { PermissionMode, SandboxMode } from "./AgentMode.ts"
import { type CliRules, sourced, type Sourced } from "./CliRules.ts"
import type { PromptSecrets } from "./HostSettings.ts"
import { decideFlag, decideUse, FlagDecision, type UsedFlag } from "./Policy.ts"
import type { PolicyLayer } from "./PolicyLayer.ts"
import type { PolicyRules } from "./PolicyRules.ts"
import type { RunyardError } from "./RunyardError.ts"
import type { TimeLimits } from "./TimeLimits.ts"

/** The layers that no file is of: the adapter's table, and whoever started this program. */
export const builtIn = "built in"
export const thisHost = "this host"

/** What becomes of something, why, and who says so. */
export const Ruling = Schema.Struct({ decision: FlagDecision, reason: Schema.String, source: Schema.String }).annotate({
  identifier: "Ruling",
})
export type Ruling = typeof Ruling.Type

/** A limit. Missing: there is none. */
export const Bound = Schema.Struct({
  /** The most that a request may ask for. */
  most: Schema.optionalKey(sourced(Schema.Finite)),
  /** What a request gets that asks for none. */
  usual: Schema.optionalKey(sourced(Schema.Finite)),
}).annotate({ identifier: "Bound" })
export type Bound = typeof Bound.Type

export type TimeLimitName = keyof TimeLimits
export const LimitName = Schema.Literals([
  "wallMillis",
  "idleMillis",
  "toolIdleMillis",
  "lingerMillis",
  "queueMillis",
  "turns",
  "costUsd",
] satisfies ReadonlyArray<TimeLimitName | "turns" | "costUsd">)
export type LimitName = typeof LimitName.Type

/** What the host itself decides. */
export interface HostRules {
  readonly allowDangerous: boolean
  readonly limits: TimeLimits
  readonly promptSecrets: PromptSecrets
}

export interface EffectivePolicy {
  readonly provider: string
  /** Why nothing is allowed at all: a file that nobody can read. */
  readonly unreadable: RunyardError | undefined
  readonly layers: ReadonlyArray<PolicyLayer>
  readonly use: Ruling
  /** Whether what is `advanced` may be used. */
  readonly advanced: Sourced<boolean>
  /** What becomes of a request that holds something like a secret. */
  readonly promptSecrets: Sourced<PromptSecrets>
  readonly limits: Readonly<Record<LimitName, Bound>>
  readonly cli: CliRules
}

const allowed = (reason: string, source = builtIn): Ruling => ({ decision: "allowed", reason, source })

/** The first layer whose list does not have the value. */
const leavingOut = <A>(
  layers: ReadonlyArray<PolicyLayer>,
  listOf: (rules: PolicyRules) => ReadonlyArray<A> | undefined,
  value: A,
): PolicyLayer | undefined =>
  layers.find(({ document }) => {
    const list = listOf(document)
    return list !== undefined && !list.includes(value)
  })

const notListed = ({ source }: PolicyLayer, rule: keyof PolicyRules): Ruling => ({
  decision: "denied",
  reason: `It is not in its \`${rule}\``,
  source,
})

/** The smallest of a rule that is a number. */
const least = (
  layers: ReadonlyArray<PolicyLayer>,
  of: (rules: PolicyRules) => number | undefined,
): Sourced<number> | undefined => {
  let found: Sourced<number> | undefined
  for (const { document, source } of layers) {
    const value = of(document)
    if (value !== undefined && (found === undefined || value < found.value)) found = { value, source }
  }
  return found
}

/** @param host what the host gives a request that asks for nothing; 0: nothing. */
const bound = (most: Sourced<number> | undefined, host: number): Bound => {
  const usual = host === 0 || (most !== undefined && most.value < host) ? most : { value: host, source: thisHost }
  return { ...(most === undefined ? {} : { most }), ...(usual === undefined ? {} : { usual }) }
}

const strictness = { block: 0, warn: 1, allow: 2 } as const satisfies Record<PromptSecrets, number>

/** The strictest of what the host says and what the layers say. */
const promptSecrets = (layers: ReadonlyArray<PolicyLayer>, host: PromptSecrets): Sourced<PromptSecrets> => {
  let found: Sourced<PromptSecrets> = { value: host, source: thisHost }
  for (const { document, source } of layers) {
    const value = document.promptSecrets
    if (value !== undefined && strictness[value] < strictness[found.value]) found = { value, source }
  }
  return found
}

const allowedTools = (layers: ReadonlyArray<PolicyLayer>): Sourced<ReadonlyArray<string>> | undefined => {
  const listed = layers.filter(({ document }) => document.allowedTools !== undefined)
  const [first, ...others] = listed
  if (first === undefined) return undefined
  const value = (first.document.allowedTools ?? []).filter((tool) =>
    others.every(({ document }) => document.allowedTools?.includes(tool) === true),
  )
  return { value: [...new Set(value)], source: listed.map(({ source }) => source).join(" and ") }
}

const cliRules = (layers: ReadonlyArray<PolicyLayer>, limits: EffectivePolicy["limits"]): CliRules => {
  const tools = allowedTools(layers)
  const network = layers.find(({ document }) => document.network === "deny")
  return {
    ...(limits.turns.most === undefined ? {} : { maxTurns: limits.turns.most }),
    ...(limits.costUsd.most === undefined ? {} : { maxCostUsd: limits.costUsd.most }),
    ...(tools === undefined ? {} : { allowedTools: tools }),
    deniedTools: layers.flatMap(({ document, source }) =>
      (document.deniedTools ?? []).map((value) => ({ value, source })),
    ),
    ...(network === undefined ? {} : { networkDenied: { source: network.source } }),
  }
}

/** @param layers of the machine, the user, the project and the request; their order only decides which one is named. */
export const effectivePolicy = (
  { provider }: Pick<Adapter, "provider">,
  host: HostRules,
  layers: ReadonlyArray<PolicyLayer>,
): EffectivePolicy => {
  const other = leavingOut(layers, (rules) => rules.providers, provider)
  const forbidding = layers.find(({ document }) => document.advanced === "deny")
  const idle = least(layers, (rules) => rules.maxIdleMillis)
  /** Without a default of its own it follows the silence that is allowed otherwise. */
  const following = (host: number): Bound => (host === 0 && idle !== undefined ? { most: idle } : bound(idle, host))
  const limits = {
    wallMillis: bound(
      least(layers, (rules) => rules.maxWallMillis),
      host.limits.wallMillis,
    ),
    idleMillis: bound(idle, host.limits.idleMillis),
    toolIdleMillis: following(host.limits.toolIdleMillis),
    lingerMillis: following(host.limits.lingerMillis),
    queueMillis: bound(
      least(layers, (rules) => rules.maxQueueMillis),
      host.limits.queueMillis,
    ),
    turns: bound(
      least(layers, (rules) => rules.maxTurns),
      0,
    ),
    costUsd: bound(
      least(layers, (rules) => rules.maxCostUsd),
      0,
    ),
  }
  return {
    provider,
    unreadable: layers.find(({ unreadable }) => unreadable !== undefined)?.unreadable,
    layers,
    use: other === undefined ? allowed("Every provider is, unless a policy lists them") : notListed(other, "providers"),
    advanced:
      host.allowDangerous && forbidding !== undefined
        ? { value: false, source: forbidding.source }
        : { value: host.allowDangerous, source: thisHost },
    promptSecrets: promptSecrets(layers, host.promptSecrets),
    limits,
    cli: cliRules(layers, limits),
  }
}

export const rulePermissionMode = (policy: EffectivePolicy, mode: PermissionMode): Ruling => {
  const layer = leavingOut(policy.layers, (rules) => rules.permissionModes, mode)
  if (layer !== undefined) return notListed(layer, "permissionModes")
  return mode === "bypassPermissions"
    ? advancedRuling(policy, "It lets the agent do everything")
    : allowed("A request may ask for it")
}

/** @param mode undefined for a request that names none. */
export const ruleSandboxMode = (policy: EffectivePolicy, mode: SandboxMode | undefined): Ruling => {
  const listing = policy.layers.find(({ document }) => document.sandboxModes !== undefined)
  if (mode === undefined) {
    if (listing === undefined) return allowed("The permission mode says which")
    return {
      decision: "denied",
      reason: "It lists `sandboxModes`, so that a request must name one",
      source: listing.source,
    }
  }
  const layer = leavingOut(policy.layers, (rules) => rules.sandboxModes, mode)
  if (layer !== undefined) return notListed(layer, "sandboxModes")
  return mode === "danger-full-access"
    ? advancedRuling(policy, "It is no sandbox")
    : allowed("A request may ask for it")
}

export const ruleVariable = (policy: EffectivePolicy, name: string): Ruling => {
  const layer = leavingOut(policy.layers, (rules) => rules.env, name)
  return layer === undefined ? allowed("A request may name it") : notListed(layer, "env")
}

/** Who says whether it may be used: nobody, while the host does not let it. */
const advancedRuling = ({ advanced }: EffectivePolicy, reason: string): Ruling => ({
  decision: "advanced",
  reason,
  source: advanced.source,
})

const denyingFlag = ({ layers, provider }: EffectivePolicy, flag: string): PolicyLayer | undefined =>
  layers.find(({ document: { deniedFlags = {} } }) => {
    return Object.hasOwn(deniedFlags, provider) && deniedFlags[provider]?.includes(flag) === true
  })

/** What becomes of a flag: in general, or as it is used on a command line. */
export const ruleFlag = (
  policy: EffectivePolicy,
  flags: NonNullable<Adapter["flags"]>,
  asked: string | UsedFlag,
): Ruling => {
  const { decision, flag, reason } = typeof asked === "string" ? decideFlag(flags, asked) : decideUse(flags, asked)
  if (decision === "denied") return { decision, reason, source: builtIn }
  const layer = denyingFlag(policy, flag)
  if (layer !== undefined) return { decision: "denied", reason: "It is in its `deniedFlags`", source: layer.source }
  return decision === "advanced" ? advancedRuling(policy, reason) : allowed(reason)
}
