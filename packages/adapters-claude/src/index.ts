/** The Claude Code CLI for Runyard. */
export { claudeAdapter } from "./ClaudeAdapter.ts"
export { ClaudeOptions } from "./ClaudeOptions.ts"
