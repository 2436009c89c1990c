/** Which versions of Claude Code are known, what each can do, and how its login is asked about. */
import type { AuthStatus, CapabilityProfile, ProbeOutput } from "@runyard/core/Adapter"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** The range that was tested. */
export const oldestTested = "2.0.69"
export const newestTested = "2.1.329"

/** Reads `2.1.329 (Claude Code)`. */
export const readVersion = ({ stdout }: Pick<ProbeOutput, "stdout">): string | undefined =>
  /^\s*v?(\d{1,9}\.\d{1,9}\.\d{1,9})\b/.exec(stdout)?.[1]

const parts = (version: string): ReadonlyArray<number> => version.split(".").map((part) => Number.parseInt(part, 10))

/** Whether `version` is `minimum` or newer. A version that is not known counts as the newest. */
export const isAtLeast = (version: string | undefined, minimum: string): boolean => {
  if (version === undefined) return true
  const have = parts(version)
  const want = parts(minimum)
  for (let index = 0; index < want.length; index++) {
    const difference = (have[index] ?? 0) - (want[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/**
 * What a version can do. Between two tested versions the older one's faults are assumed. Newer than tested: everything
 * is on and the profile says `degraded`. Not readable: only what every version has is on. Older than tested: `blocked`.
 */
export const assess = (version: string | undefined): CapabilityProfile => {
  const since = (minimum: string): boolean => version !== undefined && isAtLeast(version, minimum)
  const tested = version === undefined || since(oldestTested)
  const features = {
    streamJson: tested,
    partialMessages: tested,
    sessionId: tested,
    maxTurns: tested,
    maxBudgetUsd: tested,
    // 2.1.0 and 2.1.100 ask a model that never calls the output tool again and again, hundreds of paid requests.
    structuredOutput: version !== undefined && tested && (!since("2.1.0") || since("2.1.265")),
    authStatus: since("2.1.100"),
    retryEvents: since("2.1.100"),
    permissionEvents: since("2.1.265"),
    resumeFromAnyDirectory: since("2.1.265"),
    // Up to 2.1.100 the process ends before its pipe is drained.
    largeOutput: since("2.1.265"),
    // Up to 2.1.100 its tools outlive SIGINT and SIGTERM.
    endsItsTools: since("2.1.265"),
  }
  if (version === undefined) {
    const message =
      "The version of this Claude Code is not readable, so that only what every version has is used; `claude --version` should print one."
    return { version, status: "degraded", message, features }
  }
  if (!tested) {
    const message = `Claude Code ${version} is older than the oldest tested version ${oldestTested}; update it with \`claude update\`.`
    return { version, status: "blocked", message, features }
  }
  if (!since("2.1.265")) {
    const structured = features.structuredOutput ? "" : ", structured output is off because it may never end"
    const message = `Claude Code ${version} may lose output above about 60 kB and leave its tools running when it is ended${structured}; update to 2.1.265 or newer.`
    return { version, status: "degraded", message, features }
  }
  if (version !== newestTested && since(newestTested)) {
    const message = `Claude Code ${version} is newer than the newest tested version ${newestTested}; nothing is turned off.`
    return { version, status: "degraded", message, features }
  }
  return { version, status: "supported", features }
}

/** Up to 2.1.0 an unknown subcommand is a prompt: the probe itself would ask the model and cost money. */
export const authArgs = (profile: CapabilityProfile): ReadonlyArray<string> | undefined =>
  profile.features["authStatus"] === true ? ["auth", "status"] : undefined

const AuthReport = Schema.fromJsonString(
  Schema.Struct({ loggedIn: Schema.Boolean, authMethod: Schema.optionalKey(Schema.String) }),
)
const readReport = Schema.decodeUnknownOption(AuthReport)

const keys = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"] as const
const clouds = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"] as const

/** What the probe said; without one, what the names of the environment's variables say. */
export const readAuth = (output: ProbeOutput | undefined, env: ReadonlySet<string>): AuthStatus => {
  const cloud = clouds.find((name) => env.has(name))
  if (cloud !== undefined) {
    return {
      state: "unknown",
      message: `${cloud} is set: the cloud's own credentials are used, which are not checked.`,
    }
  }
  const report = output === undefined ? Option.none() : readReport(output.stdout)
  if (Option.isSome(report)) {
    return report.value.loggedIn
      ? { state: "ready", message: `Logged in by ${report.value.authMethod ?? "an unnamed method"}.` }
      : { state: "missing", message: "Not logged in: run `claude auth login`, or set ANTHROPIC_API_KEY." }
  }
  const key = keys.find((name) => env.has(name))
  return key === undefined
    ? { state: "unknown", message: "This version cannot be asked about its login; no key is in the environment." }
    : { state: "ready", message: `${key} is set.` }
}
