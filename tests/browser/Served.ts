/** `runyard serve` as a user has it, with an empty data directory, and what a test asks it behind the page's back. */
import { chmodSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { createClient } from "@runyard/http/client"
import { makeProgram } from "../cli/program.ts"
import { eventually } from "../support/eventually.ts"
import { readFileSync } from "node:fs"

/** An agent of the tests, as the provider `claude`. */
const agent = join(import.meta.dirname, "fixtures/agent.mjs")

export interface ServeOptions {
  readonly args?: ReadonlyArray<string>
  /** Milliseconds between two events of the scripted agent. Default: 15, with which a run takes about a second. */
  readonly pace?: number
  readonly env?: Readonly<Record<string, string>>
}

type Client = ReturnType<typeof createClient>
export type StoredRun = Awaited<ReturnType<Client["runs"]["get"]>>
export type StoredEvent = Awaited<ReturnType<Client["runs"]["log"]>>["events"][number]

interface Ready {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly link: string
  readonly tokenFile: string
}

export interface Served {
  readonly url: string
  /** Works once. */
  readonly link: string
  /** A directory that nobody has granted. */
  readonly workspace: string
  readonly client: Client
  readonly log: (id: string) => Promise<ReadonlyArray<StoredEvent>>
  /** Waits until a run is like that. */
  readonly until: (id: string, is: (run: StoredRun) => boolean) => Promise<StoredRun>
  /** Ends it as a crash does, and starts another one at the same port. */
  readonly crash: () => Promise<void>
}

/** Serves for as long as `use` takes. */
export const withServer = async (options: ServeOptions, use: (served: Served) => Promise<void>): Promise<void> => {
  const program = makeProgram({ granted: false })
  const workspace = join(program.directory, "parser")
  mkdirSync(workspace)
  chmodSync(agent, 0o755)
  const start = async (port: number) => {
    const started = program.start(["serve", "--json", "--port", String(port), ...(options.args ?? [])], {
      stdin: null,
      env: { RUNYARD_CLAUDE_PATH: agent, RUNYARD_SCRIPT_DELAY_MS: String(options.pace ?? 15), ...options.env },
    })
    let text = ""
    started.child.stdout?.on("data", (part) => (text += String(part)))
    const line = await Promise.race([
      eventually(() => /^\{.*"ready":true.*\}$/m.exec(text)?.[0]),
      started.finished.then(({ code, stderr }) => Promise.reject(new Error(`it ended with ${code}: ${stderr}`))),
    ])
    return { started, ready: JSON.parse(line) as Ready }
  }
  let current = await start(0)
  const { link, tokenFile, url } = current.ready
  const client = createClient({ baseUrl: url, token: readFileSync(tokenFile, "utf8").trim() })
  try {
    await use({
      url,
      link,
      workspace,
      client,
      log: async (id) => (await client.runs.log({ params: { id }, query: { limit: 1_000 } })).events,
      until: (id, is) =>
        eventually(async () => {
          const run = await client.runs.get({ params: { id } })
          return is(run) ? run : undefined
        }),
      crash: async () => {
        process.kill(current.ready.pid, "SIGKILL")
        await current.started.finished
        current = await start(current.ready.port)
      },
    })
  } finally {
    current.started.child.kill("SIGTERM")
    await current.started.finished
    program.remove()
  }
}
