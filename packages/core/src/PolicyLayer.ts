/** What an administrator, a user or a project takes away from what runs may use: each layer only narrows. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { flagsIn } from "./Policy.ts"
import { PermissionMode, type RunRequest, SandboxMode } from "./Run.ts"
import { type RunyardError, runyardError } from "./RunyardError.ts"

/** The content of a policy file. What is left out is as the layers before have it. */
export const PolicyDocument = Schema.Struct({
  version: Schema.Literal(1),
  /** The providers that runs may use. */
  providers: Schema.optionalKey(Schema.Array(Schema.String)),
  /** A request that names no mode asks for `default`. */
  permissionModes: Schema.optionalKey(Schema.Array(PermissionMode)),
  /** A request that names none gets what the CLI does by itself, so that it has to name one. */
  sandboxModes: Schema.optionalKey(Schema.Array(SandboxMode)),
  /** Flags that are denied though they are in the table of the provider. */
  deniedFlags: Schema.optionalKey(Schema.Record(Schema.String, Schema.Array(Schema.String))),
  /** The variables that requests may name. */
  env: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The longest duration of an attempt. A request without a limit gets this one, where the host's own is longer. */
  maxWallMillis: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
})
export type PolicyDocument = typeof PolicyDocument.Type

export interface PolicyLayer {
  /** For people: which layer, and its file. */
  readonly source: string
  readonly document: PolicyDocument
  /** Why its file could not be read. It forbids everything then: nobody knows what it was to forbid. */
  readonly unreadable?: RunyardError
}

const decode = Schema.decodeUnknownResult(PolicyDocument)

/** Fails with `POLICY_UNREADABLE` for what is no policy, or one of another version. */
export const readPolicy = (source: string, text: string): Result.Result<PolicyLayer, RunyardError> => {
  const broken = runyardError("POLICY_UNREADABLE", {
    message: `The policy of ${source} is not one that this version can read`,
    detail: { source },
  })
  try {
    return Result.mapBoth(decode(JSON.parse(text), { onExcessProperty: "error" }), {
      onFailure: () => broken,
      onSuccess: (document) => ({ source, document }),
    })
  } catch {
    return Result.fail(broken)
  }
}

const outside = <A extends string>(allowed: ReadonlyArray<A> | undefined, asked: A): boolean =>
  allowed !== undefined && !allowed.includes(asked)

/** What of a request a layer does not allow, in words; undefined when it allows all of it. */
const objection = ({ document }: PolicyLayer, request: RunRequest): string | undefined => {
  const { env, maxWallMillis, permissionModes, providers, sandboxModes } = document
  const { limits, permissionMode = "default", provider, sandbox } = request
  if (outside(providers, provider)) return `the provider ${provider}`
  if (outside(permissionModes, permissionMode)) return `the permission mode "${permissionMode}"`
  if (sandboxModes !== undefined && sandbox === undefined) return "a run without a sandbox mode"
  if (sandbox !== undefined && outside(sandboxModes, sandbox)) return `the sandbox "${sandbox}"`
  const variable = request.env?.find((name) => outside(env, name))
  if (variable !== undefined) return `the variable ${variable}`
  const wall = limits?.wallMillis
  if (maxWallMillis !== undefined && wall !== undefined && (wall === 0 || wall > maxWallMillis)) {
    return `a run that may take longer than ${maxWallMillis / 1000} s`
  }
  return undefined
}

const refuse = ({ source }: PolicyLayer, what: string): RunyardError =>
  runyardError("POLICY_NOT_ALLOWED", {
    message: `The policy of ${source} does not allow ${what}`,
    detail: { source },
  })

/** The request with the limits that the layers set. Fails with `POLICY_NOT_ALLOWED`, which names the layer. */
export const narrow = (
  layers: ReadonlyArray<PolicyLayer>,
  request: RunRequest,
  hostWallMillis: number,
): Result.Result<RunRequest, RunyardError> => {
  for (const layer of layers) {
    if (layer.unreadable !== undefined) return Result.fail(layer.unreadable)
    const what = objection(layer, request)
    if (what !== undefined) return Result.fail(refuse(layer, what))
  }
  const limits = layers.flatMap(({ document: { maxWallMillis } }) =>
    maxWallMillis === undefined ? [] : [maxWallMillis],
  )
  if (limits.length === 0 || request.limits?.wallMillis !== undefined) return Result.succeed(request)
  const wallMillis = Math.min(...limits, hostWallMillis === 0 ? Infinity : hostWallMillis)
  return Result.succeed({ ...request, limits: { ...request.limits, wallMillis } })
}

/** Why a layer does not allow this command line; undefined when all do. */
export const deniedArgs = (
  layers: ReadonlyArray<PolicyLayer>,
  provider: string,
  args: ReadonlyArray<string>,
): RunyardError | undefined => {
  const used = flagsIn(args).map(({ flag }) => flag)
  for (const layer of layers) {
    const denied = layer.document.deniedFlags ?? {}
    const flag = used.find((each) => Object.hasOwn(denied, provider) && denied[provider]?.includes(each) === true)
    if (flag !== undefined) return refuse(layer, flag)
  }
  return undefined
}
