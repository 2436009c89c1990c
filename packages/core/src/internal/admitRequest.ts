/** A request under the policies that count for it: what they do not allow is refused, what they set is filled in. Pure. */
import * as Result from "effect/Result"
import {
  type EffectivePolicy,
  type Ruling,
  rulePermissionMode,
  ruleSandboxMode,
  ruleVariable,
  thisHost,
  type TimeLimitName,
} from "../EffectivePolicy.ts"
import type { RunRequest } from "../Run.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"

export const notAllowed = (source: string, what: string): RunyardError =>
  runyardError("POLICY_NOT_ALLOWED", {
    message: `The policy of ${source} does not allow ${what}`,
    detail: { source },
  })

const takesLimits = (source: string, what: string): RunyardError =>
  runyardError("POLICY_DANGEROUS", {
    message: `The policy of ${source} does not allow ${what}, which takes away a limit of the agent`,
    remedy: "Leave it out, or change that policy.",
    detail: { source },
  })

const inWords: Readonly<Record<TimeLimitName, string>> = {
  wallMillis: "take longer than",
  idleMillis: "be silent for longer than",
  toolIdleMillis: "be silent for longer than",
  lingerMillis: "stay after its result for longer than",
  queueMillis: "wait for its turn for longer than",
}
const timeLimitNames = Object.keys(inWords) as ReadonlyArray<TimeLimitName>

const objections = (policy: EffectivePolicy, request: RunRequest): ReadonlyArray<readonly [Ruling, string]> => {
  const { env = [], permissionMode = "default", provider, sandbox, secrets = {} } = request
  const variables = [...env, ...Object.keys(secrets)]
  return [
    [policy.use, `the provider ${provider}`],
    [rulePermissionMode(policy, permissionMode), `the permission mode "${permissionMode}"`],
    [
      ruleSandboxMode(policy, sandbox),
      sandbox === undefined ? "a run without a sandbox mode" : `the sandbox "${sandbox}"`,
    ],
    ...variables.map((name) => [ruleVariable(policy, name), `the variable ${name}`] as const),
  ]
}

/**
 * The request with the limits that the policies set. Fails with `POLICY_NOT_ALLOWED` and `POLICY_DANGEROUS`, which name the
 * layer, and with `POLICY_UNREADABLE`.
 */
export const admitRequest = (policy: EffectivePolicy, request: RunRequest): Result.Result<RunRequest, RunyardError> => {
  if (policy.unreadable !== undefined) return Result.fail(policy.unreadable)
  const { advanced } = policy
  // Where the host itself says no, the adapter knows better what it would take away.
  const narrowed = !advanced.value && advanced.source !== thisHost
  for (const [{ decision, source }, what] of objections(policy, request)) {
    if (decision === "denied") return Result.fail(notAllowed(source, what))
    if (decision === "advanced" && narrowed) return Result.fail(takesLimits(source, what))
  }
  const limits: Partial<Record<TimeLimitName, number>> = {}
  for (const name of timeLimitNames) {
    const { most, usual } = policy.limits[name]
    // 0 asks for nothing.
    const asked = request.limits?.[name] || undefined
    if (most === undefined) continue
    if (asked !== undefined && asked > most.value) {
      return Result.fail(notAllowed(most.source, `a run that may ${inWords[name]} ${most.value / 1000} s`))
    }
    if (asked === undefined && usual === most) limits[name] = most.value
  }
  return Result.succeed({
    ...request,
    ...(Object.keys(limits).length === 0 ? {} : { limits: { ...request.limits, ...limits } }),
  })
}
