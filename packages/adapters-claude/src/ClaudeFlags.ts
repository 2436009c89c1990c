/** Every flag of Claude Code, in all versions that we know, and what becomes of it. */
import type { FlagValue } from "@runyard/core/FlagValue"
import type { FlagRule, FlagRules } from "@runyard/core/Policy"
import { toolListPattern, toolRulePattern } from "@runyard/core/ToolRule"

const allowed = (reason: string, value: FlagValue = { kind: "none" }, advancedValues?: RegExp): FlagRule => {
  return { decision: "allowed", reason, value, ...(advancedValues === undefined ? {} : { advancedValues }) }
}
const advanced = (reason: string): FlagRule => ({ decision: "advanced", reason, value: { kind: "none" } })
const denied = (reason: string): FlagRule => ({ decision: "denied", reason })

const path: FlagValue = { kind: "path" }
const uuid: FlagValue = { kind: "uuid" }
const toolRule: FlagValue = { kind: "pattern", pattern: toolRulePattern, what: "one tool rule" }
const toolList: FlagValue = { kind: "pattern", pattern: toolListPattern, what: "names of tools" }
const model: FlagValue = {
  kind: "pattern",
  pattern: /^[A-Za-z0-9@][^\p{Cc}\s]{0,299}$/u,
  what: "the name of a model, without blanks",
}

const interactive = denied("It is for a person at a terminal")
const elsewhere = denied("The agent would work on another machine, or be steered from one")
const code = denied("It brings programs that run with the agent's rights: put it in the user's own settings")
const prompting = denied("It changes what the model is told in a way that no request says yet")
const notYet = denied("No request leads to it yet")

export const claudeFlags: FlagRules = {
  "-p": allowed("How a run is started"),
  "--add-dir": allowed("addDirs, each of them granted", path),
  "--allowedTools": allowed("options.allowedTools", toolRule),
  "--append-system-prompt": allowed("options.appendSystemPrompt", { kind: "text" }),
  "--disallowedTools": allowed("options.disallowedTools, and what a policy denies", toolRule),
  "--fork-session": allowed("session.fork"),
  "--include-partial-messages": allowed("options.partialMessages"),
  "--json-schema": allowed("outputSchema", { kind: "json" }),
  "--max-budget-usd": allowed("options.maxBudgetUsd, and what a policy sets", { kind: "amount" }),
  "--max-turns": allowed("options.maxTurns, and what a policy sets", {
    kind: "integer",
    minimum: 1,
    maximum: 1_000_000,
  }),
  "--model": allowed("model", model),
  "--no-session-persistence": allowed("persistSession: false"),
  "--output-format": allowed("options.format", { kind: "word", words: ["stream-json", "json", "text"] }),
  "--permission-mode": allowed(
    "permissionMode",
    { kind: "word", words: ["default", "plan", "acceptEdits", "dontAsk"] },
    /^bypassPermissions$/,
  ),
  "--print": allowed("How a run is started"),
  "--resume": allowed("session.id", uuid),
  "--session-id": allowed("session.id", uuid),
  "--strict-mcp-config": allowed("With a policy's allowedTools, so that no server brings others"),
  "--tools": allowed("What a policy's allowedTools leave", toolList),
  "--verbose": allowed("Without it, there is no stream to read"),
  "--version": allowed("Asked once, to know what this version can do"),

  "--dangerously-skip-permissions": advanced("It lets the agent do everything without asking"),

  "--allow-dangerously-skip-permissions": denied("The mode is chosen when the run starts, not later"),
  "--enable-auto-mode": denied("It lets a model answer the questions that a person should"),
  "--agent": code,
  "--agents": code,
  "--mcp-config": code,
  "--plugin-dir": code,
  "--settings": code,
  "--init": code,
  "--maintenance": code,
  "--setting-sources": denied("Which settings count is the user's own business"),
  "--bare": denied("Which settings count is the user's own business"),
  "--safe-mode": denied("Which settings count is the user's own business"),
  "--restricted": notYet,
  "--sdk-url": elsewhere,
  "--remote-control": elsewhere,
  "--teleport": elsewhere,
  "--cloud": elsewhere,
  "--bg": denied("What works in the background outlives its run"),
  "--worktree": denied("It works in another directory than the granted one"),
  "--tmux": denied("What works in another terminal outlives its run"),
  "--file": denied("It fetches files that nobody granted"),
  "--from-pr": denied("Which conversation that is depends on what others do: session.id names one"),
  "--continue": denied("Which conversation that is depends on what others do: session.id names one"),
  "--resume-session-at": notYet,
  "--rewind-files": denied("It changes files without an agent"),
  "--session-mirror": denied("It copies the conversation past the redaction"),
  "--debug": denied("It writes what it sees past the redaction"),
  "--debug-file": denied("It writes a file wherever it is told, past the redaction"),
  "--mcp-debug": denied("It writes what it sees past the redaction"),
  "--permission-prompt-tool": notYet,
  "--permission-prompts": notYet,
  "--input-format": notYet,
  "--replay-user-messages": notYet,
  "--include-hook-events": notYet,
  "--forward-subagent-text": notYet,
  "--enable-auth-status": notYet,
  "--fallback-model": notYet,
  "--effort": notYet,
  "--thinking": notYet,
  "--max-thinking-tokens": notYet,
  "--task-budget": notYet,
  "--betas": notYet,
  "--autocompact": notYet,
  "--system-prompt": prompting,
  "--system-prompt-file": prompting,
  "--append-system-prompt-file": prompting,
  "--exclude-dynamic-system-prompt-sections": prompting,
  "--system-prompt-snapshot": prompting,
  "--disable-slash-commands": notYet,
  "--parent-session-id": notYet,
  "--workload": notYet,
  "--name": notYet,
  "--ide": interactive,
  "--prefill": interactive,
  "--brief": interactive,
  "--prompt-suggestions": interactive,
  "--chrome": interactive,
  "--ax-screen-reader": interactive,
}
