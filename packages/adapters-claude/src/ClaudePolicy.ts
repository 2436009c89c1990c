/** How Claude Code keeps the rules of a policy: flags that every tested version has. */
import type { CapabilityProfile } from "@runyard/core/Adapter"
import type { CliRules, Enforcement, Enforcements, Sourced } from "@runyard/core/CliRules"
import { type RunyardError, runyardError } from "@runyard/core/RunyardError"
import * as Result from "effect/Result"
import type { ClaudeOptions } from "./ClaudeOptions.ts"

/** Tools that start no command, ask no server and load nothing. */
const offlineTools: ReadonlySet<string> = new Set([
  "Edit",
  "ExitPlanMode",
  "Glob",
  "Grep",
  "LS",
  "MultiEdit",
  "NotebookEdit",
  "NotebookRead",
  "Read",
  "TodoWrite",
  "Write",
])
/** Those that are denied where the network is; commands have it all the same. */
const webTools = ["WebFetch", "WebSearch"]

const ifIt = (can: boolean, kept: Enforcement): Enforcement =>
  can ? kept : { enforced: "not enforced", note: "This version is not known to do it" }

export const enforces = ({ features }: CapabilityProfile, { allowedTools }: CliRules): Enforcements => {
  const offline = allowedTools !== undefined && allowedTools.value.every((tool) => offlineTools.has(tool))
  return {
    maxTurns: ifIt(features["maxTurns"] === true, {
      enforced: "cli",
      note: "Up to 2.1.0 it ends one turn earlier than later versions",
      flags: ["--max-turns"],
    }),
    maxCostUsd: ifIt(features["maxBudgetUsd"] === true, {
      enforced: "cli",
      note: "By its own price list, looked at between requests: one expensive request overshoots. Runyard ends it too, by the price table as it tells its tokens, and by its own figure at the end of a turn",
      flags: ["--max-budget-usd"],
    }),
    allowedTools: {
      enforced: "cli",
      note: "The model is offered no others, and no servers (MCP) are started",
      flags: ["--tools", "--strict-mcp-config"],
    },
    deniedTools: {
      enforced: "cli",
      note: "A tool is not offered; a rule about some of its uses is judged by the CLI, by the words of a command",
      flags: ["--disallowedTools"],
    },
    network: offline
      ? { enforced: "cli", note: "None of the tools that are left uses a network", flags: ["--tools"] }
      : {
          enforced: "not enforced",
          note: "Claude Code has no sandbox, so that its commands have the network; WebFetch and WebSearch are denied. With `allowedTools` that only read and edit it is enforced",
        },
  }
}

/** The smaller of what is asked and what is allowed. Fails with `POLICY_NOT_ALLOWED` where it asks for more. */
const within = (
  asked: number | undefined,
  most: Sourced<number> | undefined,
  what: (most: number) => string,
): Result.Result<number | undefined, RunyardError> => {
  if (most === undefined || (asked !== undefined && asked <= most.value)) return Result.succeed(asked)
  if (asked === undefined) return Result.succeed(most.value)
  return Result.fail(
    runyardError("POLICY_NOT_ALLOWED", {
      message: `The policy of ${most.source} does not allow ${what(most.value)}`,
      detail: { source: most.source },
    }),
  )
}

/** What a request asks of the CLI, with what the policies make of it. */
export const underRules = (
  options: ClaudeOptions,
  rules: CliRules | undefined,
): Result.Result<ClaudeOptions & { readonly tools?: ReadonlyArray<string> }, RunyardError> =>
  Result.gen(function* () {
    if (rules === undefined) return options
    const maxTurns = yield* within(options.maxTurns, rules.maxTurns, (most) => `more than ${most} turns`)
    const maxBudgetUsd = yield* within(options.maxBudgetUsd, rules.maxCostUsd, (most) => `more than ${most} dollars`)
    const denied = [
      ...(options.disallowedTools ?? []),
      ...rules.deniedTools.map(({ value }) => value),
      ...(rules.networkDenied === undefined ? [] : webTools),
    ]
    return {
      ...options,
      ...(maxTurns === undefined ? {} : { maxTurns }),
      ...(maxBudgetUsd === undefined ? {} : { maxBudgetUsd }),
      ...(denied.length === 0 ? {} : { disallowedTools: [...new Set(denied)] }),
      ...(rules.allowedTools === undefined ? {} : { tools: rules.allowedTools.value }),
    }
  })
