/** Who keeps the rules of a policy that only a CLI can keep; and what becomes of a run whose CLI cannot. Pure. */
import * as Result from "effect/Result"
import type { Adapter, CapabilityProfile } from "./Adapter.ts"
import { type CliRuleName, cliRuleNames, type Enforcement, type Enforcements } from "./CliRules.ts"
import type { EffectivePolicy } from "./EffectivePolicy.ts"
import { readCommandLine } from "./Policy.ts"
import type { PolicyRules } from "./PolicyRules.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

const unheard: Enforcement = { enforced: "not enforced", note: "The adapter does not say how its CLI would keep it" }
const nobody: Enforcements = {
  maxTurns: unheard,
  maxCostUsd: unheard,
  allowedTools: unheard,
  deniedTools: unheard,
  network: unheard,
}

/** Who keeps each rule for this version of the CLI. It depends on the policy itself: tools that are gone use no network. */
export const enforcementsOf = (adapter: Adapter, profile: CapabilityProfile, policy: EffectivePolicy): Enforcements =>
  adapter.enforces?.(profile, policy.cli) ?? nobody

/** Who keeps the rules that ask nothing of the CLI. */
export const enforcedHere: Readonly<Record<Exclude<keyof PolicyRules, CliRuleName | "unenforced">, Enforcement>> = {
  providers: { enforced: "runyard", note: "No other CLI is started" },
  permissionModes: {
    enforced: "runyard",
    note: "The CLI is given no other mode, and always one; what the agent may do in it is the CLI's own promise",
  },
  sandboxModes: {
    enforced: "runyard",
    note: "The CLI is given no other sandbox, and always one; the sandbox is the CLI's",
  },
  deniedFlags: { enforced: "runyard", note: "The finished command line is looked through" },
  advanced: { enforced: "runyard", note: "The finished command line is looked through" },
  env: { enforced: "runyard", note: "The child gets no other variable that a request names" },
  promptSecrets: {
    enforced: "runyard",
    note: "The request is searched before it is stored, and again before it starts",
  },
  maxWallMillis: { enforced: "runyard", note: "The processes of the run are ended" },
  maxIdleMillis: { enforced: "runyard", note: "The processes of the run are ended" },
  maxQueueMillis: { enforced: "runyard", note: "The run never starts" },
}

const isSet = (rules: PolicyRules, name: CliRuleName): boolean => {
  switch (name) {
    case "network":
      return rules.network === "deny"
    case "deniedTools":
      return (rules.deniedTools ?? []).length > 0
    default:
      return rules[name] !== undefined
  }
}

/** A rule of a layer that nobody keeps for this CLI. */
export interface Unenforced {
  readonly rule: CliRuleName
  readonly source: string
  readonly note: string
  /** What the layer itself wants to become of the run. */
  readonly then: "refuse" | "warn"
}

export const unenforcedRules = (
  { layers }: Pick<EffectivePolicy, "layers">,
  enforcements: Enforcements,
): ReadonlyArray<Unenforced> =>
  layers.flatMap(({ document, source }) =>
    cliRuleNames
      .filter((rule) => enforcements[rule].enforced === "not enforced" && isSet(document, rule))
      .map((rule): Unenforced => {
        return { rule, source, note: enforcements[rule].note, then: document.unenforced ?? "refuse" }
      }),
  )

/** Fails with `POLICY_NOT_ENFORCED` for the first rule that is not kept and whose layer does not put up with that. */
export const requireEnforced = (
  adapter: Pick<Adapter, "name">,
  found: ReadonlyArray<Unenforced>,
): Result.Result<ReadonlyArray<Unenforced>, RunyardError> => {
  const first = found.find(({ then }) => then === "refuse")
  if (first === undefined) return Result.succeed(found)
  const { note, rule, source } = first
  return Result.fail(
    runyardError("POLICY_NOT_ENFORCED", {
      message: `The policy of ${source} has the rule \`${rule}\`, which nobody keeps for ${adapter.name}: ${note}`,
      detail: { rule, source },
    }),
  )
}

/** The rule that should be on the command line and is not: a defect of the adapter. Undefined when there is none. */
export const missingRule = (
  adapter: Pick<Adapter, "flags">,
  policy: EffectivePolicy,
  enforcements: Enforcements,
  args: ReadonlyArray<string>,
): CliRuleName | undefined => {
  const used = new Set(readCommandLine(adapter.flags ?? {}, args).flags.map(({ flag }) => flag))
  return cliRuleNames.find((rule) => {
    const { enforced, flags = [] } = enforcements[rule]
    return (
      enforced === "cli" &&
      policy.layers.some(({ document }) => isSet(document, rule)) &&
      flags.some((flag) => !used.has(flag))
    )
  })
}
