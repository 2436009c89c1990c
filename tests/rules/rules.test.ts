/**
 * Fifteen things that whoever runs these CLIs must know, each with a CLI that does it: small programs that behave as the
 * real ones were measured to. The real ones are in `tests/real`, their recordings in `tests/transcripts`.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { claudeAdapter } from "@runyard/adapters-claude"
import { codexAdapter } from "@runyard/adapters-codex"
import type { Run, RunEvent } from "@runyard/core"
import { afterAll, afterEach, assert, describe, it } from "@effect/vitest"
import { open, type OpenOptions, type StartRequest, type Yard } from "runyard"
import { processesOf } from "../support/processes.ts"

const place = mkdtempSync(join(tmpdir(), "runyard-rules-"))
const yards: Array<Yard> = []
afterEach(async () => {
  for (const yard of yards.splice(0)) await yard.close()
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

const versions = { codex: "codex-cli 0.169.0", claude: "2.1.329 (Claude Code)" } as const
type Provider = keyof typeof versions

let count = 0
/** A CLI of that provider whose runs do what the body says; `say` prints a JSON line. */
const cli = (provider: Provider, body: string, version: string = versions[provider]): string => {
  const path = join(place, `${provider}-${++count}.mjs`)
  writeFileSync(
    path,
    `#!${process.execPath}
import { spawn } from "node:child_process"
import { appendFileSync, readFileSync } from "node:fs"
appendFileSync(${JSON.stringify(`${path}.calls`)}, JSON.stringify(process.argv.slice(2)) + "\\n")
const say = (value) => process.stdout.write(JSON.stringify(value) + "\\n")
if (process.argv[2] === "--version") console.log(${JSON.stringify(version)})
else {
${body}
}
`,
  )
  chmodSync(path, 0o755)
  return path
}

const begin = async (path: string, request: Partial<StartRequest> = {}, options: OpenOptions = {}) => {
  const provider = path.includes("/codex-") ? "codex" : "claude"
  const directory = mkdtempSync(join(place, "store-"))
  const yard = await open({
    directory,
    workspaces: [place],
    executables: { [provider]: path },
    retry: { maxTries: 1 },
    ...options,
  })
  yards.push(yard)
  const skip = provider === "codex" ? { options: { skipGitRepoCheck: true } } : {}
  return yard.start({ provider, prompt: "do it", cwd: place, ...skip, ...request })
}

const runOf = async (path: string, request?: Partial<StartRequest>, options?: OpenOptions) => {
  const handle = await begin(path, request, options)
  const events: Array<RunEvent> = []
  for await (const event of handle.events()) events.push(event)
  return { run: await handle.result(), events }
}
const ended = ({ state, error }: Run) => [state, error?.code]

const codexStart = `say({ type: "thread.started", thread_id: "01a1fc4e-73f6-7ef2-ab27-5e09dc83c5af" }); say({ type: "turn.started" });`
const codexSays = (text: string) =>
  `say({ type: "item.completed", item: { id: "item_0", type: "agent_message", text: ${JSON.stringify(text)} } });`
const codexDone = `say({ type: "turn.completed", usage: { input_tokens: 12, cached_input_tokens: 0, output_tokens: 6 } });`
const session = "f014aa89-f489-4d90-8bd7-fed01587bcc8"
const claudeStart = `say({ type: "system", subtype: "init", session_id: "${session}", model: "m", cwd: "/", tools: [], permissionMode: "default" });`
const claudeResult = (more: string) =>
  `say({ session_id: "${session}", total_cost_usd: 0.1, num_turns: 1, usage: { input_tokens: 12, output_tokens: 6 }, ${more}, type: "result" });`

describe("a runner of agent CLIs", () => {
  it("1: does not take exit code 0 for success", async () => {
    const { run } = await runOf(cli("codex", `${codexStart} ${codexSays("I stopped half-way")}`))
    assert.deepStrictEqual(ended(run), ["failed", "CLI_NO_RESULT"])
    assert.deepStrictEqual(run.attempts[0]?.exit, { code: 0, signal: null })
  })

  it("2: calls a missing result an outcome of its own, whatever the exit code", async () => {
    for (const code of [0, 1]) {
      const { run } = await runOf(cli("claude", `${claudeStart} process.exitCode = ${code}`))
      assert.deepStrictEqual(ended(run), ["failed", "CLI_NO_RESULT"])
    }
  })

  it("3: reads is_error, not the word success", async () => {
    const result = claudeResult(
      `subtype: "success", is_error: true, result: "API Error: 500 broken", api_error_status: 500`,
    )
    const { run } = await runOf(cli("claude", `${claudeStart} ${result} process.exitCode = 1`))
    assert.deepStrictEqual(ended(run), ["failed", "CLI_SERVICE_ERROR"])
  })

  it("4: finds the result wherever its type stands in the line", async () => {
    const result = claudeResult(`subtype: "success", is_error: false, result: "Done."`)
    const { run } = await runOf(cli("claude", claudeStart + result))
    assert.deepStrictEqual([run.state, run.finalMessage, run.cost?.usd], ["succeeded", "Done.", 0.1])
  })

  it("5: goes on after a first result until the process ends, and the last result counts", async () => {
    const first = claudeResult(`subtype: "success", is_error: false, result: "First."`)
    const second = claudeResult(`subtype: "success", is_error: false, result: "Second."`)
    const body = `${claudeStart} ${first} setTimeout(() => { ${second} }, 300)`
    const { run, events } = await runOf(cli("claude", body))
    assert.deepStrictEqual([run.state, run.finalMessage], ["succeeded", "Second."])
    assert.strictEqual(events.filter(({ type }) => type === "agent.turn_ended").length, 2)
  })

  it("6: closes stdin, so that a CLI that reads it to its end goes on", async () => {
    const body = `const text = readFileSync(0, "utf8"); ${codexStart} say({ type: "item.completed", item: { id: "i", type: "agent_message", text } }); ${codexDone}`
    const { run } = await runOf(cli("codex", body), { prompt: "-h is not a flag here" })
    assert.deepStrictEqual([run.state, run.finalMessage], ["succeeded", "-h is not a flag here"])
  })

  it("7: ends tools that left the process group for a session of their own", async () => {
    const tool = `spawn("sleep", ["600"], { detached: true, stdio: "ignore" }).unref();`
    const run = await begin(
      cli("codex", `${tool} ${codexStart} process.on("SIGINT", () => {}); setInterval(() => {}, 1000)`),
    )
    for await (const event of run.events()) if (event.type === "agent.turn_started") break
    assert.isAtLeast((await processesOf(run.id)).length, 2)
    const canceled = await run.cancel()
    assert.strictEqual(canceled.state, "canceled")
    assert.deepStrictEqual(await processesOf(run.id), [])
  })

  it("8: ends what a killed launcher leaves behind with our pipe in its hands", async () => {
    const native = `spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "inherit" });`
    const run = await begin(
      cli("codex", `${native} ${codexStart} setTimeout(() => process.kill(process.pid, "SIGKILL"), 200)`),
    )
    const result = await run.result()
    assert.deepStrictEqual(ended(result), ["failed", "CLI_KILLED"])
    assert.deepStrictEqual(await processesOf(run.id), [])
  })

  it("9: has a wall-clock limit of its own on every run", async () => {
    const hang = cli("codex", `${codexStart} setInterval(() => {}, 1000)`)
    const { run } = await runOf(hang, {}, { limits: { wallMillis: 400 } })
    assert.deepStrictEqual(ended(run), ["timed_out", "CLI_TIMED_OUT"])
    assert.deepStrictEqual(await processesOf(run.id), [])
  })

  it("10: takes retry notices and warnings for what they are", async () => {
    const notices = `say({ type: "error", message: "Reconnecting... 2/5 (stream disconnected)" }); say({ type: "item.completed", item: { id: "w", type: "error", message: "Model metadata not found" } });`
    const { run, events } = await runOf(cli("codex", `${codexStart} ${notices} ${codexSays("Fine.")} ${codexDone}`))
    assert.strictEqual(run.state, "succeeded")
    const types = events.map(({ type }) => type)
    assert.isTrue(types.includes("agent.retrying") && types.includes("agent.warning"))
    assert.isFalse(types.includes("agent.error"))
  })

  it("11: validates structured output itself", async () => {
    const outputSchema = { type: "object", required: ["n"], properties: { n: { type: "number" } } }
    const answer = (text: string) => cli("codex", `${codexStart} ${codexSays(text)} ${codexDone}`)
    const kept = await runOf(answer('{"n":1}'), { outputSchema })
    assert.deepStrictEqual([kept.run.state, kept.run.structured], ["succeeded", { n: 1 }])
    for (const text of ["just prose", '{"n":"one"}']) {
      const { run } = await runOf(answer(text), { outputSchema })
      assert.deepStrictEqual(ended(run), ["failed", "CLI_STRUCTURED_OUTPUT"])
    }
  })

  it("12: delivers the result on its event, not when the process ends at last", async () => {
    const run = await begin(cli("codex", `${codexStart} ${codexSays("Done.")} ${codexDone} setTimeout(() => {}, 1500)`))
    let turnEnded = 0
    let processEnded = 0
    for await (const event of run.events()) {
      if (event.type === "agent.turn_ended") turnEnded = Date.now()
      if (event.type === "run.progress" && event.payload.phase === "process_ended") processEnded = Date.now()
    }
    assert.isAbove(processEnded - turnEnded, 1000)
    assert.strictEqual((await run.result()).state, "succeeded")
  })

  it("12: ends a process that stays after its result, and takes neither its answer nor its exit for the result", async () => {
    const stays = `setInterval(() => {}, 1000);`
    const done = claudeResult(`subtype: "success", is_error: false, result: "Done."`)
    const late = claudeResult(`subtype: "error_during_execution", is_error: true, errors: ["aborted"]`)
    const bodies = {
      claude: `process.on("SIGINT", () => { ${late} process.exit(0) }); ${claudeStart} ${done} ${stays}`,
      codex: `process.on("SIGINT", () => {}); ${codexStart} ${codexSays("Done.")} ${codexDone} ${stays}`,
    }
    const steps = { claude: "SIGINT", codex: "SIGTERM" }
    for (const provider of ["claude", "codex"] as const) {
      const { run, events } = await runOf(cli(provider, bodies[provider]), { limits: { lingerMillis: 300 } })
      assert.deepStrictEqual([run.state, run.finalMessage], ["succeeded", "Done."])
      const last = events.at(-1)
      assert.isTrue(last?.type === "run.completed" && last.payload.lingered)
      assert.strictEqual(last?.type === "run.completed" ? last.payload.evidence?.step : undefined, steps[provider])
      assert.deepStrictEqual(await processesOf(run.id), [])
    }
  })

  it("13: gives the CLI an allowlisted environment, and masks its secrets where a tool prints them", async () => {
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: place,
      CODEX_API_KEY: "fake-key-of-no-known-shape",
      UNRELATED_TOKEN: "must-not-reach-the-child",
      NAMED_TOKEN: "asked-for-by-its-name",
    }
    const print = `say({ type: "item.completed", item: { id: "i", type: "agent_message", text: JSON.stringify(process.env) } });`
    const run = await runOf(cli("codex", `${codexStart} ${print} ${codexDone}`), { env: ["NAMED_TOKEN"] }, { env })
    const seen = JSON.parse(run.run.finalMessage ?? "{}") as Record<string, string>
    assert.deepStrictEqual(Object.keys(seen).toSorted(), [
      "CODEX_API_KEY",
      "HOME",
      "NAMED_TOKEN",
      "PATH",
      "RUNYARD_RUN",
    ])
    const stored = JSON.stringify(run)
    assert.isFalse(stored.includes("fake-key-of-no-known-shape") || stored.includes("asked-for-by-its-name"))
  })

  it("14: never sends an old CLI a subcommand that it would take for a prompt", async () => {
    const old = cli("claude", "", "2.0.69 (Claude Code)")
    const yard = await open({
      directory: mkdtempSync(join(place, "store-")),
      workspaces: [place],
      executables: { claude: old },
    })
    yards.push(yard)
    const found = (await yard.diagnose()).find(({ provider }) => provider === "claude")
    assert.strictEqual(found?.profile?.version, "2.0.69")
    assert.deepStrictEqual(readFileSync(`${old}.calls`, "utf8"), '["--version"]\n')
  })

  it("15: has the structured transports in its contract", () => {
    for (const [adapter, transport] of [
      [codexAdapter, "app-server"],
      [claudeAdapter, "stdio"],
    ] as const) {
      assert.strictEqual(adapter.ladders[transport]?.[0]?.do, "interrupt")
    }
    assert.isTrue(existsSync(place))
  })
})
