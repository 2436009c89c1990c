/** A request as a command line of `claude -p`: pure and total. */
import type { Invocation, PrepareContext } from "@runyard/core/Adapter"
import type { ErrorCode } from "@runyard/core/ErrorCode"
import type { RunRequest } from "@runyard/core/Run"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { claudeModes } from "./ClaudeModes.ts"
import { ClaudeOptions } from "./ClaudeOptions.ts"
import { underRules } from "./ClaudePolicy.ts"

/** Linux takes 128 KiB in one argument, the terminating NUL included. */
const maxArgument = 100_000
/** All arguments and the environment together have 2 MiB on Linux and 1 MiB on macOS. */
const maxArguments = 500_000

const refuse = (code: ErrorCode, message: string, field: string): Result.Result<never, RunyardError> =>
  Result.fail(runyardError(code, { message, detail: { field } }))

/** Whether a string of a request holds a NUL, which no argument can carry. Too deep counts as holding one. */
const hasNul = (value: unknown, depth = 0): boolean => {
  if (typeof value === "string") return value.includes("\0")
  if (typeof value !== "object" || value === null) return false
  if (depth > 200) return true
  return Object.entries(value).some(([key, inner]) => key.includes("\0") || hasNul(inner, depth + 1))
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const bytes = (text: string): number => new TextEncoder().encode(text).length

const decodeOptions = Schema.decodeUnknownResult(ClaudeOptions)

const readOptions = (raw: RunRequest["options"]): Result.Result<ClaudeOptions, RunyardError> => {
  for (const [name, value] of Object.entries(raw ?? {})) {
    if (!Object.hasOwn(ClaudeOptions.fields, name)) {
      const known = Object.keys(ClaudeOptions.fields).join(", ")
      const message = `Claude Code has no option "${name.slice(0, 60)}"; known are: ${known}`
      return refuse("QUEUE_OPTION_UNSUPPORTED", message, `options.${name.slice(0, 60)}`)
    }
    if (Result.isFailure(decodeOptions({ [name]: value }))) {
      return refuse("QUEUE_REQUEST_INVALID", `The option "${name}" has a value that it cannot have`, `options.${name}`)
    }
  }
  return Result.mapError(decodeOptions(raw ?? {}), () =>
    runyardError("QUEUE_REQUEST_INVALID", { detail: { field: "options" } }),
  )
}

/** Attached with `=`, a value is never an option, and a flag that takes many takes no more than this one. */
const attached = (flag: string, values: ReadonlyArray<string>): ReadonlyArray<string> =>
  values.map((value) => `${flag}=${value}`)

/** Always a mode: else the settings of the user decide, and up to 2.1.100 those of the repository, which may skip permissions. */
const permissionArgs = (
  { permissionMode: mode = "default" }: RunRequest,
  { policy }: PrepareContext,
): Result.Result<ReadonlyArray<string>, RunyardError> => {
  return mode !== "bypassPermissions" || policy.allowDangerous
    ? Result.succeed(claudeModes.permission[mode].flags ?? [])
    : refuse(
        "POLICY_DANGEROUS",
        "The policy of this host does not let Claude Code skip its permissions",
        "permissionMode",
      )
}

const sessionArgs = ({ session }: RunRequest): Result.Result<ReadonlyArray<string>, RunyardError> => {
  if (session === undefined || session.id === undefined) return Result.succeed([])
  // Newer versions would also take a title here, which may be another session's.
  if (!uuid.test(session.id)) {
    return refuse("QUEUE_REQUEST_INVALID", "A session id of Claude Code is a UUID", "session.id")
  }
  if (session.kind === "new") return Result.succeed(["--session-id", session.id])
  return Result.succeed(["--resume", session.id, ...(session.fork === true ? ["--fork-session"] : [])])
}

const schemaArgs = (
  { outputSchema }: RunRequest,
  { profile }: PrepareContext,
): Result.Result<ReadonlyArray<string>, RunyardError> => {
  if (outputSchema === undefined) return Result.succeed([])
  if (profile.features["structuredOutput"] !== true) {
    const which = profile.version ?? "of an unknown version"
    const message = `Claude Code ${which} may ask the model for structured output without end; update it to 2.1.265 or newer`
    return refuse("CLI_VERSION_UNSUPPORTED", message, "outputSchema")
  }
  const text = JSON.stringify(outputSchema)
  return bytes(text) > maxArgument
    ? refuse("QUEUE_REQUEST_INVALID", `The output schema is larger than ${maxArgument} bytes`, "outputSchema")
    : Result.succeed(["--json-schema", text])
}

/** The tighter of what the request asks for and what its budgets have left. */
const tighter = (asked: number | undefined, left: number | undefined): number | undefined =>
  asked === undefined || left === undefined ? (asked ?? left) : Math.min(asked, left)

/** Caps of the CLI's own, which it checks between requests. */
const capArgs = (options: ClaudeOptions, { caps = {} }: PrepareContext): ReadonlyArray<string> => {
  const turns = tighter(options.maxTurns, caps.maxTurns)
  const usd = tighter(options.maxBudgetUsd, caps.maxCostUsd)
  return [
    ...(turns === undefined ? [] : ["--max-turns", String(Math.max(1, turns))]),
    ...(usd === undefined ? [] : ["--max-budget-usd", String(usd)]),
  ]
}

const formatArgs = (options: ClaudeOptions): ReadonlyArray<string> => {
  const format = options.format ?? "stream-json"
  if (format !== "stream-json") return ["--output-format", format]
  // Without --verbose it exits with 1.
  const partial = options.partialMessages === false ? [] : ["--include-partial-messages"]
  return ["--output-format", format, "--verbose", ...partial]
}

/** What no version of `claude -p` can do. */
const unsupported = (request: RunRequest, options: ClaudeOptions): Result.Result<void, RunyardError> => {
  if (request.sandbox !== undefined) {
    return refuse("QUEUE_OPTION_UNSUPPORTED", claudeModes.sandbox[request.sandbox].note, "sandbox")
  }
  if (request.images !== undefined && request.images.length > 0) {
    return refuse("QUEUE_OPTION_UNSUPPORTED", "Claude Code takes no images with a prompt on stdin", "images")
  }
  const format = options.format ?? "stream-json"
  if (format !== "stream-json" && options.partialMessages === true) {
    const message = `The format "${format}" has no partial messages`
    return refuse("QUEUE_OPTION_UNSUPPORTED", message, "options.partialMessages")
  }
  if (format === "text" && request.outputSchema !== undefined) {
    return refuse("QUEUE_OPTION_UNSUPPORTED", 'The format "text" has no structured answer', "options.format")
  }
  return Result.succeed(undefined)
}

/** The command line for a request: the prompt goes by stdin, and no value of the request can become an option. */
export const prepare = (request: RunRequest, context: PrepareContext): Result.Result<Invocation, RunyardError> =>
  Result.gen(function* () {
    if (context.profile.status === "blocked") {
      const message = context.profile.message ?? "This version of Claude Code is not supported"
      return yield* refuse("CLI_VERSION_UNSUPPORTED", message, "provider")
    }
    const nul = Object.entries(request).find(([key, value]) => hasNul({ [key]: value }))
    if (nul !== undefined) {
      return yield* refuse("QUEUE_REQUEST_INVALID", `The field "${nul[0]}" holds a NUL or is nested too deeply`, nul[0])
    }
    const asked = yield* readOptions(request.options)
    yield* unsupported(request, asked)
    if (request.prompt.trim() === "") return yield* refuse("CLI_NO_PROMPT", "The prompt is empty", "prompt")
    const options = yield* underRules(asked, context.policy.rules)
    const args = [
      "-p",
      ...formatArgs(options),
      ...(yield* permissionArgs(request, context)),
      ...(yield* sessionArgs(request)),
      ...(request.persistSession === false ? ["--no-session-persistence"] : []),
      ...capArgs(options, context),
      ...(yield* schemaArgs(request, context)),
      ...attached("--model", request.model === undefined ? [] : [request.model]),
      ...attached(
        "--append-system-prompt",
        options.appendSystemPrompt === undefined ? [] : [options.appendSystemPrompt],
      ),
      ...attached("--add-dir", request.addDirs ?? []),
      ...attached("--allowedTools", options.allowedTools ?? []),
      ...attached("--disallowedTools", options.disallowedTools ?? []),
      ...(options.tools === undefined ? [] : [`--tools=${options.tools.join(",")}`, "--strict-mcp-config"]),
    ]
    const sizes = args.map(bytes)
    const tooLong = sizes.findIndex((size) => size > maxArgument + 100)
    if (tooLong >= 0) {
      const flag = (args[tooLong] ?? "").split("=", 1)[0] ?? ""
      return yield* refuse("QUEUE_REQUEST_INVALID", `The value of ${flag} is larger than ${maxArgument} bytes`, flag)
    }
    if (sizes.reduce((sum, size) => sum + size, 0) > maxArguments) {
      return yield* refuse(
        "QUEUE_REQUEST_INVALID",
        `The arguments are larger than ${maxArguments} bytes in all`,
        "options",
      )
    }
    return {
      args,
      env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" },
      stdin: { kind: "text", text: request.prompt },
      files: {},
      format: options.format ?? "stream-json",
      transport: "print",
    } satisfies Invocation
  })
