/** From a request to a command line that its grants, its policies and this machine allow. Starts and writes nothing. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Adapter, Invocation, OutputFormat, SpendingCaps } from "../Adapter.ts"
import type { AdapterRegistry } from "../AdapterRegistry.ts"
import type { Capabilities, Installation } from "../Capabilities.ts"
import type { Grants } from "../Grants.ts"
import type { HostSettings } from "../HostSettings.ts"
import { judgeArgs } from "../Policy.ts"
import { deniedArgs, narrow } from "../PolicyLayer.ts"
import type { RunRequest } from "../Run.ts"
import { type RunyardError, runyardError } from "../RunyardError.ts"
import type { StructuredOutput } from "../StructuredOutput.ts"
import type { Workspace } from "../Workspace.ts"
import { grantedPlaces } from "./grantedPlaces.ts"
import type { RunSession } from "./runSession.ts"

/** A command line, checked and ready. */
export interface Prepared extends Installation {
  readonly adapter: Adapter
  /** With the real paths in it. */
  readonly request: RunRequest
  readonly invocation: Invocation
  readonly format: OutputFormat
  /** Flags that take away a limit of the agent, and that the host allows. */
  readonly advanced: ReadonlyArray<string>
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
}

export const preparation = ({ capabilities, registry, structured, ...places }: Services) => {
  const { settings, workspace } = places

  /** Fails with the error that the run would end with. */
  const prepare = Effect.fnUntraced(function* (
    request: RunRequest,
    { quotes }: Pick<RunSession, "quotes">,
    { caps = {}, checked, scratch = "/scratch" }: Options,
  ): Effect.fn.Return<Prepared, RunyardError> {
    const adapter = yield* registry.get(request.provider)
    const placed = yield* grantedPlaces(places, request, checked)
    const layers = [...settings.policies, ...(yield* workspace.policies(placed.cwd))]
    const resolved = yield* Effect.fromResult(narrow(layers, placed, settings.limits.wallMillis))
    if (request.outputSchema !== undefined) yield* structured.checkSchema(request.outputSchema)
    const installation = yield* capabilities.installation(adapter)
    if (installation.profile.status === "blocked") {
      const { message, version } = installation.profile
      return yield* runyardError("CLI_VERSION_UNSUPPORTED", {
        ...(message === undefined ? {} : { message }),
        detail: { version: version ?? null },
      })
    }
    const { allowDangerous, configKeys } = settings
    const invocation = yield* Effect.fromResult(
      adapter.prepare(resolved, {
        profile: installation.profile,
        scratch,
        repository: yield* workspace.isRepository(resolved.cwd),
        policy: { allowDangerous, configKeys },
        caps,
      }),
    )
    const judged = judgeArgs(adapter.flags ?? {}, adapter.flags === undefined ? [] : invocation.args, allowDangerous)
    if ("refused" in judged) return yield* judged.refused
    const denied = deniedArgs(layers, adapter.provider, invocation.args)
    if (denied !== undefined) return yield* denied
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
    return { adapter, request: resolved, invocation, format, advanced: judged.advanced, ...installation }
  })

  /** Why a request that was checked may not be executed any more; undefined when it may, or when nobody can tell now. */
  const refusal = Effect.fn("Runner.refusal")(function* (request: RunRequest) {
    const result = yield* Effect.result(grantedPlaces(places, request, true))
    return Result.isFailure(result) && result.failure.class === "policy" ? result.failure : undefined
  })

  return { places, prepare, refusal }
}
