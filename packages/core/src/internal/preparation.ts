/** From a request to a command line that its grants, its policies and this machine allow. Starts and writes nothing. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Adapter, Invocation, OutputFormat, SpendingCaps } from "../Adapter.ts"
import type { AdapterRegistry } from "../AdapterRegistry.ts"
import type { Capabilities, Installation } from "../Capabilities.ts"
import type { Grants } from "../Grants.ts"
import type { HostSettings } from "../HostSettings.ts"
import { effectivePolicy, thisHost } from "../EffectivePolicy.ts"
import { enforcementsOf, missingRule, requireEnforced, type Unenforced, unenforcedRules } from "../Enforcement.ts"
import { requestLayer } from "../PolicyLayer.ts"
import type { RunRequest } from "../Run.ts"
import type { Payloads } from "../RunEvent.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import type { StructuredOutput } from "../StructuredOutput.ts"
import type { Workspace } from "../Workspace.ts"
import { admitRequest } from "./admitRequest.ts"
import { grantedPlaces } from "./grantedPlaces.ts"
import { judgeArgs } from "./judgeArgs.ts"
import type { PolicyCaps } from "./policyCaps.ts"
import type { RunSession } from "./runSession.ts"

/** A command line, checked and ready. */
export interface Prepared extends Installation {
  readonly adapter: Adapter
  /** With the real paths in it. */
  readonly request: RunRequest
  readonly invocation: Invocation
  readonly format: OutputFormat
  readonly caps: PolicyCaps
  /** For the run's log: what it uses of that which takes away a limit, and which rules nobody keeps. */
  readonly applied: ReadonlyArray<Payloads["policy.applied"]>
}

interface Services {
  readonly registry: AdapterRegistry["Service"]
  readonly capabilities: Capabilities["Service"]
  readonly grants: Grants["Service"]
  readonly settings: HostSettings
  readonly structured: StructuredOutput["Service"]
  readonly workspace: Workspace["Service"]
}

interface Options {
  /** The directory for the files of the invocation. Default: the name of one that is never made. */
  readonly scratch?: string
  /** That the request's paths were real when they were checked before: one that is not any more is refused. */
  readonly checked: boolean
  /** What is left of the attempt's budgets. Default: no limits. */
  readonly caps?: SpendingCaps
  /** Looks for secrets in the request, once it is known to be allowed and before the CLI is asked anything. */
  readonly scan?: (request: RunRequest) => Result.Result<unknown, RunyardError>
}

const usedAdvanced = (flag: string): Payloads["policy.applied"] => {
  return { policy: "advanced", decision: `${flag} is used: this host allows it` }
}

const notKept = ({ note, rule, source }: Unenforced): Payloads["policy.applied"] => {
  return { policy: rule, decision: "not enforced", message: `The rule of ${source} is not kept: ${note}` }
}

const secretWarning = (source: string): Payloads["policy.applied"] => {
  return {
    policy: "promptSecrets",
    decision: "warn",
    message: `The request holds something that looks like a secret, which the policy of ${source} has said; the agent gets it as it is`,
  }
}

export const preparation = ({ capabilities, registry, structured, ...places }: Services) => {
  const { settings, workspace } = places

  /** Fails with the error that the run would end with. */
  const prepare = Effect.fnUntraced(function* (
    request: RunRequest,
    { quotes }: Pick<RunSession, "quotes">,
    { caps = {}, checked, scan, scratch = "/scratch" }: Options,
  ): Effect.fn.Return<Prepared, RunyardError> {
    const adapter = yield* registry.get(request.provider)
    const placed = yield* grantedPlaces(places, request, checked)
    const layers = [...settings.policies, ...(yield* workspace.policies(placed.cwd)), ...requestLayer(placed)]
    const policy = effectivePolicy(adapter, settings, layers)
    const resolved = yield* Effect.fromResult(admitRequest(policy, placed))
    const { promptSecrets } = policy
    // What the host itself says is seen to where the request comes in.
    const held = promptSecrets.source !== thisHost && quotes(JSON.stringify(request))
    if (held && promptSecrets.value === "block") {
      return yield* runyardError("POLICY_SECRET_IN_PROMPT", {
        message: `The request holds something that looks like a secret, and the policy of ${promptSecrets.source} does not allow that`,
        detail: { source: promptSecrets.source },
      })
    }
    if (scan !== undefined) yield* Effect.fromResult(scan(resolved))
    if (request.outputSchema !== undefined) yield* structured.checkSchema(request.outputSchema)
    const installation = yield* capabilities.installation(adapter)
    if (installation.profile.status === "blocked") {
      const { message, version } = installation.profile
      return yield* runyardError("CLI_VERSION_UNSUPPORTED", {
        ...(message === undefined ? {} : { message }),
        detail: { version: version ?? null },
      })
    }
    const enforcements = enforcementsOf(adapter, installation.profile, policy)
    const unenforced = yield* Effect.fromResult(requireEnforced(adapter, unenforcedRules(policy, enforcements)))
    const invocation = yield* Effect.fromResult(
      adapter.prepare(resolved, {
        profile: installation.profile,
        scratch,
        repository: yield* workspace.isRepository(resolved.cwd),
        policy: { allowDangerous: policy.advanced.value, configKeys: settings.configKeys, rules: policy.cli },
        caps,
      }),
    )
    const advanced = yield* Effect.fromResult(judgeArgs(policy, adapter, invocation.args))
    const missing = missingRule(adapter, policy, enforcements, invocation.args)
    if (missing !== undefined) {
      return yield* runyardError("INTERNAL_DEFECT", {
        message: `The adapter of ${adapter.name} forgets \`${missing}\``,
      })
    }
    // Arguments are for every process of this machine to read, and files outlive a crash.
    if ([...invocation.args, ...Object.values(invocation.files)].some(quotes)) {
      return yield* runyardError("POLICY_SECRET_IN_PROMPT", {
        message: `The request holds something that looks like a secret, outside its prompt: ${adapter.name} would get it as an argument or in a file`,
      })
    }
    const format = adapter.formats[invocation.format]
    if (format === undefined) {
      return yield* runyardError("INTERNAL_DEFECT", {
        message: `No format ${invocation.format} in ${adapter.provider}`,
      })
    }
    const { maxCostUsd, maxTurns } = policy.cli
    const applied = [
      ...advanced.map(usedAdvanced),
      ...unenforced.map(notKept),
      ...(held ? [secretWarning(promptSecrets.source)] : []),
    ]
    const limits: PolicyCaps = {
      ...(maxTurns === undefined || enforcements.maxTurns.counted !== true ? {} : { maxTurns }),
      ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
    }
    return { adapter, request: resolved, invocation, format, caps: limits, applied, ...installation }
  })

  /** Why a request that was checked may not be executed any more; undefined when it may, or when nobody can tell now. */
  const refusal = Effect.fn("Runner.refusal")(function* (request: RunRequest) {
    const result = yield* Effect.result(grantedPlaces(places, request, true))
    return Result.isFailure(result) && result.failure.class === "policy" ? result.failure : undefined
  })

  return { places, prepare, refusal }
}
