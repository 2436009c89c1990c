/** The vendors' own SDKs, for comparison. Installed on demand into a cache, so that they are nobody's dependency. */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { plainEnv } from "./fakes.ts"

const wanted = ["@openai/codex-sdk@0.163.0", "@anthropic-ai/claude-agent-sdk@0.3.329"]
const prefix = path.join(import.meta.dirname, "../.cache/sdks")

/** The optional packages are the CLIs themselves, hundreds of megabytes that nobody needs here. */
const install = async (): Promise<void> => {
  const marker = path.join(prefix, "installed")
  const list = wanted.join("\n")
  if (fs.existsSync(marker) && fs.readFileSync(marker, "utf8") === list) return
  fs.mkdirSync(prefix, { recursive: true })
  const args = [
    "install",
    "--omit=optional",
    "--no-save",
    "--ignore-scripts",
    "--no-audit",
    "--prefix",
    prefix,
    ...wanted,
  ]
  await promisify(execFile)("npm", args, { cwd: prefix, timeout: 120_000 })
  fs.writeFileSync(marker, list)
}

/** Runs one prompt and calls back with each message. */
type SdkRun = (onMessage: () => void) => Promise<void>

interface CodexModule {
  readonly Codex: new (options: { codexPathOverride: string; env: Record<string, string> }) => {
    startThread: (options: { workingDirectory: string; skipGitRepoCheck: boolean }) => {
      runStreamed: (prompt: string) => Promise<{ events: AsyncIterable<unknown> }>
    }
  }
}

interface ClaudeModule {
  readonly query: (request: { prompt: string; options: Record<string, unknown> }) => AsyncIterable<unknown>
}

const load = <A>(file: string): Promise<A> =>
  import(pathToFileURL(path.join(prefix, "node_modules", file)).href) as Promise<A>

export interface Sdks {
  readonly codex: (executable: string, directory: string) => SdkRun
  readonly claude: (executable: string, directory: string) => SdkRun
}

/** Undefined where they cannot be installed, with the reason on stdout. */
export const vendorSdks = async (): Promise<Sdks | undefined> => {
  try {
    await install()
    const { Codex } = await load<CodexModule>("@openai/codex-sdk/dist/index.js")
    const { query } = await load<ClaudeModule>("@anthropic-ai/claude-agent-sdk/sdk.mjs")
    const env = { ...plainEnv }
    return {
      codex: (executable, directory) => {
        const codex = new Codex({ codexPathOverride: executable, env })
        return async (onMessage) => {
          const thread = codex.startThread({ workingDirectory: directory, skipGitRepoCheck: true })
          const { events } = await thread.runStreamed("go")
          for await (const _ of events) onMessage()
        }
      },
      claude: (executable, directory) => async (onMessage) => {
        const options = { pathToClaudeCodeExecutable: executable, cwd: directory, env, settingSources: [] }
        for await (const _ of query({ prompt: "go", options })) onMessage()
      },
    }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.trim().split("\n")[0] ?? "") : String(error)
    console.log(`The vendors' SDKs could not be installed, so that they are left out: ${reason}`)
    return undefined
  }
}
