/** The bundled scripted agent as a provider: a real child process that asks no model, for trying things out. */
import { fileURLToPath } from "node:url"
import { claudeAdapter } from "@runyard/adapters-claude"
import type { Adapter } from "@runyard/core"
import * as Result from "effect/Result"

/** The script itself, run by the same Node as this program. */
const script = fileURLToPath(new URL("agent.mjs", import.meta.url))

/** Speaks Claude Code's stream, so it is read by the same code. */
export const scriptedAdapter: Adapter = {
  ...claudeAdapter,
  provider: "scripted",
  name: "Scripted agent",
  executable: { names: ["node"], variable: "RUNYARD_SCRIPTED_PATH", install: "It comes with Runyard." },
  version: {
    args: [script, "--version"],
    read: (output) => /^(\d+\.\d+\.\d+)/.exec(output.stdout)?.[1],
    assess: (version) => ({ ...claudeAdapter.version.assess("2.1.329"), version, status: "supported" }),
  },
  auth: {
    args: () => undefined,
    read: () => ({ state: "ready", message: "It needs no login." }),
  },
  env: ["RUNYARD_SCRIPT_DELAY_MS"],
  secretEnv: [],
  words: (words) => words.length === 1 && words[0] === script,
  prepare: (request, context) =>
    Result.map(claudeAdapter.prepare(request, context), (invocation) => ({
      ...invocation,
      args: [script, ...invocation.args],
    })),
}
