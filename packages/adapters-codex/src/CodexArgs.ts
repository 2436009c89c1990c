/** A request as a command line of `codex exec`: pure and total. */
import {
  type AdapterPolicy,
  type ErrorCode,
  type Invocation,
  type PrepareContext,
  type RunRequest,
  runyardError,
  type RunyardError,
  type SandboxMode,
} from "@runyard/core"
import * as Result from "effect/Result"
import { codexModes, sandboxOfMode } from "./CodexModes.ts"
import { type CodexOptions, readOptions } from "./CodexOptions.ts"
import { networkProblem, offlineConfig } from "./CodexPolicy.ts"
import type { CodexFeature } from "./CodexVersion.ts"

const schemaFile = "output-schema.json"

const refuse = (code: ErrorCode, message: string, detail: Record<string, string>): Result.Result<never, RunyardError> =>
  Result.fail(runyardError(code, { message, detail }))

/** Whether a NUL hides in any string; no argument of a process can carry one. Deep values count as having one. */
const hasNul = (value: unknown, depth = 0): boolean => {
  if (typeof value === "string") return value.includes("\0")
  if (typeof value !== "object" || value === null) return false
  if (depth > 200) return true
  return Object.entries(value).some(([key, inner]) => key.includes("\0") || hasNul(inner, depth + 1))
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path)

/** A TOML value. JSON strings are TOML's basic strings but for DEL, which TOML wants escaped. */
const toml = (value: string | number | boolean): string =>
  typeof value === "string" ? JSON.stringify(value).replaceAll("\u007f", "\\u007f") : String(value)

/** Values are attached with `=`, so that none is ever taken for a flag, whatever it begins with. */
const flag = (name: string, value: string): string => `--${name}=${value}`
const override = (key: string, value: string | number | boolean): string => flag("config", `${key}=${toml(value)}`)

const covers = (policy: AdapterPolicy, key: string): boolean =>
  policy.configKeys.some((allowed) => key === allowed || key.startsWith(`${allowed}.`))

/** Keys that a common field of the request sets, so that there are not two ways to say one thing. */
const ownedKeys: Readonly<Record<string, string>> = {
  sandbox_mode: "sandbox",
  model: "model",
  profile: "options.profile",
}

type Permission = { readonly bypass: boolean; readonly sandbox: SandboxMode | undefined }

const permissionOf = (request: RunRequest, policy: AdapterPolicy): Result.Result<Permission, RunyardError> => {
  const { permissionMode: mode, sandbox } = request
  const implied = mode === undefined || mode === "default" || mode === "dontAsk" ? undefined : sandboxOfMode[mode]
  if (implied !== undefined && sandbox !== undefined && implied !== sandbox) {
    return refuse(
      "QUEUE_REQUEST_INVALID",
      `The permission mode "${mode}" means the sandbox "${implied}" in Codex, and the request asks for "${sandbox}"; leave one of them out`,
      { field: "sandbox", permissionMode: mode ?? "", sandbox },
    )
  }
  const wanted = sandbox ?? implied
  const bypass = mode === "bypassPermissions"
  if ((bypass || wanted === "danger-full-access") && !policy.allowDangerous) {
    return refuse("POLICY_DANGEROUS", "The policy of this host does not let Codex run without its sandbox", {
      field: bypass ? "permissionMode" : "sandbox",
    })
  }
  // Always one: else the configuration of the user decides, or that of a repository that is trusted, and it may be none.
  return Result.succeed({ bypass, sandbox: bypass ? undefined : (wanted ?? sandboxOfMode.default) })
}

const overridesOf = (
  options: CodexOptions,
  policy: AdapterPolicy,
): Result.Result<ReadonlyArray<string>, RunyardError> => {
  const args: Array<string> = []
  if (options.profile !== undefined) {
    if (!covers(policy, "profile")) {
      return refuse("POLICY_NOT_ALLOWED", "The policy of this host does not let a request choose a profile of Codex", {
        key: "profile",
      })
    }
    args.push(flag("profile", options.profile))
  }
  for (const [key, value] of Object.entries(options.config ?? {})) {
    const field = ownedKeys[key]
    if (field !== undefined) {
      return refuse("QUEUE_REQUEST_INVALID", `Codex's "${key}" is set by the field "${field}" of the request`, {
        field: `options.config.${key}`,
      })
    }
    if (!covers(policy, key)) {
      return refuse(
        "POLICY_NOT_ALLOWED",
        `The policy of this host does not let a request override "${key}" of Codex's configuration`,
        { key },
      )
    }
    if (value === "danger-full-access" && !policy.allowDangerous) {
      return refuse("POLICY_DANGEROUS", "The policy of this host does not let Codex run without its sandbox", { key })
    }
    args.push(override(key, value))
  }
  if (policy.rules?.networkDenied !== undefined) {
    args.push(...offlineConfig.map(([key, value]) => override(key, value)))
  }
  return Result.succeed(args)
}

/** What this provider, or this version of it, cannot do. */
const unsupported = (
  request: RunRequest,
  options: CodexOptions,
  context: PrepareContext,
): Result.Result<never, RunyardError> | undefined => {
  const { profile } = context
  const lacks = (feature: CodexFeature): boolean => profile.features[feature] !== true
  const tooOld = (what: string, field: string, from: string) =>
    refuse(
      "CLI_VERSION_UNSUPPORTED",
      `Codex ${profile.version ?? "of an unknown version"} cannot ${what}; that needs ${from} or later`,
      { field, needs: from },
    )
  const { session } = request
  if (profile.status === "blocked") {
    return refuse("CLI_VERSION_UNSUPPORTED", profile.message ?? "This version of Codex cannot be used", {})
  }
  if (session?.kind === "new" && session.id !== undefined) {
    return refuse("QUEUE_OPTION_UNSUPPORTED", "Codex chooses the id of a new session itself", { field: "session.id" })
  }
  if (session?.kind === "resume") {
    if (!isUuid(session.id)) {
      return refuse("QUEUE_REQUEST_INVALID", "The id of a Codex session is a UUID", { field: "session.id" })
    }
    if (session.fork === true && lacks("forkSession")) return tooOld("fork a session", "session.fork", "0.169.0")
    if (request.outputSchema !== undefined && lacks("outputSchemaOnResume")) {
      return tooOld("answer by a schema in a resumed session", "outputSchema", "0.142.5")
    }
    if ((request.images ?? []).length > 0 && lacks("resumeFlags")) {
      return tooOld("take images in a resumed session", "images", "0.98.0")
    }
  }
  if (request.persistSession === false && lacks("ephemeral")) {
    return tooOld("run without keeping its session", "persistSession", "0.121.0")
  }
  if ((request.addDirs ?? []).length > 0 && lacks("addDirs"))
    return tooOld("work in more directories", "addDirs", "0.72.0")
  if (options.format === "human" && lacks("humanFormat"))
    return tooOld("be read in this format", "options.format", "0.72.0")
  return undefined
}

const invalid = (request: RunRequest): Result.Result<never, RunyardError> | undefined => {
  if (hasNul(request)) {
    return refuse("QUEUE_REQUEST_INVALID", "The request holds a NUL byte, which no process can be given", {})
  }
  if (request.prompt.trim() === "") return refuse("CLI_NO_PROMPT", "Codex refuses an empty prompt", { field: "prompt" })
  for (const field of ["images", "addDirs"] as const) {
    const paths = request[field] ?? []
    if (!paths.every(isAbsolute))
      return refuse("QUEUE_REQUEST_INVALID", `Paths in "${field}" must be absolute`, { field })
  }
  // `--image` takes a list: a path with a comma would name two other files.
  if (request.images?.some((path) => path.includes(",")) === true) {
    return refuse("QUEUE_REQUEST_INVALID", "Codex cannot take an image whose path holds a comma", { field: "images" })
  }
  return undefined
}

/** Before `resume`, where it counts as well: a profile of the user's configuration would win over `-c sandbox_mode`. */
const sandboxArgs = (permission: Permission): ReadonlyArray<string> => {
  if (permission.bypass) return codexModes.permission.bypassPermissions.flags ?? []
  return permission.sandbox === undefined ? [] : (codexModes.sandbox[permission.sandbox].flags ?? [])
}

/** The subcommand and its arguments. `-` makes every version read the prompt from stdin, where `ps` does not show it. */
const commandArgs = (request: RunRequest): ReadonlyArray<string> => {
  const { session } = request
  if (session?.kind !== "resume") return ["-"]
  return [session.fork === true ? "fork" : "resume", session.id, "-"]
}

/**
 * The command line for a request; never throws. Flags stand between `exec` and `resume`, where every version takes them.
 * `--output-last-message` is not used: Codex would write that file outside of its sandbox.
 */
export const prepare = (request: RunRequest, context: PrepareContext): Result.Result<Invocation, RunyardError> => {
  const refused = invalid(request)
  if (refused !== undefined) return refused
  const read = readOptions(request.options)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const options = read.success
  const cannot = unsupported(request, options, context)
  if (cannot !== undefined) return cannot
  const open = networkProblem(request, options, context.policy.rules)
  if (open !== undefined) return Result.fail(open)
  const permission = permissionOf(request, context.policy)
  if (Result.isFailure(permission)) return Result.fail(permission.failure)
  const overrides = overridesOf(options, context.policy)
  if (Result.isFailure(overrides)) return Result.fail(overrides.failure)
  if (!context.repository && options.skipGitRepoCheck !== true && !permission.success.bypass) {
    return refuse("CLI_NOT_A_REPOSITORY", "The working directory is not inside a git repository", { field: "cwd" })
  }

  const human = options.format === "human"
  // The old name is still taken by all later versions; the new one means another dialect before 0.72.
  const json = context.profile.features["turnEvents"] === true ? "--json" : "--experimental-json"
  const separator = context.scratch.startsWith("/") ? "/" : "\\"
  const args = [
    "exec",
    human ? "--color=never" : json,
    ...(request.model === undefined ? [] : [flag("model", request.model)]),
    ...sandboxArgs(permission.success),
    ...(options.skipGitRepoCheck === true ? ["--skip-git-repo-check"] : []),
    ...(request.persistSession === false ? ["--ephemeral"] : []),
    ...(request.outputSchema === undefined
      ? []
      : [flag("output-schema", `${context.scratch}${separator}${schemaFile}`)]),
    ...(request.addDirs ?? []).map((path) => flag("add-dir", path)),
    ...(request.images ?? []).map((path) => flag("image", path)),
    ...overrides.success,
    ...commandArgs(request),
  ]
  return Result.succeed({
    args,
    env: {},
    stdin: { kind: "text", text: request.prompt },
    files: request.outputSchema === undefined ? {} : { [schemaFile]: JSON.stringify(request.outputSchema) },
    format: human ? "human" : "jsonl",
    transport: "exec",
  })
}
