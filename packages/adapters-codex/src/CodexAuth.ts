/** Whether Codex is logged in, asked without network or model. */
import type { AuthStatus, ProbeOutput } from "@runyard/core"

export const authArgs: ReadonlyArray<string> = ["login", "status"]

/**
 * Reads what `codex login status` printed: on stderr, in every tested version. It looks at the stored login only. The key
 * of a provider that the user configured (`env_key`) cannot be seen from outside, so that `missing` is no proof that a
 * run would fail.
 */
export const readAuth = (output: ProbeOutput | undefined, env: ReadonlySet<string>): AuthStatus => {
  const said = output === undefined ? "" : `${output.stdout}\n${output.stderr}`
  if (env.has("CODEX_API_KEY")) return { state: "ready", message: "By the variable CODEX_API_KEY." }
  if (/^Logged in using ChatGPT/m.test(said)) return { state: "ready", message: "By a stored ChatGPT login." }
  if (/^(?:Logged in using an API key|API key configured)/m.test(said)) {
    return { state: "ready", message: "By a stored API key; whether it is valid shows at the first request." }
  }
  if (/^Not logged in/m.test(said)) {
    return {
      state: "missing",
      message:
        "Not logged in: run `codex login`, or pass CODEX_API_KEY (OPENAI_API_KEY is never used). A provider of your own in config.toml needs neither, and is not seen by this check.",
    }
  }
  return { state: "unknown", message: "`codex login status` did not tell; the first request will." }
}
