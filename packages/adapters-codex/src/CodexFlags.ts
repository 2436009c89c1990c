/** Every flag of `codex exec`, in all versions that we know, and what becomes of it. */
import type { FlagRule, FlagRules, FlagValue } from "@runyard/core"

const allowed = (reason: string, value: FlagValue = { kind: "none" }, advancedValues?: RegExp): FlagRule => {
  return { decision: "allowed", reason, value, ...(advancedValues === undefined ? {} : { advancedValues }) }
}
const advanced = (reason: string): FlagRule => ({ decision: "advanced", reason, value: { kind: "none" } })
const denied = (reason: string): FlagRule => ({ decision: "denied", reason })

const path: FlagValue = { kind: "path" }
const model: FlagValue = {
  kind: "pattern",
  pattern: /^[A-Za-z0-9@][^\p{Cc}\s]{0,299}$/u,
  what: "the name of a model, without blanks",
}
/** One key and one plain value: no table, no list, and nothing behind it that would begin another key. */
const override: FlagValue = {
  kind: "pattern",
  pattern:
    /^[\w-]{1,80}(?:\.[\w-]{1,80}){0,8}=(?:"(?:[^"\\\p{Cc}]|\\["\\bfnrt]|\\u[\da-f]{4})*"|-?\d[\d.]*(?:e[+-]?\d+)?|true|false)$/u,
  what: "a dotted key and a TOML string, number or boolean",
}
const profile: FlagValue = { kind: "pattern", pattern: /^\w[\w.-]{0,79}$/, what: "the name of a profile" }

const interactive = denied("It is for a person at a terminal, or for another command")
const server = denied("It is for Codex as a server, which a run does not start")
const login = denied("Log in with the CLI itself: no request brings credentials")
const ownConfig = denied("It goes around the configuration or the rules of the user")

export const codexFlags: FlagRules = {
  "--add-dir": allowed("addDirs, each of them granted", path),
  "--color": allowed('options.format: "human"', { kind: "word", words: ["never"] }),
  "--config": allowed(
    "options.config, for keys that the host allows, and what a policy sets",
    override,
    /danger-full-access|^(?:approval_policy|approvals_reviewer)\s*=|\bnetwork_access\s*=\s*true/,
  ),
  "--ephemeral": allowed("persistSession: false"),
  "--experimental-json": allowed("The output that Runyard reads, in old versions"),
  "--image": allowed("images, each in a granted directory", path),
  "--json": allowed("The output that Runyard reads"),
  "--model": allowed("model", model),
  "--output-schema": allowed("outputSchema", path),
  "--profile": allowed("options.profile, where the host allows the key `profile`", profile),
  "--sandbox": allowed(
    "sandbox, permissionMode",
    { kind: "word", words: ["read-only", "workspace-write"] },
    /^danger-full-access$/,
  ),
  "--skip-git-repo-check": allowed("options.skipGitRepoCheck"),
  "--version": allowed("Asked once, to know what this version can do"),

  "--dangerously-bypass-approvals-and-sandbox": advanced("It takes away the sandbox and all questions"),

  "--approve-for-me": denied("It lets a model answer the questions that a person should"),
  "--cd": denied("A run works in the directory that was granted, by `cwd`"),
  "--cyber-access-program": denied("It asks the vendor for other rules, which is the user's own business"),
  "--dangerously-bypass-hook-trust": denied("Hooks of a repository would run without anybody's trust"),
  "--disable": denied("Features are switched by options.config, for keys that the host allows"),
  "--enable": denied("Features are switched by options.config, for keys that the host allows"),
  "--full-auto": denied("It means `sandbox: workspace-write`, and newer versions do not have it"),
  "--help": denied("It starts no agent"),
  "--ignore-rules": ownConfig,
  "--ignore-user-config": ownConfig,
  "--include-plan-tool": denied("Newer versions do not have it"),
  "--local-provider": denied("Which service is asked is the user's configuration"),
  "--oss": denied("Which service is asked is the user's configuration"),
  "--output-last-message": denied("Codex writes that file outside of its sandbox; the answer is in the log"),
  "--strict-config": denied("Whether the user's configuration is right is the user's business"),
  "--thread-source": denied("It says to the vendor who uses the CLI"),
  "--trust": denied("It trusts a directory for ever; a grant does not reach that far"),
  "--worktree": denied("It works in another directory than the granted one"),

  "--all": interactive,
  "--ask-for-approval": denied("`exec` never asks, and has no such flag"),
  "--base": interactive,
  "--commit": interactive,
  "--include-non-interactive": interactive,
  "--last": denied("Which conversation that is depends on what others do: session.id names one"),
  "--no-alt-screen": interactive,
  "--search": interactive,
  "--title": interactive,
  "--uncommitted": interactive,
  "--api-key": login,
  "--device-auth": login,
  "--with-access-token": login,
  "--with-api-key": login,
  "--analytics-default-enabled": server,
  "--cloud-skills-snapshot": server,
  "--code-mode-host": server,
  "--listen": server,
  "--no-daemon": server,
  "--print-startup-config": server,
  "--remote": denied("The agent would work on another machine"),
  "--remote-auth-token-env": denied("The agent would work on another machine"),
  "--startup-client-info": server,
  "--startup-sign-out": server,
  "--stdio": server,
  "--ws-audience": server,
  "--ws-auth": server,
  "--ws-issuer": server,
  "--ws-max-clock-skew-seconds": server,
  "--ws-shared-secret-file": server,
  "--ws-token-file": server,
  "--ws-token-sha256": server,
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** `exec -`, `exec resume ID -`, `exec fork ID -`: any other word would be a prompt, or another command. */
export const isCodexCommand = (words: ReadonlyArray<string>): boolean => {
  const [exec, command, id] = words
  if (exec !== "exec" || words.at(-1) !== "-") return false
  if (words.length === 2) return true
  return words.length === 4 && (command === "resume" || command === "fork") && uuid.test(id ?? "")
}
