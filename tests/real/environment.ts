/** A throw-away home and workspace for one test of a real CLI, wired to a fake model and to nothing else. */
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { promisify } from "node:util"
import { type Cli, nameOf } from "./Clis.ts"

const execute = promisify(execFile)

/** Plainly no real keys. Neither service ever sees them. */
export const fakeKeys = {
  anthropic: "sk-ant-fake-0000000000000000000000000000000000000000",
  openai: "sk-fake-0000000000000000000000000000000000000000",
}

export interface Environment {
  /** A git repository with a README.md. */
  readonly workspace: string
  /** Where the CLI keeps its own files. */
  readonly home: string
  /** An empty folder for whoever runs the CLI. */
  readonly data: string
  /** The whole environment of the CLI: nothing of the caller's but PATH. */
  readonly env: Readonly<Record<string, string>>
  /** Those names in it that only this provider's CLI needs. */
  readonly providerEnv: ReadonlyArray<string>
  readonly remove: () => Promise<void>
}

export interface EnvironmentOptions {
  /** How often the CLI itself repeats a failed request. Default: never; the CLIs' own defaults take minutes. */
  readonly retries?: number
}

const atLeast = (version: string, minor: number): boolean => Number(version.split(".")[1]) >= minor

/** The model that a version of Codex knows, so that it asks for no metadata. */
const codexModel = (version: string): string => (atLeast(version, 155) ? "gpt-5.5" : "gpt-5.2")

const codexConfig = (version: string, url: string, retries: number): string =>
  [
    `model = "${codexModel(version)}"`,
    `model_provider = "fake"`,
    `check_for_update_on_startup = false`,
    ``,
    `[model_providers.fake]`,
    `name = "fake"`,
    `base_url = "${url}/v1"`,
    `env_key = "FAKE_MODEL_KEY"`,
    `wire_api = "responses"`,
    `request_max_retries = 0`,
    `stream_max_retries = ${retries}`,
    ``,
    // Without a network, telemetry and the sync of plugins hold the process for 5 s after its last event.
    `[otel]`,
    `metrics_exporter = "none"`,
    ``,
    `[features]`,
    ...(atLeast(version, 121) ? [`plugins = false`] : []),
    ``,
  ].join("\n")

const codexEnv = async (cli: Cli, home: string, url: string, retries: number): Promise<Record<string, string>> => {
  const codexHome = path.join(home, "codex")
  await mkdir(codexHome)
  await writeFile(path.join(codexHome, "config.toml"), codexConfig(cli.version, url, retries))
  return { CODEX_HOME: codexHome, FAKE_MODEL_KEY: fakeKeys.openai }
}

const claudeEnv = async (home: string, url: string, retries: number): Promise<Record<string, string>> => {
  // As a user would allow it once; otherwise every command but the harmless ones is denied.
  await mkdir(path.join(home, ".claude"))
  await writeFile(path.join(home, ".claude", "settings.json"), JSON.stringify({ permissions: { allow: ["Bash"] } }))
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: fakeKeys.anthropic,
    CLAUDE_CODE_MAX_RETRIES: String(retries),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
  }
}

const initialize = async (workspace: string, env: Readonly<Record<string, string>>): Promise<void> => {
  const git = (...args: ReadonlyArray<string>) =>
    execute("git", ["-c", "user.name=Test", "-c", "user.email=test@localhost", ...args], { cwd: workspace, env })
  await writeFile(path.join(workspace, "README.md"), "A workspace.\n")
  await git("init", "--quiet", "--initial-branch=main")
  await git("add", "README.md")
  await git("commit", "--quiet", "--message=Begin")
}

export const makeEnvironment = async (
  cli: Cli,
  modelUrl: string,
  { retries = 0 }: EnvironmentOptions = {},
): Promise<Environment> => {
  // Codex grumbles when its home is below TMPDIR, so both are siblings.
  const root = await realpath(await mkdtemp(path.join(tmpdir(), `runyard-real-${nameOf(cli)}-`)))
  const folder = (name: string): string => path.join(root, name)
  const [home, workspace, data, tmp] = [folder("home"), folder("workspace"), folder("data"), folder("tmp")]
  for (const directory of [home, workspace, data, tmp]) await mkdir(directory)
  const own =
    cli.provider === "codex" ? await codexEnv(cli, home, modelUrl, retries) : await claudeEnv(home, modelUrl, retries)
  const env = {
    PATH: process.env["PATH"] ?? "",
    RUNYARD_CONTAINMENT: process.env["RUNYARD_CONTAINMENT"] ?? "auto",
    HOME: home,
    TMPDIR: tmp,
    LANG: "C.UTF-8",
    NO_PROXY: "127.0.0.1",
    ...own,
  }
  await initialize(workspace, env)
  return {
    workspace,
    home,
    data,
    env,
    providerEnv: Object.keys(own),
    // A CLI that has just ended may still have a helper that writes to its home.
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  }
}
