/** How the rules of a policy are kept for Codex: by its sandbox and its configuration, by us, or not at all. */
import {
  type CapabilityProfile,
  type CliRules,
  type Enforcement,
  type Enforcements,
  type RunRequest,
  runyardError,
  type RunyardError,
} from "@runyard/core"
import type { CodexOptions } from "./CodexOptions.ts"

const not = (note: string): Enforcement => ({ enforced: "not enforced", note })

export const enforces = ({ features }: CapabilityProfile, _rules: CliRules): Enforcements => ({
  maxTurns: {
    ...not(
      "It has no limit. Runyard counts what its events show, each tool as a turn, and ends the run at one too many; but a command that was refused, a patch that does not fit and other turns show nothing",
    ),
    counted: true,
  },
  maxCostUsd: not(
    "It has no limit and tells its tokens at the end of a turn: only then Runyard computes what they cost, says in the log that it was too much, and ends what goes on",
  ),
  allowedTools: not("Codex has no list of tools; `sandboxModes` says what they may touch"),
  deniedTools: not("Codex has no list of tools; `sandboxModes` says what they may touch"),
  network:
    features["profileFiles"] === true
      ? {
          enforced: "cli",
          note: "Its sandbox gives commands no network, and its web search is off; a run without a sandbox is refused",
          flags: ["--sandbox", "--config"],
        }
      : not(
          "Commands get no network from its sandbox, but before 0.169.0 a default profile of the user's configuration may bring its web search back",
        ),
})

/** The old and the new name of the same switch: every version ignores the one that it does not know. */
export const offlineConfig = [
  ["sandbox_workspace_write.network_access", false],
  ["tools.web_search", false],
  ["features.web_search_request", false],
  ["web_search", "disabled"],
] as const

const offlineKeys = ["sandbox_workspace_write", "tools", "features", "web_search"]
const touchesNetwork = (key: string): boolean => offlineKeys.some((each) => key === each || key.startsWith(`${each}.`))

/** What of a request would bring the network back; undefined when nothing would. */
export const networkProblem = (
  request: RunRequest,
  options: CodexOptions,
  rules: CliRules | undefined,
): RunyardError | undefined => {
  if (rules?.networkDenied === undefined) return undefined
  const { source } = rules.networkDenied
  const { permissionMode, sandbox } = request
  const open = permissionMode === "bypassPermissions" || sandbox === "danger-full-access"
  const key = Object.keys(options.config ?? {}).find(touchesNetwork)
  const what = open
    ? "a run without a sandbox, which would have the network"
    : options.profile !== undefined
      ? "a profile of Codex, which may bring the network back"
      : key === undefined
        ? undefined
        : `the key "${key}" of Codex's configuration, which may bring the network back`
  return what === undefined
    ? undefined
    : runyardError("POLICY_NOT_ALLOWED", {
        message: `The policy of ${source} does not allow ${what}`,
        detail: { source },
      })
}
