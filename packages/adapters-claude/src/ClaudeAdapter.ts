/** The Claude Code CLI as an adapter. */
import type { Adapter, Ladder } from "@runyard/core/Adapter"
import { prepare } from "./ClaudeArgs.ts"
import { claudeFlags } from "./ClaudeFlags.ts"
import { claudeModes } from "./ClaudeModes.ts"
import { enforces } from "./ClaudePolicy.ts"
import { jsonProtocol, textProtocol } from "./ClaudeProtocol.ts"
import { assess, authArgs, readAuth, readVersion } from "./ClaudeVersion.ts"

/**
 * SIGINT first: since 2.1.100 it brings a last `result` with the cost, and since 2.1.265 it ends the tools too, which
 * older versions leave to `kill-tree`.
 */
const print: Ladder = [
  { do: "signal", signal: "SIGINT", waitMillis: 700 },
  { do: "signal", signal: "SIGTERM", waitMillis: 500 },
  { do: "kill-tree", waitMillis: 500 },
]

/** The interrupt ends the tools in every version. Without it, a closed stdin waits for the model's answer. */
const stdio: Ladder = [
  { do: "interrupt", waitMillis: 500 },
  { do: "close-stdin", waitMillis: 400 },
  { do: "signal", signal: "SIGTERM", waitMillis: 400 },
  { do: "kill-tree", waitMillis: 400 },
]

/** Keys and tokens: what they hold is masked wherever it appears. */
const secretEnv = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_CUSTOM_HEADERS",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "AWS_BEARER_TOKEN_BEDROCK",
] as const

/**
 * The general credentials of a cloud (`AWS_SECRET_ACCESS_KEY`, ...) are not among them: the CLI hands its environment to
 * every tool it runs, so a run gets them only when its request names them.
 */
const env = [
  ...secretEnv,
  "ANTHROPIC_BASE_URL",
  "ANTHROPIC_MODEL",
  "ANTHROPIC_SMALL_FAST_MODEL",
  "ANTHROPIC_DEFAULT_HAIKU_MODEL",
  "ANTHROPIC_DEFAULT_SONNET_MODEL",
  "ANTHROPIC_DEFAULT_OPUS_MODEL",
  "API_TIMEOUT_MS",
  "CLAUDE_CONFIG_DIR",
  "CLAUDE_CODE_MAX_RETRIES",
  "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
  "IS_SANDBOX",
  "CLAUDE_CODE_USE_BEDROCK",
  "ANTHROPIC_BEDROCK_BASE_URL",
  "AWS_REGION",
  "AWS_PROFILE",
  "CLAUDE_CODE_USE_VERTEX",
  "ANTHROPIC_VERTEX_BASE_URL",
  "ANTHROPIC_VERTEX_PROJECT_ID",
  "CLOUD_ML_REGION",
] as const

/** The format of a recording. One object and many lines are read alike, so that a wrong guess between them costs nothing. */
export const detectFormat = (head: string): string => {
  const start = head.trimStart()
  if (start === "") return "stream-json"
  if (start.startsWith("[")) return "json"
  if (!start.startsWith("{")) return "text"
  const [line = "", next = ""] = start.split("\n", 2)
  return next.trim() === "" && /"type":"result"/.test(line) ? "json" : "stream-json"
}

export const claudeAdapter: Adapter = {
  provider: "claude",
  name: "Claude Code",
  executable: {
    names: ["claude"],
    variable: "RUNYARD_CLAUDE_PATH",
    install: "Install it with `npm install -g @anthropic-ai/claude-code`.",
  },
  version: { args: ["--version"], read: readVersion, assess },
  auth: { args: authArgs, read: readAuth },
  env,
  secretEnv,
  reportsCost: true,
  flags: claudeFlags,
  words: (words) => words.length === 0,
  modes: claudeModes,
  enforces,
  prepare,
  formats: {
    "stream-json": { framing: "json-lines", protocol: jsonProtocol },
    json: { framing: "json-lines", protocol: jsonProtocol },
    text: { framing: "text", protocol: textProtocol },
  },
  detectFormat,
  ladders: { print, stdio },
}
