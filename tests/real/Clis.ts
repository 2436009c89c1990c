/** The real CLIs that the suite runs: which versions, and where their installations are kept. */
import { homedir } from "node:os"
import path from "node:path"

export type Provider = "codex" | "claude"

/** One pinned version of a CLI. */
export interface Cli {
  readonly provider: Provider
  readonly version: string
}

const packages: Readonly<Record<Provider, string>> = {
  codex: "@openai/codex",
  claude: "@anthropic-ai/claude-code",
}

/** The newest version and old ones whose behaviour differs from it, by provider. */
export const clis: ReadonlyArray<Cli> = [
  { provider: "codex", version: "0.169.0" },
  { provider: "codex", version: "0.121.0" },
  { provider: "codex", version: "0.72.0" },
  { provider: "claude", version: "2.1.329" },
  { provider: "claude", version: "2.1.100" },
  { provider: "claude", version: "2.0.69" },
]

export const nameOf = (cli: Cli): string => `${cli.provider}-${cli.version}`

/** What `npm install` is asked for. */
export const packageOf = (cli: Cli): string => `${packages[cli.provider]}@${cli.version}`

/** The folder of all installations: `RUNYARD_CLI_CACHE`, otherwise `.cache/clis` of the repository. */
export const cacheFolder = (): string => {
  const chosen = process.env["RUNYARD_CLI_CACHE"]
  if (chosen === undefined || chosen === "") return path.resolve(import.meta.dirname, "../../.cache/clis")
  return path.resolve(chosen.replace(/^~(?=\/|$)/, homedir()))
}

export const folderOf = (cli: Cli): string => path.join(cacheFolder(), nameOf(cli))

/** The program inside an installation folder. */
export const programIn = (folder: string, cli: Cli): string => path.join(folder, "node_modules", ".bin", cli.provider)

export const programOf = (cli: Cli): string => programIn(folderOf(cli), cli)

/**
 * The versions to run: all, or those that `RUNYARD_CLIS` names, separated by commas (`codex`, `claude-2.0.69`).
 * A name that fits none is an error, so that a typing mistake does not pass as an empty suite.
 */
export const chosenClis = (): ReadonlyArray<Cli> => {
  const wanted = (process.env["RUNYARD_CLIS"] ?? "").split(",").filter((name) => name !== "")
  if (wanted.length === 0) return clis
  for (const name of wanted) {
    if (!clis.some((cli) => cli.provider === name || nameOf(cli) === name)) {
      throw new Error(`RUNYARD_CLIS names ${name}; known are ${clis.map(nameOf).join(", ")}`)
    }
  }
  return clis.filter((cli) => wanted.includes(cli.provider) || wanted.includes(nameOf(cli)))
}

/** The chosen versions, or those of them that the condition names, as the cases of a `describe.each`. */
export const cases = (
  condition: (cli: Cli) => boolean = () => true,
): ReadonlyArray<{ readonly cli: Cli; readonly name: string }> =>
  chosenClis()
    .filter(condition)
    .map((cli) => ({ cli, name: nameOf(cli) }))
