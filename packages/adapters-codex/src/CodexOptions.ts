/** The options of a request that only Codex has. */
import { type RunRequest, runyardError, type RunyardError } from "@runyard/core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** A key of Codex's configuration, as `-c` takes it: `model_reasoning_effort`, `features.plugins`. */
const isConfigKey = (key: string): boolean => /^[A-Za-z0-9_-]{1,80}(?:\.[A-Za-z0-9_-]{1,80}){0,8}$/.test(key)
const ConfigValue = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])

const fields = {
  /** `jsonl`: events, the default. `human`: what a person would see, read as well as prose can be. */
  format: Schema.Literals(["jsonl", "human"]),
  /** Lets Codex work outside a git repository. Default: false. */
  skipGitRepoCheck: Schema.Boolean,
  /** Overrides of Codex's configuration; the policy names the keys that may be used. */
  config: Schema.Record(Schema.String, ConfigValue).check(
    // A record of constrained keys would let others pass unread.
    Schema.makeFilter((config) => Object.keys(config).every(isConfigKey) || "a key is not dotted names"),
  ),
  /** A profile of the user's configuration; the policy must allow the key `profile`. */
  profile: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/)),
}

export const CodexOptions = Schema.Struct({
  format: Schema.optionalKey(fields.format),
  skipGitRepoCheck: Schema.optionalKey(fields.skipGitRepoCheck),
  config: Schema.optionalKey(fields.config),
  profile: Schema.optionalKey(fields.profile),
})
export type CodexOptions = typeof CodexOptions.Type

const known = Object.keys(fields)
const decoders = {
  format: Schema.is(fields.format),
  skipGitRepoCheck: Schema.is(fields.skipGitRepoCheck),
  config: Schema.is(fields.config),
  profile: Schema.is(fields.profile),
}
const expected = {
  format: '"jsonl" or "human"',
  skipGitRepoCheck: "true or false",
  config: "an object of dotted keys and strings, numbers or booleans",
  profile: "a name of letters, digits, `_`, `.` and `-`",
}
const isOptions = Schema.is(CodexOptions)

/** Fails with `QUEUE_OPTION_UNSUPPORTED` naming an unknown option, and with `QUEUE_REQUEST_INVALID` naming a wrong one. */
export const readOptions = (given: RunRequest["options"]): Result.Result<CodexOptions, RunyardError> => {
  const options = given ?? {}
  const stranger = Object.keys(options).find((name) => !known.includes(name))
  if (stranger !== undefined) {
    return Result.fail(
      runyardError("QUEUE_OPTION_UNSUPPORTED", {
        message: `Codex has no option "${stranger.slice(0, 60)}"; it has: ${known.join(", ")}`,
        detail: { option: stranger.slice(0, 60), known },
      }),
    )
  }
  if (isOptions(options)) return Result.succeed(options)
  const wrong = (["format", "skipGitRepoCheck", "config", "profile"] as const).find(
    (name) => name in options && !decoders[name](options[name]),
  )
  const name = wrong ?? "format"
  return Result.fail(
    runyardError("QUEUE_REQUEST_INVALID", {
      message: `The option "${name}" must be ${expected[name]}`,
      detail: { field: `options.${name}` },
    }),
  )
}
