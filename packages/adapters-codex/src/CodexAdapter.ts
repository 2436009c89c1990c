/** The Codex CLI as an adapter: `codex exec` in its JSON lines, or in the format for people. */
import type { Adapter, Ladder } from "@runyard/core"
import { prepare } from "./CodexArgs.ts"
import { authArgs, readAuth } from "./CodexAuth.ts"
import { execFormat } from "./CodexExec.ts"
import { codexFlags, isCodexCommand } from "./CodexFlags.ts"
import { humanFormat } from "./CodexHuman.ts"
import { codexModes } from "./CodexModes.ts"
import { enforces } from "./CodexPolicy.ts"
import { assessVersion, readVersion } from "./CodexVersion.ts"

/**
 * SIGINT is the one signal after which no version leaves a tool behind; Codex obeys within 124 ms, measured over all
 * versions. The npm launcher passes on only the first signal, so that SIGTERM is for the native binary.
 */
const execLadder: Ladder = [
  { do: "signal", signal: "SIGINT", waitMillis: 700 },
  { do: "signal", signal: "SIGTERM", waitMillis: 300 },
  { do: "kill-tree", waitMillis: 500 },
]

/**
 * The interrupt ends the turn within 15 ms, the end of stdin the process and its tools within 45 ms: but not in 0.98 while
 * a tool runs, so that a SIGTERM follows, which ends the server and its tools in every version.
 */
const appServerLadder: Ladder = [
  { do: "interrupt", waitMillis: 400 },
  { do: "close-stdin", waitMillis: 300 },
  { do: "signal", signal: "SIGTERM", waitMillis: 300 },
  { do: "kill-tree", waitMillis: 500 },
]

/** Events may follow notices, where both streams were recorded in one file. */
const detectFormat = (head: string): string =>
  !/^OpenAI Codex v\d/m.test(head) && (/^\s*\{/.test(head) || /^\{"type":"/m.test(head)) ? "jsonl" : "human"

export const codexAdapter: Adapter = {
  provider: "codex",
  name: "Codex CLI",
  executable: {
    names: ["codex"],
    variable: "RUNYARD_CODEX_PATH",
    install: "Install it with `npm install -g @openai/codex`.",
  },
  version: { args: ["--version"], read: readVersion, assess: assessVersion },
  auth: { args: () => authArgs, read: readAuth },
  // Not OPENAI_API_KEY: no version uses it, and tools see all of the environment.
  env: ["CODEX_HOME", "CODEX_API_KEY", "RUST_LOG"],
  secretEnv: ["CODEX_API_KEY"],
  flags: codexFlags,
  words: isCodexCommand,
  modes: codexModes,
  enforces,
  prepare,
  formats: { jsonl: execFormat, human: humanFormat },
  detectFormat,
  ladders: { exec: execLadder, "app-server": appServerLadder },
}
